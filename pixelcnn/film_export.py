"""A film as a file that moves: animated WebP, or GIF for old programs."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

from pixelcnn.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pixelcnn.film import Film

Format = Literal["webp", "gif"]

MOST_FRAMES = 112
WIDEST = 640
_LARGEST_PIXEL = 12
_FRAME_MS = 60
_LAST_FRAME_MS = 2500


def to_animation(
    film: Film, kind: Format = "webp", known: NDArray[np.bool_] | None = None
) -> bytes:
    """All images of a film growing together, on one sheet; unsampled pixels are hatched.

    A frame shows several pixels more than the one before, so that there are at most `MOST_FRAMES`;
    the sheet is at most `WIDEST` wide and high, as far as one screen pixel for each pixel allows.
    The last frame is the finished sheet, without loss in a WebP.

    Args:
        film: up to 64 images.
        kind: `webp`, which is small, or `gif`.
        known: bool `(n, C, H, W)`: there from the beginning.

    Raises:
        ConfigError: another kind.
    """
    if kind not in ("webp", "gif"):
        raise ConfigError(f"kind = {kind!r} is unknown; use webp or gif.")
    frames = _frames(film, known)
    durations = [_FRAME_MS] * (len(frames) - 1) + [_LAST_FRAME_MS]
    file = io.BytesIO()
    options = {"lossless": True, "method": 2} if kind == "webp" else {"optimize": False}
    frames[0].save(
        file,
        kind.upper(),
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        **options,
    )
    return file.getvalue()


def _frames(film: Film, known: NDArray[np.bool_] | None) -> list[Image.Image]:
    import torch

    from pixelcnn.images import sheet

    n, _, height, width = film.images.shape
    given = np.zeros((n, 1, height, width), bool)
    if known is not None:
        given |= known.all(axis=1, keepdims=True)
    order = np.arange(height * width).reshape(height, width)
    columns = math.ceil(math.sqrt(n))
    fitting = (WIDEST - columns - 1) // (columns * max(height, width))
    scale = min(_LARGEST_PIXEL, max(1, fitting))
    steps = np.unique(np.linspace(0, height * width, MOST_FRAMES).astype(int))
    images = torch.from_numpy(film.images)
    return [
        sheet(
            images,
            film.levels,
            columns=columns,
            scale=scale,
            unknown=torch.from_numpy((order >= step) & ~given),
        )
        for step in steps
    ]
