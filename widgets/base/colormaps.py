"""Colour maps as tables for the browser."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

SEQUENTIAL = "viridis"
DIVERGING = "RdBu_r"


@cache
def colormap_table(name: str) -> npt.NDArray[np.uint8]:
    """The matplotlib colour map `name` as uint8 (256, 3). Raises `ValueError` if unknown."""
    import matplotlib  # slow to import, and only heatmaps need it

    if name not in matplotlib.colormaps:
        raise ValueError(f"There is no colour map {name!r}. Use viridis, cividis or RdBu_r.")
    colors = matplotlib.colormaps[name](np.arange(256))[:, :3]
    return (colors * 255).round().astype(np.uint8)


def colormap_for(low: float, high: float) -> str:
    """A diverging map for values on both sides of zero, a sequential one for all others."""
    return DIVERGING if low < 0 < high else SEQUENTIAL


def value_range(
    values: npt.NDArray[np.float32], limits: tuple[float, float] | None = None
) -> tuple[float, float]:
    """`limits`, or the finite range of `values`, made symmetric where it crosses zero.

    Raises `ValueError` if `limits` are not two increasing finite numbers.
    """
    if limits is not None:
        low, high = (float(limit) for limit in limits)
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise ValueError(f"limits must be two finite numbers, low < high, not {limits}.")
        return low, high
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if low < 0 < high:
        high = max(-low, high)
        low = -high
    return low, high
