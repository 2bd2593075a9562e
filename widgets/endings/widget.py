"""Endings: several completions of one image side by side, with the given part marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from widgets.base.checks import checked_images, checked_levels, checked_mask, sent_index
from widgets.base.component import register, sent_by, show

_component = register("endings")


def endings(
    images: npt.ArrayLike,
    known_mask: npt.ArrayLike,
    *,
    levels: int,
    captions: Sequence[str] = (),
    columns: int = 3,
    max_width: int = 640,
    legend: bool = True,
    selectable: bool = False,
    label: str = "Endings",
    key: str,
) -> int | None:
    """Show n images in equal tiles: the given part as ink on paper, the rest in another colour.

    Returns the index of the selected tile, or None.

    images      uint8 (n, 1, H, W), levels
    known_mask  bool (H, W), True where the image was given
    captions    a word for each ending, or none
    columns     tiles side by side
    max_width   of all tiles together, in CSS pixels
    legend      explain the colours below
    selectable  a click, or Enter on a tile, selects it or deselects it

    Raises `ValueError` when an argument does not fit.
    """
    levels = checked_levels(levels)
    pixels = checked_images("images", images, levels, (None, 1, None, None))
    n, _, height, width = pixels.shape
    known = checked_mask("known_mask", known_mask, (height, width))
    if captions and len(captions) != n:
        raise ValueError(f"captions must have {n} entries, one per ending, not {len(captions)}.")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}.")
    meta = {
        "n": n,
        "height": height,
        "width": width,
        "levels": levels,
        "captions": list(captions),
        "columns": columns,
        "maxWidth": max_width,
        "legend": legend,
        "selectable": selectable,
        "label": label,
    }
    show(_component, key, meta, {"images": pixels, "known": known.astype(np.uint8)}, "selected")
    return sent_index(sent_by(key, "selected").get("index"), n) if selectable else None
