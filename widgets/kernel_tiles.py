"""The kernel as tiles: which weights a masked convolution keeps, to be toggled by a click."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from widgets.checks import Array, checked_floats, checked_mask, sent_bytes
from widgets.colormaps import DIVERGING, colormap_table
from widgets.component import ignore, register, sent_by
from widgets.payload import pack

_component = register("kernel_tiles", "grid.js", styles=("grid.css",))


def kernel_tiles(
    mask: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    toggles: bool = True,
    title: str = "",
    max_width: int = 420,
    key: str,
) -> npt.NDArray[np.bool_]:
    """Draw a kernel, its masked weights struck through; returns the mask with the viewer's changes.

    mask       bool (height, width), True where a weight is kept; a new mask undoes the changes
    weights    (height, width), coloured and written into the tiles
    toggles    let a click, Space or Enter mask and unmask a weight
    max_width  in CSS pixels

    Raises `ValueError` when an argument does not fit.
    """
    kept = checked_mask("mask", mask, (None, None))
    arrays: dict[str, Array] = {"mask": kept.astype(np.uint8)}
    meta: dict[str, Any] = {
        "height": kept.shape[0],
        "width": kept.shape[1],
        "toggles": toggles,
        "title": title,
        "maxWidth": max_width,
    }
    if weights is not None:
        arrays["weights"] = np.nan_to_num(checked_floats("weights", weights, kept.shape))
        arrays["colormap"] = colormap_table(DIVERGING)
        meta["highest"] = float(np.abs(arrays["weights"]).max()) or 1.0
    base = np.packbits(kept).tobytes().hex()
    payload, _ = pack(meta | {"base": base, "key": key}, arrays)
    _component(key=key, data=payload, on_mask_change=ignore)
    return _edited(sent_by(key, "mask"), base, kept)


def _edited(
    sent: Mapping[str, Any], base: str, kept: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """The viewer's mask, if it was made from this one."""
    cells = sent_bytes(sent.get("cells"), kept.size)
    if cells is None or sent.get("base") != base:
        return kept
    return cells.astype(bool).reshape(kept.shape)
