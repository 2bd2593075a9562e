"""Samples drawn during training, always from the same random numbers."""

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
    """Draw new images, and complete the upper half of the first held-out image.

    Args:
        model: to draw from; a conditional one gets its classes in turn.
        data: its training data.
        config: number of images (at least 1) and seed.
        cancelled: as for `sample`.

    Returns:
        uint8 `(samples, C, H, W)`; uint8 `(2, C, H, W)`: the held-out image and its completion.

    Raises:
        SamplingCancelled: `cancelled` returned True.
    """
    count, in_turn = config.samples, model.labels_in_turn(config.samples)
    truth, label = data.test.images[:1], data.test.labels[:1]
    shape = (count, *truth.shape[1:])
    uniforms = sampling_uniforms(shape, config.seed)
    rows = torch.arange(truth.shape[2])[:, None]
    given = (rows < truth.shape[2] // 2).expand(truth.shape)
    # One batch: the completion then costs almost nothing extra.
    drawn = sample(
        model,
        count + 1,
        labels=None if in_turn is None else torch.cat([in_turn, label]),
        known=torch.cat([torch.zeros(shape, dtype=torch.uint8), truth]),
        known_mask=torch.cat([torch.zeros(shape, dtype=torch.bool), given]),
        uniforms=torch.cat([uniforms, uniforms[:1]]),
        cancelled=cancelled,
    )
    return drawn[:count], torch.cat([truth, drawn[count:]])
