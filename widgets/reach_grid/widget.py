"""The reach grid: the receptive field of every pixel at every depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from widgets.base.checks import (
    Array,
    checked_cell,
    checked_images,
    checked_mask,
    checked_shape,
    sent_index,
)
from widgets.base.component import register, sent_by, show
from widgets.base.payload import PackedArrays, pack_arrays
from widgets.pixel_grid.widget import chosen_cell

_component = register(
    "reach_grid", "base/grid.js", "reach_grid/relation.js", styles=("base/grid.css",)
)

_RELATION = (None, None, None, None)


@dataclass(frozen=True)
class ReachTable:
    """Relations packed for the browser by `reach_table`; worth caching."""

    height: int
    width: int
    depths: int
    packed: PackedArrays


@dataclass(frozen=True, eq=False)
class ReachStack:
    """A stack of convolutions given by its masks: the browser computes what it sees.

    So the effect of an edit in linked `kernel_tiles` shows at once, before Python gets it.

    masks     bool (k, k) each, k odd, first layer first; further layers repeat the last one
    height    rows of the picture
    width     its columns
    depths    number of layers to show
    dilation  pixels between neighbouring weights, in all layers but the first
    keeps     each layer but the first adds to its input (residual), so that nothing is lost
    """

    masks: Sequence[npt.ArrayLike]
    height: int
    width: int
    depths: int
    dilation: int = 1
    keeps: bool = False


@dataclass(frozen=True)
class ReachSelection:
    """The pinned target pixel, and the depth on screen (an index).

    `at` is its time in the browser's milliseconds: of linked grids, the latest one counts.
    """

    row: int
    column: int
    depth: int
    at: float = field(default=-1.0, compare=False, repr=False)


def reach_table(
    relations: Sequence[npt.ArrayLike],
    *,
    limit: npt.ArrayLike | None = None,
    order: npt.ArrayLike | None = None,
) -> ReachTable:
    """Pack what each target sees after each layer.

    relations  for each depth a bool (H, W, H, W): [target row, target column, source row, source
               column], True where the target sees the source
    limit      the same relation at unlimited depth; legal pixels outside it are the blind spot.
               Without it no blind spot is shown.
    order      int (H, W), the step at which each pixel is generated; by default the raster order

    Raises `ValueError` when an argument does not fit.
    """
    if not len(relations):
        raise ValueError("relations is empty. Give one relation for each depth.")
    first = checked_mask("relations[0]", relations[0], _RELATION)
    height, width = first.shape[:2]
    shape = (height, width, height, width)
    depths = np.stack(
        [checked_mask(f"relations[{d}]", relation, shape) for d, relation in enumerate(relations)]
    )
    changes = depths.copy()  # a layer adds few pixels, and small changes compress well
    changes[1:] ^= depths[:-1]
    cells = height * width
    arrays: dict[str, Array] = {"changes": changes.reshape(-1, cells, cells)}
    if limit is not None:
        limit_mask = checked_mask("limit", limit, shape)
        arrays["limit"] = (limit_mask ^ depths[-1]).reshape(cells, cells)
    if order is not None:
        arrays["order"] = _checked_order(order, height, width)
    return ReachTable(height, width, len(depths), pack_arrays(arrays))


def reach_grid(
    table: ReachTable | ReachStack,
    *,
    title: str = "",
    depth_names: Sequence[str] = (),
    depth: int | None = None,
    selected: tuple[int, int] | None = None,
    overlay: npt.ArrayLike | None = None,
    link: str | None = None,
    report: bool = True,
    legend: bool = True,
    max_width: int = 560,
    key: str,
) -> ReachSelection:
    """Colour every pixel by its role for the target: seen, not yet, never, future or leak.

    Pointing at a pixel makes it the target at once, in the browser; a click pins it, and arrow keys
    move it. A slider sets the depth, Space plays it, R restarts.

    table        from `reach_table`, or a stack of masks
    depth_names  a name for each depth, written beside the slider
    depth        index of the depth shown at first, by default the last; a new value moves the
                 slider
    selected     (row, column) of the target at first, by default the centre; a new value moves it
    overlay      uint8 (H, W) levels, drawn faintly over the cells as ink
    link         grids on a page with the same link show the same target and depth; a stack follows
                 `kernel_tiles` of this link too
    report       tell Python about a pinned target or a new depth (this reruns the script)
    legend       explain the colours
    max_width    in CSS pixels

    Raises `ValueError` when an argument does not fit.
    """
    height, width = table.height, table.width
    last = table.depths - 1
    if depth is not None and not 0 <= depth <= last:
        raise ValueError(f"depth must be between 0 and {last}, not {depth}.")
    if depth_names and len(depth_names) != table.depths:
        raise ValueError(f"There are {table.depths} depths, but {len(depth_names)} depth_names.")
    faint = overlay if overlay is None else checked_images("overlay", overlay, 256, (height, width))
    asked = checked_cell("selected", selected or (height // 2, width // 2), height, width)
    meta = {
        "height": height,
        "width": width,
        "depths": table.depths,
        "depthNames": list(depth_names),
        "depth": last if depth is None else depth,
        "selected": asked,
        "title": title,
        "overlay": None if faint is None else faint.flatten().tolist(),
        "link": link,
        "report": report,
        "legend": legend,
        "maxWidth": max_width,
        "key": key,
    }
    if isinstance(table, ReachStack):
        show(_component, key, meta | {"stack": _checked_stack(table)}, {}, "target")
    else:
        show(_component, key, meta, table.packed, "target")
    sent = sent_by(key, "target")
    cell = chosen_cell(sent, asked, height, width)
    assert cell is not None
    shown = sent_index(sent.get("depth"), table.depths)
    if shown is None or sent.get("instead_of_depth") != meta["depth"]:
        shown = last if depth is None else depth
    at = sent.get("at")
    return ReachSelection(*cell, shown, at if isinstance(at, int | float) else -1.0)


def _checked_stack(stack: ReachStack) -> dict[str, Any]:
    masks = [checked_mask(f"masks[{i}]", mask, (None, None)) for i, mask in enumerate(stack.masks)]
    for index, mask in enumerate(masks):
        if mask.shape[0] != mask.shape[1] or mask.size % 2 == 0:
            raise ValueError(f"masks[{index}] of shape {mask.shape} has no centre.")
    flat = [mask.astype(int).ravel().tolist() for mask in masks]
    return {"masks": flat, "dilation": stack.dilation, "keeps": stack.keeps}


def _checked_order(order: npt.ArrayLike, height: int, width: int) -> npt.NDArray[np.int32]:
    steps = checked_shape("order", order, (height, width))
    if not np.issubdtype(steps.dtype, np.integer) or not np.array_equal(
        np.sort(steps, axis=None), np.arange(height * width)
    ):
        raise ValueError("order must contain each step from 0 to H x W - 1 once, as integers.")
    return steps.astype(np.int32)
