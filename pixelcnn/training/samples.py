"""What a training draws now and then, always from the same random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pixelcnn.sampling.drawing import sample
from pixelcnn.training.batches import sampling_uniforms
from pixelcnn.training.config import TrainConfig

if TYPE_CHECKING:
    from pixelcnn.data.dataset import DataSet
    from pixelcnn.models.base import AutoregressiveModel


def draw_samples(
    model: AutoregressiveModel,
    data: DataSet,
    config: TrainConfig,
    *,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Tensor, Tensor]:
    """Images from nothing, and the first held-out image with its lower half drawn anew.

    Args:
        model: to draw from; a conditional one is asked for its classes in turn.
        data: what it learns.
        config: how many images (at least 1), and the seed.
        cancelled: see `sample`.

    Returns:
        uint8 `(samples, C, H, W)`; uint8 `(2, C, H, W)`: the held-out image, and completed.

    Raises:
        SamplingCancelled: `cancelled` said so.
    """
    count, classes = config.samples, model.config.classes
    truth, label = data.test.images[:1], data.test.labels[:1]
    shape = (count, *truth.shape[1:])
    uniforms = sampling_uniforms(shape, config.seed)
    rows = torch.arange(truth.shape[2])[:, None]
    given = (rows < truth.shape[2] // 2).expand(truth.shape)
    # In one batch, which costs little more than without the completion.
    drawn = sample(
        model,
        count + 1,
        labels=torch.cat([torch.arange(count) % classes, label]) if classes else None,
        known=torch.cat([torch.zeros(shape, dtype=torch.uint8), truth]),
        known_mask=torch.cat([torch.zeros(shape, dtype=torch.bool), given]),
        uniforms=torch.cat([uniforms, uniforms[:1]]),
        cancelled=cancelled,
    )
    return drawn[:count], torch.cat([truth, drawn[count:]])
