"""Pictures at another size: each new pixel is the mean of the area that it covers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]


def resampled(values: Floats, height: int, width: int) -> Floats:
    """Float32 `(H, W)` at another size, by area; smoothly where it gets larger."""
    if values.shape == (height, width):
        return values
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    grows = height > values.shape[0] or width > values.shape[1]
    how = Image.Resampling.BILINEAR if grows else Image.Resampling.BOX
    return np.asarray(image.resize((width, height), how), np.float32)


def squared(values: Floats, paper: float = 0.0) -> Floats:
    """The whole picture in the middle of a square, with paper around it: nothing is cut off."""
    height, width = values.shape
    side = max(height, width)
    if height == width:
        return values
    square = np.full((side, side), np.float32(paper))
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = values
    return square
