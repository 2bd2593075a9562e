"""Transparent pictures: which paper lets their ink be seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_CONTRAST = 0.25  # between the darkest and the lightest of what is visible
_CARD_FILLS = 0.6  # a card fills this share of the rectangle around it; strokes do not
_WHOLE = 0.9  # of the picture: what is visible reaches from edge to edge


def on_its_paper(image: Image.Image, colour: bool) -> NDArray[np.float32]:
    """A picture as float32 from 0 to 1, `(H, W)` or in colour `(H, W, 3)`.

    Dark ink lies on white paper and light ink on black, whatever colour the transparent parts
    have. Where a whole card is visible, with ink of its own on it, its paper goes on around it.

    Args:
        image: in the mode L, LA, RGB or RGBA.
        colour: whether red, green and blue are kept.
    """
    if image.mode in ("L", "RGB"):
        return _as_unit_range(np.asarray(np.asarray(image) / np.float32(255), np.float32), image)
    layers = np.asarray(np.asarray(image) / np.float32(255), np.float32)
    opacity, seen = layers[..., -1:], layers[..., :-1] if colour else layers[..., 0:1]
    paper = _paper(seen.mean(axis=2), opacity[..., 0])
    mixed = opacity * seen + (1 - opacity) * np.float32(paper)
    return np.asarray(mixed if colour else mixed[..., 0], np.float32)


def _as_unit_range(values: NDArray[np.float32], image: Image.Image) -> NDArray[np.float32]:
    """A mask of 0 and 1, or a picture of 16 greys, may come in bytes: it counts by its range."""
    highest = round(float(values.max()) * 255) if values.size else 0
    if image.mode == "L" and highest in (1, 15, 16):
        return values * np.float32(255 / highest)
    return values


def _paper(grey: NDArray[np.float32], opacity: NDArray[np.float32]) -> float:
    """How light the paper is under a picture `(H, W)`, from 0 to 1."""
    strongest = float(opacity.max())
    if strongest == 0:
        return 1.0
    visible = opacity >= strongest / 2
    low, middle, high = np.quantile(grey[visible], (0.02, 0.5, 0.98))
    rows, columns = (np.flatnonzero(visible.any(axis=axis)) for axis in (1, 0))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    fills_its_box = visible.sum() / (height * width) > _CARD_FILLS
    fills_the_picture = height * width > _WHOLE * visible.size
    if fills_its_box and (high - low > _CONTRAST or fills_the_picture):
        return float(middle)
    return 1.0 if grey[visible].mean() < 0.5 else 0.0
