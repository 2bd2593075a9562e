"""Times two models in turns, so that other load on the machine slows both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.drawing import sample
from pixelcnn.sampling.engines import Engine

DIGITS = 16
"""Images per batch: the usual number on the pages."""


def drawing_times(
    models: Sequence[AutoregressiveModel], engines: Sequence[Engine], *, rounds: int = 5
) -> list[float]:
    """Milliseconds per image in a batch of `DIGITS` for each model, median over rounds.

    Args:
        models: any models of the registry.
        engines: one for each model.
        rounds: number of timed batches, after one without timing.
    """
    seconds: list[list[float]] = [[] for _ in models]
    for round_index in range(rounds + 1):
        for model, engine, spent in zip(models, engines, seconds, strict=True):
            labels = model.labels_in_turn(DIGITS)
            start = time.perf_counter()
            sample(model, DIGITS, labels=labels, seed=round_index, engine=engine)
            if round_index:
                spent.append(time.perf_counter() - start)
    return [1000 * statistics.median(spent) / DIGITS for spent in seconds]
