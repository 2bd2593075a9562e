"""Comparable timings: everything in one run, alternating, medians of several rounds.

A machine's speed drifts (other work, heat), so two things timed one after the other differ by
chance. Here each round times every candidate once, and medians over rounds are compared.
"""

from __future__ import annotations

import copy
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from types import MethodType

import torch
from torch import Tensor
from torch.nn import functional as F

from pixelcnn.benchmarks.arithmetic import multiply_adds, seconds_for_a_matrix_product
from pixelcnn.data.dataset import DataSet, Split
from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.nn.layers import TapConv2d
from pixelcnn.sampling.drawing import drawn
from pixelcnn.sampling.engines import Engine, engine_names, make_engine
from pixelcnn.sampling.request import SampleOptions
from pixelcnn.system.checks import check_whole
from pixelcnn.system.devices import choose_device
from pixelcnn.training.config import ONLY_TRAINING, Device, TrainConfig
from pixelcnn.training.events import Step
from pixelcnn.training.trainer import Trainer

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SamplingTiming:
    """The speed of an engine at drawing from a model.

    Attributes:
        model: its display name.
        engine: name of the engine.
        batch: images drawn together.
        ms_per_image: median over the rounds, for a complete image.
        times_reference: how many times faster than the reference in the same rounds.
        times_floor: how many times slower than the arithmetic alone on one thread of this CPU, at
            the rate of a large matrix product in the same rounds; NaN on other devices.
        rows_timed: rows of each image that were drawn; the others were given, and the time was
            scaled accordingly.
        error: why this engine does not support this model; empty if it does.
    """

    model: str
    engine: str
    batch: int
    ms_per_image: float = float("nan")
    times_reference: float = float("nan")
    times_floor: float = float("nan")
    rows_timed: int = 0
    error: str = ""


@dataclass(frozen=True)
class TrainingTiming:
    """The training speed of a model.

    Attributes:
        model: its display name.
        step: `plain` (float32, full kernels, contiguous) or `tuned` (as in `Trainer`).
        batch: images per step.
        images_per_second: median over the rounds.
        times_plain: how many times faster than the plain step in the same rounds.
    """

    model: str
    step: str
    batch: int
    images_per_second: float
    times_plain: float


def time_sampling(
    name: str,
    model: AutoregressiveModel,
    *,
    batches: Sequence[int] = (1, 16),
    rounds: int = 3,
    reference_rows: int = 2,
    progress: Progress | None = None,
) -> Iterator[SamplingTiming]:
    """Time every engine on one model; yields a timing for each batch and engine.

    The reference runs the whole network for every sub-pixel, so a few rows are enough to time it.
    The other engines draw whole images. Engines are made and warmed up with one drawing before the
    clock starts.

    Args:
        name: display name of the model.
        model: on the device to be timed.
        batches: images drawn together.
        rounds: timings of each engine.
        reference_rows: rows for the reference to draw; 0 for all.
        progress: called with (timings done, timings in all).

    Raises:
        ConfigError: an invalid batch, number of rounds or number of rows.
    """
    height = model.config.height
    if rounds < 1 or not batches or min(batches) < 1 or not 0 <= reference_rows <= height:
        raise ConfigError(
            f"batches, rounds and reference_rows must be at least 1 (rows at most {height}, or 0 "
            "for all)."
        )
    names = engine_names()
    for turn, batch in enumerate(batches):
        ready: dict[str, Callable[[], float]] = {}
        errors: dict[str, str] = {}
        rows = dict.fromkeys(names, height) | {"reference": reference_rows or height}
        for engine in names:
            try:
                draw = partial(_seconds_to_draw, model, make_engine(model, engine), batch)
                draw(1)
                ready[engine] = partial(draw, rows[engine])
            except ConfigError as error:
                errors[engine] = str(error)
        seconds: dict[str, list[float]] = {engine: [] for engine in ready}
        rates: list[float] = []  # multiply-adds per second
        for round_index in range(rounds):
            product_seconds, products = seconds_for_a_matrix_product()
            rates.append(products / product_seconds)
            for engine, timed in ready.items():
                seconds[engine].append(timed() * height / rows[engine])
            if progress is not None:
                progress(turn * rounds + round_index + 1, len(batches) * rounds)
        reference = statistics.median(seconds["reference"])
        on_cpu = next(model.parameters()).device.type == "cpu"
        floor = multiply_adds(model) / statistics.median(rates) if on_cpu else math.nan
        for engine in names:
            if engine in errors:
                yield SamplingTiming(name, engine, batch, error=errors[engine])
                continue
            median = statistics.median(seconds[engine])
            yield SamplingTiming(
                model=name,
                engine=engine,
                batch=batch,
                ms_per_image=1000 * median / batch,
                times_reference=reference / median,
                times_floor=median / batch / floor,
                rows_timed=rows[engine],
            )


def time_training(
    name: str,
    model: AutoregressiveModel,
    *,
    batch: int = 64,
    rounds: int = 5,
    steps: int = 2,
    device: Device = "cpu",
    progress: Progress | None = None,
) -> list[TrainingTiming]:
    """Time the plain against the tuned training step, on random images.

    Args:
        name: display name of the model.
        model: unchanged; copies of it are trained.
        batch: images per step.
        rounds: timings of each.
        steps: training steps per timing.
        device: to train on.
        progress: called with (timings done, timings in all).

    Raises:
        ConfigError: an invalid option.
    """
    check_whole("rounds", rounds, 1)
    check_whole("steps", steps, 1)
    config = TrainConfig(
        steps=10**9,
        batch_size=batch,
        held_out=1,
        device=device,
        **ONLY_TRAINING,
    )
    data = _random_images(model, batch)
    timed = {
        "plain": _plain_steps(copy.deepcopy(model).to(choose_device(device)), data.train),
        "tuned": _tuned_steps(Trainer(copy.deepcopy(model), data, config)),
    }
    seconds: dict[str, list[float]] = {kind: [] for kind in timed}
    for kind in timed:
        next(timed[kind])
    for round_index in range(rounds):
        for kind, stream in timed.items():
            start = time.perf_counter()
            for _ in range(steps):
                next(stream)
            seconds[kind].append(time.perf_counter() - start)
        if progress is not None:
            progress(round_index + 1, rounds)
    median = {kind: statistics.median(times) for kind, times in seconds.items()}
    return [
        TrainingTiming(
            model=name,
            step=kind,
            batch=batch,
            images_per_second=steps * batch / median[kind],
            times_plain=median["plain"] / median[kind],
        )
        for kind in timed
    ]


def _seconds_to_draw(model: AutoregressiveModel, engine: Engine, batch: int, rows: int) -> float:
    shape = (batch, *model.config.image_shape)
    given = torch.ones(shape, dtype=torch.bool)
    given[:, :, shape[2] - rows :] = False
    options = SampleOptions(
        labels=model.labels_in_turn(batch),
        known=torch.zeros(shape, dtype=torch.uint8),
        known_mask=given,
        seed=0,
    )
    start = time.perf_counter()
    drawn(model, batch, options, engine)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _plain_steps(model: AutoregressiveModel, batch: Split) -> Iterator[None]:
    """Textbook training: the full kernel times its mask, in float32."""
    for module in model.modules():
        if isinstance(module, TapConv2d):
            module.forward = MethodType(_full_kernel_forward, module)  # type: ignore[method-assign]
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4)
    device = next(model.parameters()).device
    images, labels = batch.images.to(device), batch.labels.to(device)
    model.train()
    while True:
        optimizer.zero_grad()
        loss = -model.log_prob(images, labels if model.config.classes else None).mean()
        loss.backward()
        optimizer.step()
        loss.item()  # waits for the GPU, as logging a loss does
        yield


def _full_kernel_forward(layer: TapConv2d, x: Tensor) -> Tensor:
    padding = [size // 2 * layer.dilation[0] for size in layer.kernel_size]
    weight = layer.weight * layer.mask
    return F.conv2d(x, weight, layer.bias, layer.stride, padding, layer.dilation)


def _tuned_steps(trainer: Trainer) -> Iterator[None]:
    for event in trainer:
        if isinstance(event, Step):
            yield


def _random_images(model: AutoregressiveModel, count: int) -> DataSet:
    """Random images are enough: timing does not depend on their content."""
    config = model.config
    shape = (count, *config.image_shape)
    images = torch.randint(0, config.levels, shape, dtype=torch.uint8)
    split = Split(images, torch.arange(count) % max(config.classes, 1))
    names = tuple(map(str, range(max(config.classes, 1))))
    return DataSet(
        "random", config.levels, "threshold" if config.levels == 2 else None, split, split, names
    )
