"""Evolution: a model's samples, feature maps and scores over the course of its training.

One timeline moves everything: the pictures, and a mark on the learning curves below them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from widgets.base.checks import checked_levels
from widgets.base.component import register, show
from widgets.evolution.chart import Chart

_component = register("evolution", "evolution/tiles.js", "evolution/chart.js")

WAITING = -1
"""In `Tiles.shown`: there is no picture of this moment yet."""


@dataclass(frozen=True, eq=False)
class Tiles:
    """A group of pictures that change together.

    Attributes:
        frames: uint8 (count, n, 1 or 3, H, W), levels; n pictures at each of `count` times.
        shown: for each moment the index of its frame, or `WAITING` (hatched).
        levels: values lie in [0, levels).
        title: above the group, or nothing.
        captions: a word for each of the n pictures, or none.
        columns: pictures side by side.
    """

    frames: npt.NDArray[np.uint8]
    shown: Sequence[int]
    levels: int
    title: str = ""
    captions: Sequence[str] = ()
    columns: int = 4


def evolution(
    rows: Sequence[Sequence[Tiles]],
    moments: Sequence[str],
    *,
    film: str,
    at: Sequence[float] = (),
    chart: Chart | None = None,
    below: Sequence[Sequence[Tiles]] = (),
    live: bool = False,
    label: str = "Samples",
    key: str,
) -> None:
    """Show one moment of a training, with a timeline of all of them.

    rows        groups of pictures; those of one row stand side by side, with tiles of one size
    moments     when each was, in a few words, the oldest first
    film        identifies the training; another one starts from its beginning
    at          each moment's place on the axis of `chart`
    chart       learning curves below the scrubber; a click there goes to that moment
    below       more rows of pictures, below the curves
    live        more moments may come: stay with the newest until the user goes back; otherwise play
                from the first to the last until the user takes over

    Raises `ValueError` when an argument does not fit.
    """
    if chart is not None and len(at) != len(moments):
        raise ValueError(f"at must have {len(moments)} entries, one per moment, not {len(at)}.")
    arrays: dict[str, npt.ArrayLike] = {}
    described = [
        [[_added(tiles, arrays, len(moments)) for tiles in row] for row in part]
        for part in (rows, below)
    ]
    if not arrays:
        raise ValueError("rows is empty. Give at least one group of pictures.")
    meta = {
        "count": len(moments),
        "moments": list(moments),
        "at": [round(float(place), 3) for place in at],
        "rows": described[0],
        "below": described[1],
        "chart": None if chart is None else chart.to_meta(),
        "film": film,
        "live": live,
        "label": label,
    }
    show(_component, key, meta, arrays)


def _added(tiles: Tiles, arrays: dict[str, npt.ArrayLike], moments: int) -> dict[str, Any]:
    """Add the pixels to the arrays to send; returns the other data."""
    name = f"tiles{len(arrays)}"
    described = _described(tiles, moments) | {"name": name}
    arrays[name] = tiles.frames == 1 if tiles.levels == 2 else tiles.frames
    return described


def _described(tiles: Tiles, moments: int) -> dict[str, Any]:
    levels = checked_levels(tiles.levels)
    pixels = tiles.frames
    if pixels.ndim != 5 or pixels.dtype != np.uint8 or pixels.shape[2] not in (1, 3):
        raise ValueError(
            f"frames must be uint8 (moments, n, 1 or 3, H, W), not {pixels.dtype} {pixels.shape}."
        )
    if pixels.size and pixels.max() >= levels:
        raise ValueError(f"frames has the level {pixels.max()}, but there are {levels} levels.")
    count, n, channels, height, width = pixels.shape
    if len(tiles.shown) != moments:
        raise ValueError(f"shown must have {moments} entries, one per moment.")
    if any(not WAITING <= index < count for index in tiles.shown):
        raise ValueError(f"shown must contain numbers from {WAITING} to {count - 1}.")
    if tiles.captions and len(tiles.captions) != n:
        raise ValueError(f"captions must have {n} entries, one per sample.")
    if tiles.columns < 1:
        raise ValueError(f"columns must be at least 1, not {tiles.columns}.")
    return {
        "n": n,
        "channels": channels,
        "height": height,
        "width": width,
        "levels": levels,
        "title": tiles.title,
        "captions": list(tiles.captions),
        "columns": min(tiles.columns, n),
        "shown": [int(index) for index in tiles.shown],
    }
