"""A kernel as tiles: the weights that a masked convolution keeps, toggled by a click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from widgets.base.checks import Array, checked_floats, checked_mask, checked_shape, sent_bytes
from widgets.base.colormaps import DIVERGING, colormap_table
from widgets.base.component import register, sent_by, show

_component = register(
    "kernel_tiles", "base/grid.js", "kernel_tiles/code.js", styles=("base/grid.css",)
)


@dataclass(frozen=True)
class TileCode:
    """The lines of code that build the mask, highlighted by the tile that they set.

    lines    the code; a weight that the user changed gets its own line before the last
    line_of  int (height, width): the index of the line that sets each weight
    name     the variable of the mask
    """

    lines: Sequence[str]
    line_of: npt.ArrayLike
    name: str = "mask"


def kernel_tiles(
    mask: npt.ArrayLike,
    *,
    start: npt.ArrayLike | None = None,
    forbidden: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
    code: TileCode | None = None,
    blocks: Sequence[str] = (),
    toggles: bool = True,
    link: str | None = None,
    layer: int = 0,
    revision: int = 0,
    title: str = "",
    max_width: int = 420,
    key: str,
) -> npt.NDArray[np.bool_]:
    """Draw a kernel, its masked weights struck through; returns the mask with the user's changes.

    mask       bool (height, width), True where a weight is kept; a new mask undoes the changes
    start      the mask with initial changes, such as those in an address
    forbidden  bool (height, width): weights that look ahead; they are leaks where they are kept
    weights    (height, width), coloured and written into the tiles
    code       the code that builds the mask, beside the tiles
    blocks     names of the colours: the mask is then a table of kernels, one for each pair of
               names, read from the column's name and written to the row's
    toggles    let a click, Space or Enter mask and unmask a weight
    link       reach grids of the same link, if they show a `ReachStack`, follow each change at once
    layer      which of the masks in that stack this is
    revision   a new number undoes the user's changes too
    max_width  of the tiles, in CSS pixels

    Raises `ValueError` when an argument does not fit.
    """
    usual = checked_mask("mask", mask, (None, None))
    kept = usual if start is None else checked_mask("start", start, usual.shape)
    arrays: dict[str, Array] = {"mask": usual.astype(np.uint8), "start": kept.astype(np.uint8)}
    meta: dict[str, Any] = {
        "height": usual.shape[0],
        "width": usual.shape[1],
        "toggles": toggles,
        "title": title,
        "maxWidth": max_width,
        "blocks": list(blocks),
        "link": link,
        "layer": layer,
    }
    if blocks and any(side % len(blocks) for side in usual.shape):
        raise ValueError(f"a mask of shape {usual.shape} does not split into {len(blocks)} blocks.")
    if forbidden is not None:
        arrays["forbidden"] = checked_mask("forbidden", forbidden, usual.shape).astype(np.uint8)
    if weights is not None:
        arrays["weights"] = np.nan_to_num(checked_floats("weights", weights, usual.shape))
        arrays["colormap"] = colormap_table(DIVERGING)
        meta["highest"] = float(np.abs(arrays["weights"]).max()) or 1.0
    if code is not None:
        meta |= {"code": list(code.lines), "codeName": code.name}
        arrays["lines"] = _checked_lines(code, usual.shape)
    base = f"{revision}:{np.packbits(np.stack([usual, kept])).tobytes().hex()}"
    show(_component, key, meta | {"base": base, "key": key}, arrays, "mask")
    return _edited(sent_by(key, "mask"), base, kept)


def _checked_lines(code: TileCode, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    lines = checked_shape("line_of", code.line_of, shape)
    if not np.isin(lines, range(len(code.lines))).all():
        raise ValueError(f"line_of must name one of the {len(code.lines)} lines of code.")
    return lines.astype(np.uint8)


def _edited(
    sent: Mapping[str, Any], base: str, kept: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """The edited mask, if it was made from this one."""
    cells = sent_bytes(sent.get("cells"), kept.size)
    if cells is None or sent.get("base") != base:
        return kept
    return cells.astype(bool).reshape(kept.shape)
