"""Gradient saliency: how much a trained model's prediction depends on each pixel."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.errors import ConfigError, DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.cropping import top_of

_AT_ONCE = 8


def saliency(
    model: AutoregressiveModel,
    images: Tensor,
    target: tuple[int, int],
    labels: Tensor | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float32]:
    """The absolute gradient of the target's logit by each pixel, averaged over images.

    A pixel goes from -1 (paper) to 1 (ink), so a gradient of 0.5 means that ink instead of paper
    would change the logit by about 1. A gradient is local: it shows where the model looks, not what
    it would predict for other images.

    Args:
        model: any causal grey model of two levels.
        images: uint8 `(B, 1, H, W)`.
        target: row and column of the predicted pixel.
        labels: int64 `(B,)`, for a model with classes.
        progress: called with (images done, images in all).

    Returns:
        float32 `(H, W)`, 0 or more; exactly 0 outside the receptive field.

    Raises:
        ConfigError: a model with colours or more than two levels, or a target outside the image.
        DataError: images or labels that do not fit the model, or no images.
    """
    config = model.config
    if config.levels != 2 or config.channels != 1:
        raise ConfigError("saliency needs a grey model of two levels, which has one logit.")
    row, column = target
    if not (0 <= row < config.height and 0 <= column < config.width):
        raise ConfigError(f"target = {target} is outside {config.height} x {config.width} pixels.")
    model.check_images(images)
    if len(images) == 0:
        raise DataError("images is empty; give at least one.")
    labels = model.full_labels(labels, len(images), images.device)
    top = top_of(model, row + 1).eval()  # rows below have no effect
    total = torch.zeros(config.height, config.width, device=images.device)
    for start in range(0, len(images), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        x = model.scale(images[part, :, : row + 1]).requires_grad_()
        with torch.enable_grad():
            logits = top.network(x, None if labels is None else labels[part])
            (gradient,) = torch.autograd.grad(logits[:, 0, row, column].sum(), x)
        total[: row + 1] += gradient[:, 0].float().abs().sum(dim=0)
        if progress is not None:
            progress(min(start + _AT_ONCE, len(images)), len(images))
    mean: NDArray[np.float32] = (total / len(images)).cpu().numpy()
    return mean
