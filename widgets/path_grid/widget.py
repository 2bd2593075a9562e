"""The path grid: how information travels layer by layer from one pixel to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from widgets.base.checks import checked_cell, checked_shape, sent_index
from widgets.base.component import register, sent_by, show

_component = register(
    "path_grid", "base/grid.js", "path_grid/picture.js", styles=("base/grid.css",)
)


@dataclass(frozen=True)
class PathStep:
    """One step of a path: the pixel that the information has reached.

    row, column  of the pixel
    depth        the layer that takes it there: 0 for the first
    words        what happens, in a few words
    jump         it gets there in one jump, without passing the pixels in between
    """

    row: int
    column: int
    depth: int
    words: str
    jump: bool = False


def path_grid(
    first_seen: npt.ArrayLike,
    *,
    source: tuple[int, int],
    target: tuple[int, int],
    steps: Sequence[PathStep],
    title: str = "",
    no_path: str = "",
    depth_names: Sequence[str] = (),
    turn: int = 0,
    link: str | None = None,
    max_width: int = 420,
    key: str,
) -> None:
    """Play the steps from the source to the target. Space plays, R starts again.

    A click or the arrow keys choose another source: `chosen_source` returns it at the next run.

    first_seen   int (H, W): the layer after which each pixel's prediction sees the source, counted
                 from 0; -1 where it never does
    steps        the path without its first pixel; empty if there is none: then only the depths play
    no_path      the text at the end in that case
    depth_names  the name of each layer
    turn         how often the source was changed, for `chosen_source`
    link         grids of the same link play together

    Raises `ValueError` when an argument does not fit.
    """
    layers = checked_shape("first_seen", first_seen, (None, None))
    if not np.issubdtype(layers.dtype, np.integer) or layers.min() < -1:
        raise ValueError(
            "first_seen must contain whole numbers, -1 where a pixel is never reached."
        )
    height, width = layers.shape
    asked = checked_cell("source", source, height, width)
    last = max([int(layers.max()), *(step.depth for step in steps)])
    if depth_names and len(depth_names) <= last:
        raise ValueError(f"there are {last + 1} layers, but {len(depth_names)} depth_names.")
    meta = {
        "height": height,
        "width": width,
        "source": asked,
        "selected": asked,
        "target": checked_cell("target", target, height, width),
        "steps": [[step.row, step.column, step.depth, step.words, step.jump] for step in steps],
        "noPath": no_path,
        "depthNames": list(depth_names),
        "title": title,
        "turn": turn,
        "link": link,
        "maxWidth": max_width,
        "key": key,
    }
    show(_component, key, meta, {"first_seen": layers.astype(np.int32)}, "source")


def chosen_source(key: str, turn: int, height: int, width: int) -> tuple[int, int] | None:
    """The source chosen in the grid `key` at its current `turn`, if any.

    Several grids may share a source. A new turn after each choice makes older choices in the other
    grids invalid.
    """
    sent = sent_by(key, "source")
    row, column = sent_index(sent.get("row"), height), sent_index(sent.get("column"), width)
    if row is None or column is None or sent.get("turn") != turn:
        return None
    return row, column
