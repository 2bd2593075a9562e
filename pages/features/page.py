"""Feature maps: every layer of a network at work on one digit."""

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from pages.features.attention import show_where_it_looks
from pages.features.cell import numbers, show_cell, wiring
from pages.features.questions import QUESTIONS
from pages.features.snapshots import show_snapshots
from pages.features.words import EXPLAINED, views
from pages.shared import common, pictures
from pages.shared.controls import one_of
from pages.shared.loaded import loaded
from pages.shared.quiz import quiz
from pages.shared.turns import short_job
from pixelcnn.introspect.cell import Cell
from pixelcnn.introspect.feature_maps import (
    LayerSummary,
    activations,
    first_kernels,
    prediction,
    summarize,
)
from pixelcnn.introspect.layer_titles import layer_label
from pixelcnn.introspect.wiring import gate_maps, numbers_of
from widgets.base.colormaps import value_range
from widgets.maps_gallery.widget import MapsTable, maps_gallery, maps_table

IMAGE, PREDICTION = "the image", "prediction"
ENDS = {
    IMAGE: "**The input**: 0 is paper, 1 is ink.",
    PREDICTION: "**The output**: the probability of ink at each pixel, given the pixels before it.",
}
THIS_DIGIT, ALL_DIGITS, ALL_LAYERS = "this digit", "all digits", "all layers"
CODE = """\
from pixelcnn import activations, load_checkpoint

model, card = load_checkpoint("{path}")
maps = activations(model, images{labels})  # {{layer: (batch, maps, rows, columns)}}
"""


@dataclass(frozen=True, eq=False)
class Inside:
    """Activations for one image: maps for the browser, and {label: summary of the layer}."""

    table: MapsTable
    layers: dict[str, LayerSummary]


@st.cache_resource(show_spinner=False, max_entries=16)  # some 10 MB each
@short_job
def inside(
    model: str, image: NDArray[np.uint8], label: int | None, part: str, scale: str
) -> Inside:
    """Run the network on one image and keep the layers of one part; shared by all sessions."""
    network = loaded(model).model
    images = torch.from_numpy(image)[None]
    labels = None if label is None else torch.tensor([label])
    activated = activations(network, images, labels)
    wanted = views(network.name)[part]
    if "gate" in wanted:
        activated = gate_maps(wiring(model), numbers(model, image, label))
    summaries = summarize(network, activated, labels, graph=wiring(model).graph)
    layers = [layer for layer in summaries if layer.part in wanted]
    maps = {layer.label: activated[layer.name][0].numpy() for layer in layers}
    predicted = prediction(network, images, labels)[0].numpy()
    scales = {IMAGE: (0.0, 1.0), PREDICTION: (0.0, 1.0)}
    if scale != THIS_DIGIT:
        scales |= {layer.label: fixed_scale(model, layer.name, scale) for layer in layers}
    ink = image / (network.config.levels - 1)
    table = maps_table({IMAGE: ink, **maps, PREDICTION: predicted}, scales=scales)
    return Inside(table, {layer.label: layer for layer in layers})


def fixed_scale(model: str, layer: str, scale: str) -> tuple[float, float]:
    """A colour scale that stays when the digit changes."""
    known = ranges(model)
    if scale == ALL_DIGITS:
        return known[layer]
    lows, highs = zip(*known.values(), strict=True)
    return min(lows), max(highs)


@st.cache_resource(show_spinner=False)
def ranges(model: str) -> dict[str, tuple[float, float]]:
    """Value range of each layer over one digit of each class, with some margin."""
    network, wired = loaded(model).model, wiring(model)
    ends: dict[str, list[float]] = defaultdict(list)
    # One digit at a time: all their maps together would take 100 MB.
    for image, digit in zip(*pictures.one_of_each(common.model_config(model)), strict=True):
        images = torch.from_numpy(image)
        labels = torch.tensor([digit]) if network.config.classes else None
        found = activations(network, images[None], labels)
        found |= gate_maps(wired, numbers_of(network, wired.graph, images, labels))
        for name, maps in found.items():
            finite = maps[maps.isfinite()]
            ends[name] += [] if not finite.numel() else [finite.min().item(), finite.max().item()]
    return {name: value_range(np.array(both, np.float32)) for name, both in ends.items()}


@st.cache_resource(show_spinner=False)
def kernels(model: str) -> MapsTable:
    """The weights of the layers that read the image, packed for the browser."""
    network = loaded(model).model
    groups = {}
    for path, weights in first_kernels(network).items():
        groups[layer_label(path)] = weights[:, 0].numpy()
    return maps_table(groups)


# ---------------------------------------------------------------- what goes in


@dataclass(frozen=True, eq=False)
class Choice:
    """What to show: the chosen picture, a part of the network, and a colour scale."""

    asked: pictures.Asked
    part: str
    scale: str


def controls(config: dict[str, Any], names: Sequence[str], architecture: str) -> Choice:
    """What goes in, what the network is told about it, and which of its layers to show."""
    parts = list(views(architecture))
    with st.container(horizontal=True):
        asked = pictures.choose_picture(config, names)
        part = one_of(
            "Layers",
            parts,
            key=f"part-{architecture}",
        )
        scale = one_of(
            "One colour scale for",
            [THIS_DIGIT, ALL_DIGITS, ALL_LAYERS],
            key="scale",
            help="*all digits* keeps the scale of each layer for every input, so that you can "
            "compare digits. *all layers* uses one scale for all layers, so that you can compare "
            "these too.",
        )
    return Choice(asked, part, scale)


# ---------------------------------------------------------------- the maps


def in_words(layer: LayerSummary) -> str:
    """The statistics of the open layer."""
    low, mean, high = (
        f"{value:.2f}".replace("-", "−") for value in (layer.minimum, layer.mean, layer.maximum)
    )
    words = (
        f"**{layer.title}**: {layer.channels} {'map' if layer.channels == 1 else 'maps'} of "
        f"{layer.height} × {layer.width}. Min **{low}**, mean **{mean}**, max **{high}**. "
    )
    if layer.rectified:
        words += (
            f"Dead units: **{layer.dead} of {layer.channels}** ({layer.dead_share:.1%}). For this "
            "digit their maps are negative everywhere, so the ReLU that follows sets them to 0."
        )
    else:
        words += f"Dead units (always 0): **{layer.dead} of {layer.channels}**."
    return f"{words} :small[In the code: `{layer.name}`]"


def put_into_address(name: str, value: str, usual: str) -> None:
    """Keep a choice in the address, unless it is the default."""
    if value == usual:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def asked_cell() -> Cell | None:
    """The cell in the address: channel, row and column, separated by dots."""
    given = st.query_params.get("cell", "").split(".")
    if len(given) != 3 or not all(part.isdecimal() for part in given):
        return None
    channel, row, column = map(int, given)
    return channel, row, column


@st.fragment
def gallery(model: str, image: NDArray[np.uint8], choice: Choice) -> None:
    """The layers from left to right; opening a layer reruns only this fragment."""
    if "maps" not in st.session_state:  # the gallery comes on screen
        st.session_state["maps-start"] = st.query_params.get("layer"), asked_cell()
    start, start_cell = st.session_state["maps-start"]
    label = choice.asked.label
    shown = inside(model, image, label, choice.part, choice.scale)
    by_name = {layer.name: title for title, layer in shown.layers.items()}
    usual = next(iter(by_name))
    asked = by_name.get(start, by_name[usual])
    description = st.container()
    selection = maps_gallery(shown.table, selected=asked, cell=start_cell, key="maps")
    st.caption(EXPLAINED[choice.part])
    layer = shown.layers.get(selection.layer)
    if layer is None:
        description.markdown(ENDS[selection.layer])
        return
    description.markdown(in_words(layer))
    put_into_address("layer", layer.name, usual)
    middle = (0, layer.height // 2, layer.width // 2)
    cell = middle
    if selection.channel is not None:
        cell = (selection.channel, selection.row, selection.column)
    put_into_address("cell", ".".join(map(str, cell)), ".".join(map(str, middle)))
    if layer.part == "attention":
        show_where_it_looks(model, image, label, selection, layer.name)
    show_cell(model, image, label, layer.name, cell)


common.lesson(
    "What is inside?",
    "Layers of **feature maps**: pictures that a layer computes from the maps of the layer before "
    "it. The digit goes in on the left, and the prediction comes out on the right. **Open a "
    "layer** to see all its maps, and **click a cell** to see what it reads and how its value is "
    "computed.",
)
model = common.choose_model(in_grey=True)
config = common.model_config(model)
with common.explained():
    choice = controls(config, common.class_names(model), loaded(model).model.name)
    asked = choice.asked
    image = asked.image
    if image is None:
        image = pictures.chosen_image(asked.source, model, config)
    gallery(model, image, choice)

    st.header("What to try")
    st.markdown(
        "- **Follow one stroke** from layer to layer. Where do you still recognise it? Where has "
        "it become something else, such as an edge or a distance?\n"
        "- **Look below the digit.** Maps there still depend on what is above: the network must "
        "remember which digit it is drawing.\n"
        "- **Compare the prediction** with the image: it shows the network's guess at every pixel "
        "before seeing it. Where is it wrong?\n"
        "- **Click a cell** in the first layer, then in deeper ones: how fast does its window "
        "grow? Which input map contributes most?\n"
        "- **Lock the colour scale** over all digits and change the digit. Which maps light up "
        "only for some digits?\n"
        "- **Draw** something that is not a digit. Which maps stay dark?"
    )

    st.header("What does the first layer look for?")
    st.markdown(
        "Each map of the first layer comes from one small **kernel** that slides over the digit: "
        "at every position the weights are multiplied by the pixels below them and added up. Red "
        "weights respond to ink, blue ones to paper. Hatched ones are **masked**: they would read "
        "pixels that do not exist yet."
    )
    maps_gallery(kernels(model), report=False, key="kernels")

    st.header("How did it learn to see?")
    st.markdown(
        "A network starts with random weights: its first maps are **noise**, and its prediction is "
        "nearly the same at every pixel. **Move the slider**: the steps double, since most changes "
        "happen early. The colour scale is the same at all steps."
    )
    show_snapshots(image, asked.digit)

st.markdown("The same maps in a notebook:")
path = os.path.relpath(common.models()[model].path, common.CHECKPOINTS.parent)
st.code(CODE.format(path=path, labels=", labels" if config["classes"] else ""), language="python")
quiz("features", QUESTIONS)
