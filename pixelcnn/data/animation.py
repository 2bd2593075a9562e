"""Pictures that follow one another, as one file: animated WebP, or GIF for old programs."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from PIL import Image

from pixelcnn.errors import ConfigError


def animated_image(
    frames: Sequence[Image.Image],
    durations_ms: Sequence[int],
    kind: str = "webp",
    *,
    quality: int | None = None,
) -> bytes:
    """An animation that repeats for ever.

    Args:
        frames: of one size.
        durations_ms: how long each is shown, in milliseconds.
        kind: `webp`, which is small, or `gif`.
        quality: of a WebP, 0 to 100; None to lose nothing.

    Raises:
        ConfigError: another kind.
    """
    options: dict[str, Any]
    if kind == "gif":
        options = {"optimize": False}
    elif kind == "webp":
        options = {"lossless": True, "method": 2} if quality is None else {"quality": quality}
    else:
        raise ConfigError(f"kind = {kind!r} is unknown; use webp or gif.")
    file = io.BytesIO()
    frames[0].save(
        file,
        kind.upper(),
        save_all=True,
        append_images=frames[1:],
        duration=list(durations_ms),
        loop=0,
        **options,
    )
    return file.getvalue()
