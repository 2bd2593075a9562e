"""Feature maps: every layer of a network at work on one digit."""

import os
from collections import defaultdict
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
    IMAGE: "**What goes in**: 0 is paper, 1 is ink.",
    PREDICTION: "**What comes out**: how likely ink is at each pixel, given the pixels before.",
}
THIS_DIGIT, ALL_DIGITS, ALL_LAYERS = "this digit", "all digits", "all layers"
CODE = """\
from pixelcnn import activations, load_checkpoint

model, card = load_checkpoint("{path}")
maps = activations(model, images{labels})  # {{layer: (batch, maps, rows, columns)}}
"""


@dataclass(frozen=True, eq=False)
class Inside:
    """What the network makes of one image: maps for the browser, and {label: layer in numbers}."""

    table: MapsTable
    layers: dict[str, LayerSummary]


@st.cache_resource(show_spinner=False, max_entries=16)  # some 10 MB each
@short_job
def inside(
    model: str, image: NDArray[np.uint8], label: int | None, part: str, scale: str
) -> Inside:
    """Run the network on one image and keep the layers of one part, once for everybody."""
    network = loaded(model).model
    images = torch.from_numpy(image)[None]
    labels = None if label is None else torch.tensor([label])
    found = activations(network, images, labels)
    wanted = views(network.name)[part]
    if "gate" in wanted:
        found = gate_maps(wiring(model), numbers(model, image, label))
    told = summarize(network, found, labels, graph=wiring(model).graph)
    layers = [one for one in told if one.part in wanted]
    maps = {one.label: found[one.name][0].numpy() for one in layers}
    bet = prediction(network, images, labels)[0].numpy()
    scales = {IMAGE: (0.0, 1.0), PREDICTION: (0.0, 1.0)}
    if scale != THIS_DIGIT:
        scales |= {one.label: fixed_scale(model, one.name, scale) for one in layers}
    ink = image / (network.config.levels - 1)
    table = maps_table({IMAGE: ink, **maps, PREDICTION: bet}, scales=scales)
    return Inside(table, {one.label: one for one in layers})


def fixed_scale(model: str, layer: str, scale: str) -> tuple[float, float]:
    """A colour scale that does not move when the digit changes."""
    known = ranges(model)
    if scale == ALL_DIGITS:
        return known[layer]
    lows, highs = zip(*known.values(), strict=True)
    return min(lows), max(highs)


@st.cache_resource(show_spinner=False)
def ranges(model: str) -> dict[str, tuple[float, float]]:
    """Least and greatest number of each layer over a digit of each class, with room to differ."""
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
    """The weights of the layers that read the image, ready for the browser."""
    network = loaded(model).model
    groups = {}
    for path, weights in first_kernels(network).items():
        groups[layer_label(path)] = weights[:, 0].numpy()
    return maps_table(groups)


# ---------------------------------------------------------------- what goes in


@dataclass(frozen=True, eq=False)
class Choice:
    """What to show: the picture that was asked for, a part of the network, and a colour scale."""

    asked: pictures.Asked
    part: str
    scale: str


def controls(config: dict[str, Any], architecture: str) -> Choice:
    """What goes in, what the network is told about it, and which of its layers to show."""
    parts = list(views(architecture))
    with st.container(horizontal=True):
        asked = pictures.choose_picture(config, config["classes"])
        part = one_of(
            "Layers",
            parts,
            key=f"part-{architecture}",
        )
        scale = one_of(
            "One colour scale for",
            [THIS_DIGIT, ALL_DIGITS, ALL_LAYERS],
            key="scale",
            help="Locked over all digits, a colour means the same number whatever goes in, so that "
            "digits can be compared. Over all layers, layers can be compared too.",
        )
    return Choice(asked, part, scale)


# ---------------------------------------------------------------- the maps


def in_words(layer: LayerSummary) -> str:
    """The numbers of the open layer."""
    low, mean, high = (
        f"{value:.2f}".replace("-", "−") for value in (layer.minimum, layer.mean, layer.maximum)
    )
    words = (
        f"**{layer.title}**: {layer.channels} maps of {layer.height} × {layer.width}. "
        f"Min **{low}**, mean **{mean}**, max **{high}**. "
    )
    if layer.rectified:
        words += (
            f"Dead units: **{layer.dead} of {layer.channels}** ({layer.dead_share:.1%}). The ReLU "
            "that follows sets everything below 0 to 0, and leaves nothing of these maps for this "
            "digit."
        )
    else:
        words += f"Dead units (always 0): **{layer.dead} of {layer.channels}**."
    return f"{words} :small[In the code: `{layer.name}`]"


def put_into_address(name: str, value: str, usual: str) -> None:
    """Write what was chosen, where it is not what is chosen at first."""
    if value == usual:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def asked_cell() -> Cell | None:
    """The cell in the address: channel, row and column, with dots between."""
    given = st.query_params.get("cell", "").split(".")
    if len(given) != 3 or not all(part.isdecimal() for part in given):
        return None
    channel, row, column = map(int, given)
    return channel, row, column


@st.fragment
def gallery(model: str, image: NDArray[np.uint8], choice: Choice) -> None:
    """The layers from left to right; only this runs again when one of them is opened."""
    if "maps" not in st.session_state:  # the gallery comes on screen
        st.session_state["maps-start"] = st.query_params.get("layer"), asked_cell()
    start, start_cell = st.session_state["maps-start"]
    label = choice.asked.label
    found = inside(model, image, label, choice.part, choice.scale)
    by_name = {layer.name: title for title, layer in found.layers.items()}
    usual = next(iter(by_name))
    asked = by_name.get(start, by_name[usual])
    said = st.container()
    selection = maps_gallery(found.table, selected=asked, cell=start_cell, key="maps")
    st.caption(EXPLAINED[choice.part])
    layer = found.layers.get(selection.layer)
    if layer is None:
        said.markdown(ENDS[selection.layer])
        return
    said.markdown(in_words(layer))
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
    "Layers of **feature maps**: pictures that a layer makes from those of the layer before it. "
    "The digit goes in on the left, the prediction comes out on the right. **Open a layer** to see "
    "all its maps, and **click a cell** to see where it looks and how it got its number.",
)
model = common.choose_model(in_grey=True)
config = common.model_config(model)
with common.explained():
    choice = controls(config, loaded(model).model.name)
    asked = choice.asked
    image = asked.image
    if image is None:
        image = pictures.made(asked.source, model, config)
    gallery(model, image, choice)

    st.header("What to try")
    st.markdown(
        "- **Follow one stroke** from layer to layer. Where do you still recognise it, where has "
        "it become something else, such as an edge or a distance?\n"
        "- **Look below the digit.** Maps there still know what stood above: the network must "
        "remember which digit it is drawing.\n"
        "- **Compare the prediction** with the image: it is the network's bet on every pixel "
        "before it saw it. Where is it wrong?\n"
        "- **Click a cell** in the first layer, then in deeper ones: how fast does its window "
        "grow? Which of the maps that it reads adds most?\n"
        "- **Lock the colour scale** over all digits and change the digit. Which maps light up for "
        "some digits only?\n"
        "- **Draw** something that is no digit. Which maps stay calm?"
    )

    st.header("What does the first layer look for?")
    st.markdown(
        "Each map of the first layer comes from one small **kernel**, slid over the digit: at "
        "every place the weights are multiplied with the pixels below them and added up. Red "
        "weights want ink, blue ones paper. Hatched ones are **masked**: they would look at pixels "
        "that do not exist yet."
    )
    maps_gallery(kernels(model), report=False, key="kernels")

    st.header("How did it learn to see?")
    st.markdown(
        "A network begins with random weights: its first maps are **noise**, and its bet is the "
        "same for every pixel. **Move the slider**: the steps double, since most happens early. A "
        "colour means the same number at all of them."
    )
    show_snapshots(image, asked.digit)

st.markdown("The same maps in a notebook:")
path = os.path.relpath(common.models()[model].path, common.CHECKPOINTS.parent)
st.code(CODE.format(path=path, labels=", labels" if config["classes"] else ""), language="python")
quiz("features", QUESTIONS)
