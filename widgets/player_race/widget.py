"""The race: one image drawn twice, each at its measured speed."""

from __future__ import annotations

import numpy.typing as npt

from widgets.base.checks import checked_images, checked_levels
from widgets.base.component import register, show

_component = register("player_race", "player/film.js", "player/atlas.js")


def player_race(
    image: npt.ArrayLike,
    *,
    levels: int,
    seconds: tuple[float, float],
    names: tuple[str, str],
    measured_rows: tuple[int, int],
    key: str,
) -> None:
    """Show an image being drawn twice, with a clock for each.

    image          uint8 (C, H, W), levels; C is 1 or 3
    seconds        for the whole image, slow and fast
    names          of the two
    measured_rows  number of rows measured; the time of the others is extrapolated

    Raises `ValueError` when an argument does not fit.
    """
    levels = checked_levels(levels)
    pixels = checked_images("image", image, levels, (1, None, None), (3, None, None))
    if min(seconds) <= 0:
        raise ValueError(f"seconds must be above 0, not {seconds}.")
    channels, height, width = pixels.shape
    meta = {
        "n": 1,
        "channels": channels,
        "height": height,
        "width": width,
        "levels": levels,
        "seconds": list(seconds),
        "names": list(names),
        "measuredRows": list(measured_rows),
    }
    show(_component, key, meta, {"images": pixels[None]})
