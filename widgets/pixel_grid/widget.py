"""The pixel grid: a heatmap of exact values, for mouse, touch and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from widgets.base.checks import (
    Array,
    checked_cell,
    checked_floats,
    checked_images,
    checked_mask,
    checked_shape,
    sent_index,
)
from widgets.base.colormaps import colormap_for, colormap_table, value_range
from widgets.base.colors import role_index, roles
from widgets.base.component import register, sent_by, show

_component = register("pixel_grid", "base/grid.js", styles=("base/grid.css",))

Marks = Mapping[str, tuple[npt.ArrayLike, str]]
"""Cells drawn as a role of the theme instead of their value: {role: (bool (H, W), label)}."""

_NO_ROLE = 255


def pixel_grid(
    values: npt.ArrayLike,
    *,
    kind: Literal["values", "roles"] = "values",
    title: str = "",
    unit: str = "",
    digits: int = 3,
    colormap: str | None = None,
    limits: tuple[float, float] | None = None,
    logarithmic: bool = False,
    marks: Marks | None = None,
    missing: str = "unknown",
    overlay: npt.ArrayLike | None = None,
    outline: bool = False,
    numbers: bool = False,
    ends: tuple[str, str] = ("", ""),
    selected: tuple[int, int] | None = None,
    link: str | None = None,
    report: bool = True,
    max_width: int = 560,
    key: str,
) -> tuple[int, int] | None:
    """Draw `values`; returns the selected (row, column), or None while nothing is selected.

    values    of kind "values": numbers (H, W), drawn with a colour map and a colour bar; NaN is
              hatched. Of kind "roles": uint8 (H, W), each a `role_index`, drawn with its colour
              and mark.
    unit      written behind each number; `digits` counts the significant ones
    colormap  a matplotlib name; by default viridis, and RdBu_r where values have both signs
    limits    the (low, high) of the colour map; by default the range of the values, symmetric
              around zero where it has both signs
    logarithmic  equal steps of colour for equal factors; needs limits above zero. Values below
              them, such as 0, have the lowest colour
    marks     {role: (cells, label)}: these cells show the role, and the legend has the label
    missing   the meaning of NaN; any but the default goes into the legend
    overlay   uint8 (H, W) levels, drawn faintly over the cells as ink
    outline   draw only the edge of the overlay's ink, visible on any colour
    numbers   write each value into its cell, if it fits
    ends      the meaning of the low and the high end of the colour map
    selected  (row, column) at first; when it changes, the selection moves there
    link      grids on a page with the same link select the same cell
    report    tell Python about a selection (this reruns the script)
    max_width in CSS pixels

    Raises `ValueError` when an argument does not fit.
    """
    meta, arrays = _content(values, kind, colormap, limits)
    if logarithmic and (limits is None or limits[0] <= 0):
        raise ValueError(f"A logarithmic scale needs limits above zero, not {limits}.")
    height, width = meta["height"], meta["width"]
    if overlay is not None:
        arrays["overlay"] = checked_images("overlay", overlay, 256, (height, width))
        meta["overlayHighest"] = max(1, int(arrays["overlay"].max()))
    if marks:
        arrays["marks"] = _marked(marks, height, width)
    legend = [[name, words] for name, (cells, words) in (marks or {}).items() if np.any(cells)]
    if missing != "unknown" and kind == "values" and np.isnan(arrays["values"]).any():
        legend.append(["unknown", missing])
    meta |= {
        "logarithmic": logarithmic,
        "legend": legend,
        "missing": missing,
        "outline": outline,
        "numbers": numbers,
        "ends": list(ends),
        "title": title,
        "unit": unit,
        "digits": digits,
        "selected": checked_cell("selected", selected, height, width),
        "link": link,
        "report": report,
        "maxWidth": max_width,
        "key": key,
    }
    show(_component, key, meta, arrays, "cell")
    return chosen_cell(sent_by(key, "cell"), meta["selected"], height, width)


def newest_cell(
    keys: Sequence[str], selected: tuple[int, int], height: int, width: int
) -> tuple[int, int]:
    """The cell chosen last in any of several linked grids; `selected` before that.

    Available before the grids are drawn, so that their content can depend on it.

    keys      of the grids, which all have this `selected`, `height` and `width`
    """
    newest, latest = selected, -1.0
    for key in keys:
        sent = sent_by(key, "cell")
        cell = chosen_cell(sent, list(selected), height, width)
        at = sent.get("at")
        if cell is not None and isinstance(at, int | float) and at > latest:
            newest, latest = cell, at
    return newest


def chosen_cell(
    sent: Mapping[str, Any], selected: list[int] | None, height: int, width: int
) -> tuple[int, int] | None:
    """The cell chosen since Python last set `selected`; `selected` if there is none."""
    row, column = sent_index(sent.get("row"), height), sent_index(sent.get("column"), width)
    if row is not None and column is not None and sent.get("instead_of") == selected:
        return row, column
    return None if selected is None else (selected[0], selected[1])


def _marked(marks: Marks, height: int, width: int) -> npt.NDArray[np.uint8]:
    """The role of each marked cell, `_NO_ROLE` elsewhere: uint8 (H, W)."""
    marked = np.full((height, width), _NO_ROLE, np.uint8)
    for name, (cells, _) in marks.items():
        marked[checked_mask(f"marks[{name!r}]", cells, (height, width))] = role_index(name)
    return marked


def _content(
    values: npt.ArrayLike,
    kind: str,
    colormap: str | None,
    limits: tuple[float, float] | None,
) -> tuple[dict[str, Any], dict[str, Array]]:
    if kind == "roles":
        indices = checked_shape("values", values, (None, None))
        if indices.dtype != np.uint8 or indices.max() >= len(roles()):
            raise ValueError(
                f"values of kind 'roles' must be uint8 role indices below {len(roles())} (see "
                "widgets.base.colors.role_index)."
            )
        shape = {"height": indices.shape[0], "width": indices.shape[1]}
        return {"kind": kind, **shape}, {"values": indices}
    if kind != "values":
        raise ValueError(f"kind must be 'values' or 'roles', not {kind!r}.")
    numbers = checked_floats("values", values, (None, None))
    low, high = value_range(numbers, limits)
    table = colormap_table(colormap or colormap_for(low, high))
    meta = {"kind": kind, "height": numbers.shape[0], "width": numbers.shape[1]}
    finite = np.where(np.isfinite(numbers), numbers, np.nan).astype(np.float32)
    return meta | {"low": low, "high": high}, {"values": finite, "colormap": table}
