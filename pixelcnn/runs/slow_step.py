"""One training step on one image, in slow motion, with the numbers of each part.

The trainer itself takes the step; its outputs, gradients, and weights before and after are
recorded. A second step is begun only to see the same image under the new weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.data.dataset import DataSet, Split
from pixelcnn.introspect.layer_titles import layer_label
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.recipes.build import build_run_model
from pixelcnn.recipes.config import RunConfig
from pixelcnn.training.config import ONLY_TRAINING, TrainConfig
from pixelcnn.training.events import Step
from pixelcnn.training.schedule import learning_rate_at
from pixelcnn.training.setup import level_frequencies
from pixelcnn.training.state import TrainingState
from pixelcnn.training.trainer import Trainer

_LABELS = {"condition": "the label", "background": "row and column"}


@dataclass(frozen=True)
class LayerChange:
    """The effect of a step on the weights of one layer or block.

    Attributes:
        name: in words.
        weights: their number.
        gradient: norm of the gradient of the image's nats, before clipping.
        change: norm of the change divided by the norm of the weights before it; infinite where
            these were all zero.
    """

    name: str
    weights: int
    gradient: float
    change: float


@dataclass(frozen=True, eq=False)
class SlowStep:
    """A training step on one image.

    Attributes:
        step: number of earlier steps.
        learning_rate: of this step.
        image: uint8 `(C, H, W)`, the network's input.
        label: the class given to the network; None for a model without classes.
        guess: float32 `(C, H, W)`, 0 to 1: the expected level divided by the highest level; with
            two levels, the probability of ink.
        bits: float32 `(C, H, W)`: the surprise at each sub-pixel.
        guess_after: the same with the new weights.
        bits_after: the same with the new weights.
        layers: the changes of the weights, from the first layer to the last.
        shortened: the factor of gradient clipping; 1 if nothing was clipped.
    """

    step: int
    learning_rate: float
    image: NDArray[np.uint8]
    label: int | None
    guess: NDArray[np.float32]
    bits: NDArray[np.float32]
    guess_after: NDArray[np.float32]
    bits_after: NDArray[np.float32]
    layers: tuple[LayerChange, ...]
    shortened: float


def slow_step(
    config: RunConfig,
    data: DataSet,
    image: Tensor,
    label: Tensor,
    *,
    state: TrainingState | None = None,
    progress: float = 0.0,
) -> SlowStep:
    """Take the next step of a run on one image instead of a batch, and record it.

    Args:
        config: of the run, which is not changed.
        data: the data set of the run.
        image: uint8 `(1, C, H, W)`.
        label: int64 `(1,)`.
        state: of the run; None for an untrained network.
        progress: share of the run's budget used up, which sets the learning rate. From 1 on it is
            the peak rate, since a finished run takes no more steps.

    Raises:
        LabError: the model cannot be built, does not fit the data, or diverged.
    """
    model = build_run_model(config, data)
    if state is None:
        model.initialize(level_frequencies(data.train.images, data.levels))
    split = Split(image, label)
    alone = DataSet(
        name=data.name,
        levels=data.levels,
        binarize="threshold" if data.levels == 2 else None,
        train=split,
        test=split,
        class_names=data.class_names,
    )
    trainer = Trainer(model, alone, _one_image(config.train, state, progress), resume=state)
    answers: list[tuple[Tensor, Tensor]] = []
    hook = model.register_forward_hook(
        lambda _, inputs, output: (
            answers.append((inputs[0], output.detach().float())) if model.training else None
        )
    )
    before = [weight.detach().clone() for weight in model.parameters()]
    first = trainer.step
    steps = (event for event in trainer if isinstance(event, Step))
    event = next(steps)
    layers, shortened = _changes(model, before, event, trainer.config, image[0].numel())
    next(steps)  # computes the outputs under the new weights
    hook.remove()

    (seen, answer), (_, answer_after) = answers
    guess, bits = _read(model, answer, seen)
    guess_after, bits_after = _read(model, answer_after, seen)
    return SlowStep(
        step=first,
        learning_rate=event.learning_rate,
        image=seen[0].cpu().numpy(),
        label=int(label) if model.config.classes else None,
        guess=guess,
        bits=bits,
        guess_after=guess_after,
        bits_after=bits_after,
        layers=layers,
        shortened=shortened,
    )


def _one_image(train: TrainConfig, state: TrainingState | None, progress: float) -> TrainConfig:
    """The same training with batches of one image, for two more steps, without reports."""
    first_step = 0 if state is None else state.step
    rate = train.learning_rate if progress >= 1 else learning_rate_at(train, progress)
    return replace(
        train,
        steps=first_step + 2,
        seconds=None,
        batch_size=1,
        learning_rate=rate,
        schedule="constant",
        warmup=0.0,
        ema=0.0,
        held_out=1,
        **ONLY_TRAINING,
    )


def _read(
    model: AutoregressiveModel, answer: Tensor, images: Tensor
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The expected level and the surprise in bits, each `(C, H, W)`."""
    chances = model.likelihood.level_log_probs(answer, images).exp()  # (1, levels, C, H, W)
    shares = torch.linspace(0, 1, chances.shape[1], device=chances.device)
    guess = torch.einsum("blchw,l->bchw", chances, shares)[0]
    bits = -model.likelihood.log_prob(answer, images)[0] / math.log(2)
    return guess.cpu().numpy(), bits.detach().cpu().numpy()


def _changes(
    model: AutoregressiveModel, before: list[Tensor], step: Step, config: TrainConfig, dims: int
) -> tuple[tuple[LayerChange, ...], float]:
    """The change of each layer, and the factor of gradient clipping."""
    norm = step.gradient_norm
    limit = math.inf if config.gradient_clip is None else config.gradient_clip
    shortened = min(1.0, limit / max(norm, 1e-12))
    squares: dict[str, list[float]] = {}
    for (name, weight), old in zip(model.named_parameters(), before, strict=True):
        gradient = torch.zeros_like(weight) if weight.grad is None else weight.grad
        sums = squares.setdefault(_layer(name), [0.0] * 4)
        parts = (gradient / shortened, weight.detach() - old, old)
        for index, part in enumerate(parts):
            sums[index] += part.square().sum().item()
        sums[3] += weight.numel()
    return tuple(
        LayerChange(
            name=name,
            weights=int(count),
            gradient=math.sqrt(gradient),
            change=math.sqrt(change / old) if old else math.inf,
        )
        for name, (gradient, change, old, count) in squares.items()
    ), shortened


def _layer(parameter: str) -> str:
    """The layer or block that a parameter belongs to, in words."""
    path = parameter.split(".")
    place = ".".join(path[: 2 if len(path) > 1 and path[1].isdigit() else 1])
    return _LABELS.get(place) or layer_label(place).strip()
