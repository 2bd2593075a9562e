"""Slow motion: a process in named stages, one at a time, each with a picture or with bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from widgets.base.checks import checked_images
from widgets.base.colormaps import colormap_table
from widgets.base.component import register, show

_component = register("slow_motion")

INK = "ink"
"""Value of `Stage.colors`: paper for 0, ink for 1."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A stage of a process.

    Attributes:
        title: a word or two.
        text: what happens, in a few sentences.
        code: the line of the program that does it.
        values: (H, W) numbers to show as a picture.
        limits: the values at the ends of the colour scale.
        colors: `INK`, or the name of a colour map.
        unit: of the values of the picture.
        bars: (name, length from 0 to 1, value as text) for each bar.
        bars_title: the title of the bars.
    """

    title: str
    text: str
    code: str
    values: npt.NDArray[np.float32]
    limits: tuple[float, float]
    colors: str
    unit: str
    bars: Sequence[tuple[str, float, str]] = ()
    bars_title: str = ""


def slow_motion(stages: Sequence[Stage], *, film: str, label: str, key: str) -> None:
    """Show one stage at a time, with buttons and arrow keys to move between them.

    stages  in their order
    film    identifies the process; another one starts at its first stage

    Raises `ValueError` when an argument does not fit.
    """
    if not stages:
        raise ValueError("stages is empty. Give at least one stage.")
    arrays: dict[str, npt.ArrayLike] = {}
    described = []
    for index, stage in enumerate(stages):
        arrays[f"values{index}"] = stage.values.astype(np.float32)
        arrays[f"pixels{index}"] = _colored(stage)
        described.append(_described(stage))
    meta = {"stages": described, "film": film, "label": label}
    show(_component, key, meta, arrays)


def _colored(stage: Stage) -> npt.NDArray[np.uint8]:
    low, high = stage.limits
    if stage.values.ndim != 2 or not low < high:
        raise ValueError(f"values must be (H, W) and limits increasing, not {stage.limits}.")
    levels = (255 * ((stage.values - low) / (high - low)).clip(0, 1)).round().astype(np.uint8)
    # Ink is drawn in the theme's colours.
    return levels if stage.colors == INK else colormap_table(stage.colors)[levels]


def _described(stage: Stage) -> dict[str, Any]:
    for name, share, _ in stage.bars:
        if not 0 <= share <= 1:
            raise ValueError(f"the bar {name!r} must have a length from 0 to 1, not {share}.")
    scale = None
    if stage.colors != INK:
        table = checked_images("scale", colormap_table(stage.colors)[::15], 256, (None, 3))
        scale = [f"rgb({red},{green},{blue})" for red, green, blue in table.tolist()]
    return {
        "title": stage.title,
        "text": stage.text,
        "code": stage.code,
        "height": stage.values.shape[0],
        "width": stage.values.shape[1],
        "ink": stage.colors == INK,
        "limits": [f"{limit:.3g}" for limit in stage.limits],
        "scale": scale,
        "unit": stage.unit,
        "bars": [list(bar) for bar in stage.bars],
        "barsTitle": stage.bars_title,
    }
