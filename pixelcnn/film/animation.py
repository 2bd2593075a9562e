"""A film as an animation: WebP, or GIF for old programs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from PIL import Image

from pixelcnn.data.animation import animated_image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from pixelcnn.film.film import Film

Format = Literal["webp", "gif"]

MOST_FRAMES = 112
WIDEST = 640
_LARGEST_PIXEL = 12
_FRAME_MS = 60
_LAST_FRAME_MS = 2500


def to_animation(
    film: Film, kind: Format = "webp", known: NDArray[np.bool_] | None = None
) -> bytes:
    """Animate a film. `known` is bool `(n, C, H, W)`: pixels shown from the start."""
    import torch

    given = None if known is None else torch.from_numpy(known.all(axis=1, keepdims=True))
    return animate(torch.from_numpy(film.images), film.levels, kind, known=given)


def animate(
    images: Tensor,
    levels: int,
    kind: str = "webp",
    *,
    columns: int | None = None,
    known: Tensor | None = None,
) -> bytes:
    """Images that grow together on one sheet, pixel by pixel; undrawn pixels are hatched.

    Each frame adds several pixels, so that there are at most `MOST_FRAMES`. The sheet is at most
    `WIDEST` wide and high, unless that makes pixels smaller than one screen pixel. The last frame
    is the finished sheet, lossless in a WebP.

    Args:
        images: uint8 `(n, C, H, W)`.
        levels: values are in `[0, levels)`.
        kind: `webp`, which is small, or `gif`.
        columns: images per row; None for a square sheet.
        known: bool `(n, 1, H, W)`: pixels shown from the start.

    Raises:
        ConfigError: another kind.
        DataError: no images.
    """
    frames = _frames(images, levels, columns, known)
    durations = [_FRAME_MS] * (len(frames) - 1) + [_LAST_FRAME_MS]
    return animated_image(frames, durations, kind)


def _frames(
    images: Tensor, levels: int, columns: int | None, known: Tensor | None
) -> list[Image.Image]:
    import torch

    from pixelcnn.data.images import sheet

    n, _, height, width = images.shape
    columns = math.ceil(math.sqrt(n)) if columns is None else columns
    rows = math.ceil(n / max(columns, 1))
    fitting = (WIDEST - columns - 1) // max(columns * width, rows * height, 1)
    scale = min(_LARGEST_PIXEL, max(1, fitting))
    order = torch.arange(height * width).view(1, 1, height, width).expand(n, -1, -1, -1)
    given = torch.zeros_like(order, dtype=torch.bool) if known is None else known
    steps = sorted({round(k * height * width / (MOST_FRAMES - 1)) for k in range(MOST_FRAMES)})
    return [
        sheet(images, levels, columns=columns, scale=scale, unknown=(order >= step) & ~given)
        for step in steps
    ]
