"""When a training has broken down, and what to say then.

Checked before the optimizer's step, so that the weights are still those of the step before.
"""

from __future__ import annotations

import math

from pixelcnn.training.config import TrainConfig
from pixelcnn.training.events import TrainingDiverged

# A loss this many times that of a uniform guess never comes back.
_HOPELESS = 1000.0


def check_loss(nats: float, uniform_nats: float, step: int, config: TrainConfig) -> None:
    """Raise `TrainingDiverged` if a step's loss is beyond hope.

    Args:
        nats: the loss, per image.
        uniform_nats: what a uniform guess costs, per image.
        step: the step about to be taken, from 1.
        config: what the advice is about.
    """
    if not math.isfinite(nats):
        raise _diverged(f"the loss is {nats}", step, config)
    if nats > _HOPELESS * uniform_nats:
        what = f"the loss is {nats:.3g} nats per image, and guessing costs {uniform_nats:.3g}"
        raise _diverged(what, step, config)


def check_gradient(norm: float, step: int, config: TrainConfig) -> None:
    """Raise `TrainingDiverged` if the length of a step's gradient is no number."""
    if not math.isfinite(norm):
        raise _diverged("the gradient is not finite", step, config)


def _diverged(what: str, step: int, config: TrainConfig) -> TrainingDiverged:
    clip = "" if config.gradient_clip else " Clip the gradient (gradient_clip = 5)."
    return TrainingDiverged(
        f"Training broke down at step {step}: {what}. The steps were too long: "
        f"lower learning_rate ({config.learning_rate:g} now; 0.004 is a good start) or warm up "
        f"for longer (warmup = {config.warmup:g} now).{clip}"
    )
