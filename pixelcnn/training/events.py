"""The events of training, in the order in which a trainer yields them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from pixelcnn.errors import RunError
from pixelcnn.training.state import TrainingState


class TrainingDiverged(RunError):
    """The loss or its gradient is no longer a usable number."""


@dataclass(frozen=True)
class Step:
    """The optimizer took one step.

    Attributes:
        step: steps so far, from 1.
        nats: negative log-likelihood per image, averaged over the batch, before the step.
        bits_per_dim: the same in bits per sub-pixel.
        learning_rate: of this step.
        gradient_norm: length of the gradient of `nats` before clipping, divided by the square root
            of the number of sub-pixels, so that one limit serves all image sizes.
        images_per_second: training speed, averaged over about ten steps.
        elapsed_s: seconds of training work so far, without pauses.
    """

    step: int
    nats: float
    bits_per_dim: float
    learning_rate: float
    gradient_norm: float
    images_per_second: float
    elapsed_s: float


@dataclass(frozen=True)
class Evaluated:
    """The first `held_out` test images were scored in float32; see `metrics.Evaluation`."""

    step: int
    nats: float
    nats_stderr: float
    bits_per_dim: float
    perplexity_per_pixel: float
    images: int
    elapsed_s: float


@dataclass(frozen=True)
class Sampled:
    """Images were drawn from the model.

    Attributes:
        step: steps so far.
        images: uint8 `(n, C, H, W)`, on the CPU, always from the same random numbers.
        completion: the first held-out image, and the same with its lower half drawn by the model:
            uint8 `(2, C, H, W)`.
    """

    step: int
    images: Tensor
    completion: Tensor | None = None


@dataclass(frozen=True)
class Saved:
    """It is time to save `state`."""

    step: int
    state: TrainingState


Event = Step | Evaluated | Sampled | Saved
