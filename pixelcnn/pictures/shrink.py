"""Drawings at a small size, where thin strokes must not fade away."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pixelcnn.pictures.resampling import resampled

Floats = NDArray[np.float32]
Greys = NDArray[np.uint8]

_LEAST_WIDTH = 1.3  # pixels at the new size, below which a stroke is made wider first
_LIMITS = (0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2)
_EVERYWHERE = np.ones((3, 3))


def shrink(drawing: Greys, size: int) -> Greys:
    """A drawing at `size` x `size`, its strokes whole.

    Each new pixel is the mean of the area that it covers. Among the limits from which on that mean
    counts as ink, the highest is taken at which the drawing still has as many parts, and as many
    holes, as before; if none keeps both, as many parts. Greys are stretched so that this limit lies
    in the middle, where two levels are told apart.

    Args:
        drawing: uint8 `(S, S)`, 0 for paper, 255 for ink.
        size: of the result.

    Returns:
        uint8 `(size, size)`.
    """
    if drawing.shape == (size, size):
        return drawing
    ink = np.asarray(drawing / np.float32(255), np.float32)
    mask = ink >= 0.5
    if not mask.any() or size > len(drawing):
        return _as_greys(resampled(ink, size, size))
    least = _LEAST_WIDTH * len(drawing) / size
    small = resampled(thickened(ink, least), size, size)
    wanted = _parts(mask), _holes(mask)
    likely = [limit for limit in _LIMITS if _parts(small >= limit) == wanted[0]]
    best = next((limit for limit in likely if _holes(small >= limit) == wanted[1]), None)
    limit = best or (likely[0] if likely else _LIMITS[0])
    return _as_greys(np.clip(small * np.float32(0.5 / limit), 0, 1))


def thickened(ink: Floats, least: float) -> Floats:
    """Ink `(H, W)` with strokes at least so many pixels wide, on the average."""
    mask = ink >= 0.5
    missing = (least - stroke_width(mask)) / 2
    if missing <= 0 or not mask.any():
        return ink
    distance = ndimage.distance_transform_edt(~mask)
    return np.maximum(ink, np.clip(missing + 0.5 - distance, 0, 1).astype(np.float32))


def stroke_width(mask: NDArray[np.bool_]) -> float:
    """The mean width of the strokes of a mask, in pixels; 0 for none."""
    if not mask.any():
        return 0.0
    # Across a stroke of width w the distance to paper has the mean w / 4, and half a pixel more.
    padded = np.pad(mask, 1)
    mean = float(ndimage.distance_transform_edt(padded)[padded].mean())
    return max(1.0, 4 * mean - 2)


def _parts(mask: NDArray[np.bool_]) -> int:
    return int(ndimage.label(mask, _EVERYWHERE)[1])


def _holes(mask: NDArray[np.bool_]) -> int:
    return int(ndimage.label(np.pad(~mask, 1, constant_values=True))[1]) - 1


def _as_greys(ink: Floats) -> Greys:
    # A half must count as ink once greys are told apart at 128.
    return np.floor(ink * 255 + 0.5 + 1e-4).astype(np.uint8)


def least_side(size: int) -> int:
    """The smallest multiple of `size` at which a drawing is kept until its size is known."""
    return size * math.ceil(112 / size)
