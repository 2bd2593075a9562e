"""Feature maps beside the samples of a training, on the same timeline."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.train import setup as train_setup
from widgets.base.colormaps import SEQUENTIAL, colormap_table
from widgets.evolution.widget import Tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pixelcnn.runs.view import RunView

_MAPS = 8


def maps(view: RunView, steps: list[int]) -> list[list[Tiles]]:
    """A row of maps of the last block, at the snapshot before each of `steps`; or no row."""
    from pixelcnn.errors import LabError
    from pixelcnn.runs.snapshots import kept_steps, snapshot_steps

    if not train_setup.is_at_hand(view.config):
        return []
    # Each save replaces the last weights: use them only once the run is over.
    kept = kept_steps(view.run) if view.status.active else snapshot_steps(view.run)
    if not kept:
        return []
    try:
        layer, tiles = _tiles(str(view.run.path), tuple(kept), view.config.to_json())
    except LabError:  # deleted meanwhile, or unusable weights
        return []
    shown = [bisect.bisect_right(kept, step) - 1 for step in steps]
    title = f"Feature maps of {layer} for the held-out picture (dark: low, yellow: high)"
    return [[Tiles(tiles, shown, levels=256, title=title, columns=_MAPS)]]


@st.cache_resource(show_spinner=False, max_entries=64)
def _tiles(path: str, kept: tuple[int, ...], config_json: bytes) -> tuple[str, NDArray]:
    """The layer's name, and its maps in colour: uint8 `(moments, maps, 3, H, W)`."""
    from pixelcnn.runs.snapshot_maps import as_levels

    snapshots = [_maps_at(path, step, config_json) for step in kept]
    table = np.stack([maps for _, maps in snapshots])  # (moments, maps, H, W)
    low, high = table.min(axis=(0, 2, 3)), table.max(axis=(0, 2, 3))
    colors = colormap_table(SEQUENTIAL)
    frames = np.stack([colors[as_levels(maps, low, high)] for maps in table])  # (..., H, W, 3)
    return snapshots[0][0], np.ascontiguousarray(frames.transpose(0, 1, 4, 2, 3))


@st.cache_resource(show_spinner=False, max_entries=512)
def _maps_at(path: str, step: int, config_json: bytes) -> tuple[str, NDArray]:
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.runs.directory import Run
    from pixelcnn.runs.snapshot_maps import snapshot_maps

    data = train_setup.data_of(RunConfig.from_json(config_json))
    layer, maps = snapshot_maps(Run(path), step, data.test.images[:1], data.test.labels[:1])
    return layer, maps[:_MAPS]
