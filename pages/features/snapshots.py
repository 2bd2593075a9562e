"""Feature maps: one network at several steps of its training, from noise to strokes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from pages.shared import pictures
from pages.shared.turns import short_job
from pixelcnn.errors import RunError
from pixelcnn.introspect.feature_maps import activations, prediction
from pixelcnn.introspect.layer_titles import layer_label, layer_part
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.runs.directory import Run
from pixelcnn.runs.recordings import RECORDED
from pixelcnn.runs.snapshots import load_snapshot, snapshot_steps
from pixelcnn.runs.store import list_runs
from widgets.base.colormaps import value_range
from widgets.maps_gallery.widget import MapsTable, maps_gallery, maps_table

RECORDING = "moments28"
RECORDED_TITLE = "a recorded training"
IMAGE, PREDICTION = "the image", "prediction"
_MOST_RUNS = 20
_PARTS = ("stack", "horizontal stack", "right stream")


def trainings() -> dict[str, Run]:
    """Trainings with snapshots: the recorded one, and the latest finished ones on this server.

    A running training still drops snapshots; the page Train live shows those.
    """
    latest = list_runs()[:_MOST_RUNS]
    here = {run.id: run for run in latest if _has_ended(run) and len(snapshot_steps(run)) > 1}
    return {RECORDED_TITLE: Run(RECORDED / RECORDING), **here}


def _has_ended(run: Run) -> bool:
    try:
        return not run.status().active
    except RunError:  # a damaged directory
        return False


@dataclass(frozen=True, eq=False)
class Lookback:
    """The maps of one image at each snapshot: {step: {layer: (channels, H, W)}}."""

    moments: dict[int, dict[str, NDArray[np.float32]]]

    def table(self, step: int) -> MapsTable:
        """One snapshot for the browser, on the colour scale of all of them."""
        scales = {
            name: value_range(
                np.concatenate([maps[name].ravel() for maps in self.moments.values()])
            )
            for name in self.moments[step]
        }
        return maps_table(self.moments[step], scales=scales)


@st.cache_resource(show_spinner=False, max_entries=16)
def network_after(path: str, step: int) -> AutoregressiveModel:
    """The network at one snapshot of a training, shared by all sessions."""
    return load_snapshot(Run(path), step)


@st.cache_resource(show_spinner="Loading the snapshots ...", max_entries=8)
@short_job
def lookback(path: str, steps: tuple[int, ...], image: NDArray[np.uint8], label: int) -> Lookback:
    """Run the network of each snapshot on one image; shared by all sessions."""
    images, labels = torch.from_numpy(image)[None], torch.tensor([label])
    snapshots = {}
    for step in steps:
        model = network_after(path, step)
        given = labels if model.config.classes else None
        maps = {
            layer_label(name): layer[0].numpy()
            for name, layer in activations(model, images, given).items()
            if layer_part(name) in _PARTS
        }
        predicted = prediction(model, images, given)[0].numpy()
        scaled = image.astype(np.float32) / (model.config.levels - 1)
        snapshots[step] = {IMAGE: scaled, **maps, PREDICTION: predicted}
    return Lookback(snapshots)


@st.cache_resource(show_spinner=False, max_entries=64)
def table_of(
    path: str, steps: tuple[int, ...], image: NDArray[np.uint8], label: int, step: int
) -> MapsTable:
    """One snapshot packed for the browser, shared by all sessions."""
    return lookback(path, steps, image, label).table(step)


@st.fragment
def show_snapshots(asked: NDArray[np.uint8], digit: int | None) -> None:
    """The same digit and layers at the training step that the slider sets.

    Args:
        asked: the picture above, uint8 `(1, H, W)`; a test digit replaces it if it does not fit.
        digit: which it is, if known.
    """
    known = trainings()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = RECORDED_TITLE
        if len(known) > 1:
            chosen = st.selectbox(
                "Training", list(known), key="training", bind="query-params", width=240
            )
        run = known[chosen]
        steps = snapshot_steps(run)
        step = st.select_slider(
            "After how many training steps?",
            steps,
            value=steps[-1],
            format_func=lambda steps: f"{steps:,}",
            key=f"moment-{run.id}",
            bind="query-params",
        )
    config = network_after(str(run.path), steps[0]).config
    if config.channels != 1:
        st.info("That training used colour images. Choose another one.")
        return
    label = 0 if digit is None else digit
    fits = asked.shape[1:] == (config.height, config.width) and asked.max() < config.levels
    if not fits:
        images, _ = pictures.one_of_each({"levels": config.levels, "height": config.height})
        asked = images[label]
    table = table_of(str(run.path), tuple(steps), asked, label, step)
    middle = table.layers[len(table.layers) // 2]["name"]
    maps_gallery(table, selected=middle, report=False, key="moments")
    if config.classes:
        st.caption(f"This network is given the label {label}.")
