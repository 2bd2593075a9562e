"""Pairs: two sheets of pictures drawn in parallel, and where a pair differs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy.typing as npt

from widgets.base.checks import checked_images, checked_levels
from widgets.base.component import register, show

_component = register("pairs")


def pairs(
    images: npt.ArrayLike,
    names: tuple[str, str],
    *,
    levels: int,
    captions: Sequence[str] = (),
    key: str,
) -> None:
    """Show n pictures of A and n of B; pointing at one shows its pair and their difference.

    images    uint8 (2, n, 1, H, W), levels: A's first
    names     of A and B
    captions  a word for each pair, such as its label, or none

    As many pairs are shown as fit into three rows. New pictures are drawn row by row, once.

    Raises `ValueError` when an argument does not fit.
    """
    levels = checked_levels(levels)
    pixels = checked_images("images", images, levels, (2, None, 1, None, None))
    _, n, _, height, width = pixels.shape
    if captions and len(captions) != n:
        raise ValueError(f"captions must have {n} entries, one per pair, not {len(captions)}.")
    meta = {
        "n": n,
        "height": height,
        "width": width,
        "levels": levels,
        "names": list(names),
        "captions": list(captions),
    }
    show(_component, key, meta, {"images": pixels})
