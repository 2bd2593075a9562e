"""Scoring a model with a progress bar."""

from __future__ import annotations

from itertools import count
from math import ceil
from typing import TYPE_CHECKING

from pixelcnn.system.progress import Progress

if TYPE_CHECKING:
    from pixelcnn.data.dataset import Split
    from pixelcnn.metrics import Evaluation
    from pixelcnn.models.base import AutoregressiveModel


def score(model: AutoregressiveModel, split: Split, batch_size: int = 100) -> Evaluation:
    """`pixelcnn.metrics.evaluate` on images and, if the model has classes, their labels.

    Raises:
        DataError: images or labels that do not fit the model.
    """
    from pixelcnn.metrics import evaluate

    batches = ceil(len(split.images) / batch_size)
    passes = count(1)
    with Progress("scoring") as progress:
        hook = model.register_forward_hook(lambda *_: progress.rows(next(passes), batches))
        try:
            labels = split.labels if model.config.classes else None
            return evaluate(model, split.images, labels, batch_size=batch_size)
        finally:
            hook.remove()
