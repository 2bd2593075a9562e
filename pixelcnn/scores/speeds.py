"""Two models drawing in turns, so that whatever else the machine does slows both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import torch

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.drawing import sample
from pixelcnn.sampling.engines import Engine

DIGITS = 16
"""Drawn together: the usual number on the pages."""


def drawing_times(
    models: Sequence[AutoregressiveModel], engines: Sequence[Engine], *, rounds: int = 5
) -> list[float]:
    """Milliseconds for each image of a batch of `DIGITS`, median over rounds, for each model.

    Args:
        models: any models of the registry.
        engines: one ready for each model.
        rounds: how often each draws; once before the clock starts.
    """
    seconds: list[list[float]] = [[] for _ in models]
    for number in range(rounds + 1):
        for model, engine, spent in zip(models, engines, seconds, strict=True):
            classes = model.config.classes
            labels = torch.arange(DIGITS) % classes if classes else None
            start = time.perf_counter()
            sample(model, DIGITS, labels=labels, seed=number, engine=engine)
            if number:
                spent.append(time.perf_counter() - start)
    return [1000 * statistics.median(spent) / DIGITS for spent in seconds]
