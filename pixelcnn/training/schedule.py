"""The learning-rate schedule: warm-up, then constant or a cosine down to nearly 0."""

from __future__ import annotations

import math

from pixelcnn.training.config import TrainConfig

WARMUP_START = 0.1
"""Share of the peak rate at which the warm-up starts."""
FINAL_SHARE = 0.002
"""Share of the peak rate at which the cosine ends."""


def learning_rate_at(config: TrainConfig, progress: float) -> float:
    """The learning rate after a share of the budget, 0 to 1."""
    if progress < config.warmup:
        share = WARMUP_START + (1 - WARMUP_START) * progress / config.warmup
    elif config.schedule == "constant" or config.warmup == 1:
        share = 1.0
    else:
        annealed = (progress - config.warmup) / (1 - config.warmup)
        share = FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + math.cos(math.pi * annealed))
    return config.learning_rate * share
