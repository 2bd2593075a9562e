"""Feature maps: every layer of a network at work on one digit."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from pages import common
from pages.features_attention import show_where_it_looks
from pages.features_words import EXPLAINED, views
from pixelcnn.introspect import (
    LayerSummary,
    activations,
    first_kernels,
    prediction,
    summarize,
)
from pixelcnn.layer_titles import layer_label
from widgets.maps_gallery import MapsTable, maps_gallery, maps_table
from widgets.painter import painter

TEST_DIGIT, DRAWING = "A test digit", "Your drawing"
OWN_LABEL = "its own"
IMAGE, PREDICTION = "the image", "prediction"
FIRST_DIGIT = 7
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


@st.cache_resource(show_spinner=False, max_entries=32)
def inside(model: str, image: NDArray[np.uint8], label: int | None, part: str) -> Inside:
    """Run the network on one image and keep the layers of one part, once for everybody."""
    network = common.load_model(model)[0]
    images = torch.from_numpy(image)[None]
    labels = None if label is None else torch.tensor([label])
    found = activations(network, images, labels)
    wanted = views(network.name)[part]
    layers = [one for one in summarize(network, found, labels) if one.part in wanted]
    maps = {one.label: found[one.name][0].numpy() for one in layers}
    bet = prediction(network, images, labels)[0].numpy()
    table = maps_table({IMAGE: image / (network.config.levels - 1), **maps, PREDICTION: bet})
    return Inside(table, {one.label: one for one in layers})


@st.cache_resource(show_spinner=False)
def kernels(model: str) -> MapsTable:
    """The weights of the layers that read the image, ready for the browser."""
    network = common.load_model(model)[0]
    groups = {}
    for path, weights in first_kernels(network).items():
        groups[layer_label(path)] = weights[:, 0].numpy()
    return maps_table(groups)


@st.cache_data(show_spinner=False)
def numbered(levels: int, size: int) -> dict[int, NDArray[np.uint8]]:
    """The test images of each class: {class: uint8 (n, 1, size, size)}."""
    data = common.digits(levels, size)
    images, labels = data.test.images.numpy(), data.test.labels.numpy()
    return {digit: images[labels == digit] for digit in range(data.classes)}


# ---------------------------------------------------------------- what goes in


def test_digit(config: dict[str, Any]) -> tuple[NDArray[np.uint8], int]:
    """The test digit that the viewer chose, and its class."""
    images = numbered(config["levels"], config["height"])
    digit = st.segmented_control(
        "Digit",
        list(images),
        default=FIRST_DIGIT,
        required=True,
        key="digit",
        bind="query-params",
    )
    example = st.number_input(
        "Example",
        0,
        len(images[digit]) - 1,
        key="example",
        bind="query-params",
        width=130,
        help="Which of the test digits of this class. The network never saw them in training.",
    )
    return images[digit][example], digit


def told_label(classes: int, own: int | None) -> int | None:
    """The label for a model that wants one."""
    if not classes:
        return None
    names = [*([] if own is None else [OWN_LABEL]), *map(str, range(classes))]
    chosen = st.selectbox(
        "Told that it is a",
        names,
        key="told" if own is not None else "told-drawing",
        bind="query-params",
        width=150,
        help="The network was trained with labels. Tell it a wrong one and compare the maps.",
    )
    return own if chosen == OWN_LABEL else int(chosen)


def drawn(config: dict[str, Any]) -> NDArray[np.uint8]:
    """The viewer's own drawing; it is kept over visits to other pages."""
    shape = (config["height"], config["width"])
    if "features-painter" not in st.session_state:  # the painter comes on screen
        st.session_state["features-start"] = st.session_state.get("features-left")
    start = st.session_state["features-start"]
    if start is None or start.shape != shape or start.max() >= config["levels"]:
        start = np.zeros(shape, np.uint8)
    drawing = painter(
        start,
        np.ones(shape, bool),
        levels=config["levels"],
        report_while_drawing=False,
        label="Your drawing",
        key="features-painter",
    )
    st.caption("Here the network reads the whole picture. What you mark as unknown is paper to it.")
    st.session_state["features-left"] = drawing.image
    return drawing.image[None]


@dataclass(frozen=True, eq=False)
class Choice:
    """What to show: `image` uint8 (C, H, W), None where the viewer draws it, `label` and `part`."""

    image: NDArray[np.uint8] | None
    label: int | None
    part: str


def controls(config: dict[str, Any], architecture: str) -> Choice:
    """What goes in, what the network is told about it, and which of its layers to show."""
    parts = list(views(architecture))
    image = own = None
    with st.container(horizontal=True):
        source = st.segmented_control(
            "What goes in",
            [TEST_DIGIT, DRAWING],
            default=TEST_DIGIT,
            required=True,
            key="source",
            bind="query-params",
        )
        if source == TEST_DIGIT:
            image, own = test_digit(config)
        label = told_label(config["classes"], own)
        part = st.segmented_control(
            "Layers",
            parts,
            default=parts[0],
            required=True,
            key=f"part-{architecture}",
            bind="query-params",
        )
    return Choice(image, label, part)


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


def put_into_address(layer: str, usual: str) -> None:
    """Write the open layer, where it is not the one that is open at first."""
    if layer == usual:
        st.query_params.pop("layer", None)
    elif st.query_params.get("layer") != layer:
        st.query_params["layer"] = layer


@st.fragment
def gallery(model: str, image: NDArray[np.uint8], choice: Choice) -> None:
    """The layers from left to right; only this runs again when one of them is opened."""
    if "maps" not in st.session_state:  # the gallery comes on screen
        st.session_state["maps-start"] = st.query_params.get("layer")
    found = inside(model, image, choice.label, choice.part)
    by_name = {layer.name: label for label, layer in found.layers.items()}
    usual = next(iter(by_name))
    asked = by_name.get(st.session_state["maps-start"], by_name[usual])
    numbers = st.container()
    selection = maps_gallery(found.table, selected=asked, key="maps")
    opened = selection.layer
    st.caption(EXPLAINED[choice.part])
    layer = found.layers.get(opened)
    if layer is not None:
        numbers.markdown(in_words(layer))
        put_into_address(layer.name, usual)
        if layer.part == "attention":
            show_where_it_looks(model, image, choice.label, selection, layer.name)
    elif opened == IMAGE:
        numbers.markdown("**What goes in**: 0 is paper, 1 is ink.")
    else:
        numbers.markdown(
            "**What comes out**: for each pixel, how likely ink is, given the pixels before it."
        )


common.lesson(
    "What is inside?",
    "Layers of **feature maps**: pictures that a layer makes from those of the layer before it. "
    "The digit goes in on the left, the prediction comes out on the right. **Open a layer** to see "
    "all its maps, and point at one to read its values.",
)
model = common.choose_model()
config = common.model_config(model)
if config["channels"] != 1:
    st.info("This model reads colour images, and the digits here are grey. Choose another model.")
    st.stop()
with common.explained():
    choice = controls(config, common.load_model(model)[0].name)
    image = drawn(config) if choice.image is None else choice.image
    gallery(model, image, choice)

    st.header("What to try")
    st.markdown(
        "- **Follow one stroke** from layer to layer. Where do you still recognise it, where has "
        "it become something else, such as an edge or a distance?\n"
        "- **Look below the digit.** Maps there still know what stood above: the network must "
        "remember which digit it is drawing.\n"
        "- **Compare the prediction** with the image: it is the network's bet on every pixel "
        "before it saw it. Where is it wrong?\n"
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

st.markdown("The same maps in a notebook:")
path = os.path.relpath(common.models()[model].path, common.CHECKPOINTS.parent)
st.code(CODE.format(path=path, labels=", labels" if config["classes"] else ""), language="python")
