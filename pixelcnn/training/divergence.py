"""Detects a training that has diverged, and says what to change.

Checked before the optimizer steps, so that the weights are still those of the step before.
"""

from __future__ import annotations

import math

from pixelcnn.training.config import TrainConfig
from pixelcnn.training.events import TrainingDiverged

# A loss this many times that of a uniform guess never recovers.
_HOPELESS = 1000.0


def check_loss(nats: float, uniform_nats: float, step: int, config: TrainConfig) -> None:
    """Raise `TrainingDiverged` if the loss of a step will not recover.

    Args:
        nats: the loss, per image.
        uniform_nats: the cost of a uniform guess, per image.
        step: the step about to be taken, from 1.
        config: the options to give advice on.
    """
    if not math.isfinite(nats):
        raise _diverged(f"the loss is {nats}", step, config)
    if nats > _HOPELESS * uniform_nats:
        what = f"the loss is {nats:.3g} nats per image, and guessing costs {uniform_nats:.3g}"
        raise _diverged(what, step, config)


def check_gradient(norm: float, step: int, config: TrainConfig) -> None:
    """Raise `TrainingDiverged` if the gradient norm of a step is not finite."""
    if not math.isfinite(norm):
        raise _diverged("the gradient is not finite", step, config)


def _diverged(what: str, step: int, config: TrainConfig) -> TrainingDiverged:
    clip = "" if config.gradient_clip else " Clip the gradient (gradient_clip = 5)."
    return TrainingDiverged(
        f"Training diverged at step {step}: {what}. "
        f"Lower learning_rate ({config.learning_rate:g} now; 0.004 is a good start) or warm up "
        f"for longer (warmup = {config.warmup:g} now).{clip}"
    )
