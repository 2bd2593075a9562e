"""Training as a stream of events, for pages, the command line and notebooks.

    for event in train(model, data, TrainConfig(seconds=60)):
        print(event)

All randomness is a function of seed and step, so a resumed training takes the same steps as an
uninterrupted one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from pixelcnn.errors import RunError
from pixelcnn.metrics import bits_per_dim, evaluate
from pixelcnn.sampling.request import SamplingCancelled
from pixelcnn.system.devices import choose_device, choose_precision
from pixelcnn.training.batches import Batches, hide_labels, seeded_noise, turn_batch
from pixelcnn.training.clock import Clock
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.distributed import SINGLE_PROCESS, ProcessGroup, explained
from pixelcnn.training.divergence import check_gradient, check_loss
from pixelcnn.training.ema import averaged_weights
from pixelcnn.training.events import Evaluated, Event, Sampled, Saved, Step
from pixelcnn.training.samples import draw_samples
from pixelcnn.training.schedule import learning_rate_at
from pixelcnn.training.setup import (
    check_fit,
    has_dropout,
    is_fresh,
    level_frequencies,
    make_optimizer,
)
from pixelcnn.training.state import TrainingState, copied

if TYPE_CHECKING:
    from pixelcnn.data.dataset import DataSet
    from pixelcnn.models.base import AutoregressiveModel


def train(
    model: AutoregressiveModel,
    data: DataSet,
    config: TrainConfig,
    *,
    resume: TrainingState | None = None,
) -> Iterator[Event]:
    """Train `model` in place on `data.train`: the iterator of a `Trainer`."""
    return iter(Trainer(model, data, config, resume=resume))


class Trainer:
    """Trains a model: iterate over it for events; `state()` may be called in between.

    A new model starts from the level frequencies of the training images. It is evaluated and
    sampled before the first step, then as often as configured, and at the end.

    With `config.ema`, `kept_model` (averaged weights) is evaluated and sampled. At the end `model`
    takes over its weights; the unaveraged ones are in the last `Saved`.

    Args:
        model: trained in place, and moved to the device.
        data: must match the model's image size, levels and, if conditional, classes.
        config: options and budget.
        resume: a saved state to continue from, under the same configuration.
        cancelled: polled while samples are drawn; when it returns True, these samples are dropped,
            so that a stop need not wait seconds for a large model.
        group: the processes that share the work, each with its own trainer. Only rank 0 reports
            and keeps time; the others yield steps alone.

    Raises:
        DataError: the data does not fit the model.
        ConfigError: the device is missing, or the batch is too small for the processes.
        RunError: the saved state belongs to another model, or (while iterating) another process
            is gone.
        TrainingDiverged: (while iterating) the loss or its gradient is not usable.
    """

    def __init__(
        self,
        model: AutoregressiveModel,
        data: DataSet,
        config: TrainConfig,
        *,
        resume: TrainingState | None = None,
        cancelled: Callable[[], bool] | None = None,
        group: ProcessGroup = SINGLE_PROCESS,
    ) -> None:
        check_fit(model, data)
        self._batch_size = min(config.batch_size, len(data.train.images))
        self._shard = group.shard(self._batch_size)
        self._group = group
        if config.threads is not None:
            torch.set_num_threads(config.threads)
        self.model = model
        self.data = data
        self.config = config
        self.step = 0
        self.device = choose_device(config.device)
        self._cancelled = cancelled
        self._clock = Clock()
        self._dims = data.train.images[0].numel()
        self._seconds_per_image: float | None = None
        self._batches = Batches(data, config.batch_size, config.seed)
        self._reported: dict[str, int] = {}

        if resume is None and is_fresh(model):
            model.initialize(level_frequencies(data.train.images, data.levels))
        # Convolutions on CPUs and tensor cores are fastest with channels last.
        model.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._parameters = list(model.parameters())
        self._optimizer = make_optimizer(model, config, self.device)
        self._average = averaged_weights(model, config.ema) if config.ema else None
        self._has_dropout = has_dropout(model)
        precision: str = config.precision
        if resume is not None:
            self._restore(resume)
            precision = resume.precision if precision == "auto" else precision
        # All ranks must use one dtype; `auto` may resolve differently on each machine.
        self._dtype = group.broadcast(choose_precision(precision, self.device))
        self._network = group.wrapped(model, self.device)

    @property
    def elapsed_s(self) -> float:
        """Seconds of training work so far."""
        return self._clock.seconds

    @property
    def progress(self) -> float:
        """The share of the budget used up, 0 to 1."""
        return self.config.progress(self.step, self.elapsed_s)

    @property
    def kept_model(self) -> AutoregressiveModel:
        """The model to evaluate, sample and keep: averaged weights if configured."""
        if self._average is None:
            return self.model
        return cast("AutoregressiveModel", self._average.module)

    @property
    def description(self) -> str:
        """Device, precision and, on a CPU, threads, in words."""
        precision = str(self._dtype).removeprefix("torch.")
        if self.device.type != "cpu":
            return f"{self.device}, {precision}"
        threads = torch.get_num_threads()
        return f"cpu, {precision}, {threads} thread{'s' if threads > 1 else ''}"

    def state(self) -> TrainingState:
        """A copy of everything needed to resume from here."""
        return TrainingState(
            step=self.step,
            elapsed_s=self.elapsed_s,
            precision=str(self._dtype).removeprefix("torch."),
            model=copied(self.model.state_dict()),
            optimizer=copied(self._optimizer.state_dict()),
            average={} if self._average is None else copied(self._average.module.state_dict()),
        )

    def __iter__(self) -> Iterator[Event]:
        events = self._events()
        while True:
            with self._clock:
                event = next(events, None)
            if event is None:
                return
            yield event

    def _events(self) -> Iterator[Event]:
        if self.step == 0:
            yield from self._reports(["evaluate", "sample"])
        while (progress := self._group.begin_step(self.progress)) < 1:
            with explained():
                step = self._train_step(progress)
            self._group.end_step()
            yield step
            yield from self._reports(self._due())
        yield from self._reports(["evaluate", "sample", "save"])
        if self._average is not None:
            self.model.load_state_dict(self._average.module.state_dict())
        self.model.eval()

    def _due(self) -> list[str]:
        every = {
            "evaluate": self.config.evaluate_every,
            "sample": self.config.sample_every,
            "save": self.config.save_every,
        }
        return [name for name, steps in every.items() if steps and self.step % steps == 0]

    def _reports(self, names: list[str]) -> Iterator[Event]:
        for name in names if self._group.is_main else []:
            if self._reported.get(name) == self.step:
                continue
            self._reported[name] = self.step
            if name == "evaluate":
                yield self._evaluate()
            elif name == "sample":
                yield from self._sample()
            else:
                yield Saved(self.step, self.state())

    def _train_step(self, progress: float) -> Step:
        started = time.perf_counter()
        learning_rate = learning_rate_at(self.config, progress)
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate

        self.model.train()
        images, labels = self._batch()
        noise = seeded_noise(self.config.seed, self.step, self.device, self._group.rank)
        lower_precision = self._dtype == torch.bfloat16
        with (
            noise if self._has_dropout else nullcontext(),
            torch.autocast(self.device.type, torch.bfloat16, enabled=lower_precision),
        ):
            parameters = self._network(images, labels)  # (B, P, C, H, W)
        # This rank's part of the mean over the whole batch.
        loss = -self.model.likelihood.log_prob(parameters, images).sum() / self._batch_size
        nats = self._group.total(loss).item()
        check_loss(nats, self._dims * math.log(self.data.levels), self.step + 1, self.config)
        self._optimizer.zero_grad()
        (loss * self._group.size).backward()  # gradients are averaged, and these add up
        gradient_norm = self._clip_gradients()
        self._optimizer.step()

        self.step += 1
        if self._average is not None:
            self._average.update_parameters(self.model)
        return Step(
            step=self.step,
            nats=nats,
            bits_per_dim=bits_per_dim(nats, self._dims),
            learning_rate=learning_rate,
            gradient_norm=gradient_norm,
            images_per_second=self._speed(time.perf_counter() - started, self._batch_size),
            elapsed_s=self.elapsed_s,
        )

    def _batch(self) -> tuple[Tensor, Tensor | None]:
        """This rank's images and labels for the next step, on the device."""
        config, batch = self.model.config, self._batches[self.step]
        if config.orders > 1:
            batch = turn_batch(batch, config.classes, self.config.seed, self.step)
        images = batch.images[self._shard].to(self.device, non_blocking=True)
        images = images.contiguous(memory_format=torch.channels_last)
        labels = batch.labels
        if not config.classes:
            return images, None
        if config.label_dropout:
            share, seed = config.label_dropout, self.config.seed
            labels = hide_labels(labels, share, config.no_label, seed, self.step)
        return images, labels[self._shard].to(self.device, non_blocking=True)

    def _clip_gradients(self) -> float:
        """Clip in place; returns the norm before clipping, per root of a sub-pixel."""
        unit = math.sqrt(self._dims)
        limit = math.inf if self.config.gradient_clip is None else self.config.gradient_clip * unit
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, limit).item() / unit
        check_gradient(norm, self.step + 1, self.config)
        return norm

    def _speed(self, seconds: float, images: int) -> float:
        latest = seconds / images
        before = latest if self._seconds_per_image is None else self._seconds_per_image
        self._seconds_per_image = 0.9 * before + 0.1 * latest
        return 1 / self._seconds_per_image

    def _evaluate(self) -> Evaluated:
        held_out = slice(0, self.config.held_out)
        images, labels = self.data.test.images[held_out], self.data.test.labels[held_out]
        score = evaluate(self.kept_model, images, labels if self.model.config.classes else None)
        return Evaluated(
            step=self.step,
            nats=score.nats,
            nats_stderr=score.nats_stderr,
            bits_per_dim=score.bits_per_dim,
            perplexity_per_pixel=score.perplexity_per_pixel,
            images=score.images,
            elapsed_s=self.elapsed_s,
        )

    def _sample(self) -> Iterator[Sampled]:
        if self.config.samples == 0:
            return
        try:
            yield self.draw()
        except SamplingCancelled:
            return

    def draw(self) -> Sampled:
        """Draw images from the model as it is now, without affecting training.

        Raises:
            SamplingCancelled: `cancelled` returned True.
        """
        images, completion = draw_samples(
            self.kept_model, self.data, self.config, cancelled=self._cancelled
        )
        return Sampled(self.step, images, completion)

    def _restore(self, state: TrainingState) -> None:
        try:
            self.model.load_state_dict(dict(state.model))
            if self._average is not None:
                self._average.module.load_state_dict(dict(state.average))
                self._average.n_averaged.fill_(state.step + 1)
            self._optimizer.load_state_dict(copied(state.optimizer))
        except (RuntimeError, ValueError, KeyError) as error:
            raise RunError(
                "The saved state belongs to another model or optimizer. Resume with the "
                f"configuration that it was saved under. ({error})"
            ) from error
        # Fused optimizers need weights and state in the same memory order.
        for parameter, values in self._optimizer.state.items():
            for name, value in values.items():
                if isinstance(value, Tensor) and value.shape == parameter.shape:
                    values[name] = torch.empty_like(parameter).copy_(value)
        self.step = state.step
        self._clock = Clock(state.elapsed_s)
