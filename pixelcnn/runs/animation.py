"""The samples of a training as an animation: WebP, or GIF for old programs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image, ImageDraw, ImageFont

from pixelcnn.data.animation import animated_image
from pixelcnn.data.images import sheet
from pixelcnn.errors import DataError
from pixelcnn.runs.view import RunView

_COLUMNS = 4
_TEXT_HEIGHT = 34
_WHOLE_MS, _SLOWEST_MS, _FASTEST_MS, _LAST_MS = 6000, 500, 60, 2500
_MOST_FRAMES = 120


def export_evolution(view: RunView, kind: str = "webp") -> bytes:
    """Animate the samples of a run, each with its step.

    Args:
        view: of the run.
        kind: `webp`, which is small, or `gif`.

    Raises:
        ConfigError: another kind.
        DataError: the run has no samples yet.
    """
    steps = view.frame_steps
    if not steps:
        raise DataError("There are no samples yet; wait for the first ones.")
    levels = int(view.config.data_options.get("levels", 2))
    shown = _thinned(len(steps))
    frames = [_frame(torch.from_numpy(view.frames[at]), levels, steps[at]) for at in shown]
    pace = min(_SLOWEST_MS, max(_FASTEST_MS, _WHOLE_MS // len(frames)))
    return animated_image(frames, [pace] * (len(frames) - 1) + [_LAST_MS], kind)


def _thinned(count: int) -> Sequence[int]:
    """At most `_MOST` indices, evenly spread, including the first and the last."""
    if count <= _MOST_FRAMES:
        return range(count)
    return [round(place * (count - 1) / (_MOST_FRAMES - 1)) for place in range(_MOST_FRAMES)]


def _frame(images: torch.Tensor, levels: int, step: int) -> Image.Image:
    """The samples of one step, dark ink on light paper, with the step below."""
    tiles = sheet(levels - 1 - images, levels, columns=min(_COLUMNS, len(images)))
    frame = Image.new("RGB", (tiles.width, tiles.height + _TEXT_HEIGHT), "white")
    frame.paste(tiles, (0, 0))
    font = ImageFont.load_default(size=20)
    place = (8, tiles.height + _TEXT_HEIGHT // 2)
    ImageDraw.Draw(frame).text(place, f"step {step:,}", fill="black", font=font, anchor="lm")
    return frame
