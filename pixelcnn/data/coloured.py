"""Coloured digits made from grey ones: the smallest images for which colours matter."""

import colorsys

import numpy as np
import torch
from torch import Tensor

from pixelcnn.errors import DataError

_SEED = 3
_PAPER_BRIGHTNESS = 0.3


def coloured(greys: Tensor) -> Tensor:
    """Give each image its own ink colour and a darker paper colour; always the same two.

    Hues are uniform on the colour circle, fully saturated. Where the grey image mixes ink and
    paper, their colours mix in the same proportion.

    Args:
        greys: uint8 (N, 1, H, W), 0 for paper and 255 for ink.

    Returns:
        uint8 (N, 3, H, W): red, green, blue.

    Raises:
        DataError: `greys` of another dtype or shape.
    """
    if greys.dtype != torch.uint8 or greys.ndim != 4 or greys.shape[1] != 1:
        raise DataError(
            f"greys must be uint8 (N, 1, H, W), not {greys.dtype} {tuple(greys.shape)}."
        )
    # numpy guarantees RandomState's stream; torch guarantees none.
    hues = np.random.RandomState(_SEED).random_sample((len(greys), 2))
    ink = _colours(hues[:, 0], 1.0)
    paper = _colours(hues[:, 1], _PAPER_BRIGHTNESS)
    share = greys.float() / 255  # (N, 1, H, W)
    return (paper + (ink - paper) * share).round().to(torch.uint8)


def _colours(hues: np.ndarray, brightness: float) -> Tensor:
    """Hues in 0..1 as float32 (N, 3, 1, 1), values 0..255."""
    rgb = [colorsys.hsv_to_rgb(float(hue), 1.0, brightness) for hue in hues]
    return 255 * torch.tensor(rgb, dtype=torch.float32)[:, :, None, None]
