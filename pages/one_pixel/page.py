"""One pixel: flip it, and see how much every later prediction changes."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from pages.one_pixel.questions import QUESTIONS
from pages.one_pixel.words import LEAD, TERMS, TRY, in_words
from pages.shared import common, pictures
from pages.shared.controls import one_of
from pages.shared.loaded import loaded
from pages.shared.quiz import quiz
from pages.shared.turns import short_job
from pixelcnn.causality.reach import limit_reach
from pixelcnn.introspect.counterfactual import Counterfactual, counterfactual
from pixelcnn.system.plain_text import plain
from widgets.pixel_grid.widget import Marks, newest_cell, pixel_grid

OPPOSITE, LEVEL = "its opposite", "a level"
AS_IT_IS, CHANGED = "as it is", "changed"
NOTHING = "nothing"
FAINTEST = 1e-5  # bits: the lowest colour of the map of changes
START = (10, 14)
MAPS = ("surprise", "entropy", "change")
CODE = """\
from pixelcnn import load_checkpoint
from pixelcnn.introspect.counterfactual import counterfactual

model, card = load_checkpoint("{path}")
flipped = counterfactual(model, image, {labels}, pixel=(10, 14))
flipped.kl_bits  # (channels, rows, columns)
"""


@st.cache_resource(show_spinner=False, max_entries=512)
@short_job
def changed(
    model: str,
    image: NDArray[np.uint8],
    label: int | None,
    pixel: tuple[int, int],
    level: int | None,
) -> Counterfactual:
    """The effect of one changed pixel, shared by all sessions."""
    labels = None if label is None else torch.tensor([label])
    network = loaded(model).model
    return counterfactual(network, torch.from_numpy(image), labels, pixel, level)


@st.cache_resource(show_spinner="Following every path ...")
def at_any_depth(model: str) -> NDArray[np.bool_]:
    """What each pixel would see at unlimited depth: bool `(H, W, H, W)`."""
    seen: NDArray[np.bool_] = limit_reach(loaded(model).model).any(axis=(0, 3))
    return seen


def out_of_reach(model: str, pixel: tuple[int, int], later: NDArray[np.bool_]) -> Marks:
    """Later pixels that the change cannot affect, since no path leads there: bool `(H, W)` each."""
    seen = loaded(model).receptive_field[:, :, *pixel]
    ever = at_any_depth(model)[:, :, *pixel]
    return {
        "never": (later & ~seen & ~ever, "blind spot: no path leads here"),
        "legal_not_yet": (later & ~seen & ever, "out of reach: a deeper network would see it"),
    }


# ---------------------------------------------------------------- what is asked


def choose_beside(model: str, config: dict[str, Any]) -> list[str]:
    """The model in the sidebar, and the second one to compare, if any."""
    others = [name for name in common.models() if name != model and alike(name, config)]
    with st.sidebar:
        beside = st.selectbox(
            "Compared with", [NOTHING, *others], key="beside", bind="query-params"
        )
    return [model] if beside == NOTHING else [model, beside]


def alike(name: str, config: dict[str, Any]) -> bool:
    """Whether a model reads pictures of the same form."""
    other = common.model_config(name)
    return all(other[key] == config[key] for key in ("levels", "channels", "height", "width"))


def controls(
    config: dict[str, Any], classes: Sequence[str]
) -> tuple[pictures.Asked, int | None, str]:
    """What goes in, what the pixel becomes, and which of the two pictures to show."""
    with st.container(horizontal=True):
        asked = pictures.choose_picture(config, classes)
        level = new_level(config["levels"])
        shown = one_of(
            "Picture shown",
            [AS_IT_IS, CHANGED],
            key="shown",
        )
    return asked, level, shown


def new_level(levels: int) -> int | None:
    """The new level of the pixel; None for the opposite, the only choice with two levels."""
    if levels == 2:
        return None
    becomes = one_of(
        "The pixel becomes",
        [OPPOSITE, LEVEL],
        key="becomes",
    )
    if becomes == OPPOSITE:
        return None
    return st.slider(
        "Level", 0, levels - 1, levels - 1, key="level", bind="query-params", width=200
    )


def asked_pixel(height: int, width: int) -> tuple[int, int]:
    """The pixel in the address, or the default one, scaled to the picture."""
    usual = START[0] * height // 28, START[1] * width // 28
    given = [st.query_params.get(name, "") for name in ("row", "column")]
    if not all(text.isdecimal() for text in given):
        return usual
    row, column = map(int, given)
    return (row, column) if row < height and column < width else usual


def put_into_address(pixel: tuple[int, int]) -> None:
    """Keep the chosen pixel in the address."""
    for name, value in zip(("row", "column"), pixel, strict=True):
        if st.query_params.get(name) != str(value):
            st.query_params[name] = str(value)


# ---------------------------------------------------------------- the maps


@st.fragment
def experiment(
    models: list[str], image: NDArray[np.uint8], label: int | None, level: int | None, shown: str
) -> None:
    """The maps of each model; choosing a pixel reruns only this fragment."""
    size = image.shape[1:]
    keys = [f"{name}-{index}" for index in range(len(models)) for name in MAPS]
    if keys[0] not in st.session_state or st.session_state.get("pixel-size") != size:
        st.session_state["pixel-start"], st.session_state["pixel-size"] = asked_pixel(*size), size
    start: tuple[int, int] = st.session_state["pixel-start"]
    pixel = newest_cell(keys, start, *size)
    put_into_address(pixel)
    for index, model in enumerate(models):
        if len(models) > 1:
            st.subheader(plain(model))
        given = label if common.model_config(model)["classes"] else None
        effect = changed(model, image, given, pixel, level)
        st.markdown(in_words(effect, *pixel))
        three_maps(model, effect, pixel, shown == CHANGED, index, start)


def three_maps(
    model: str,
    found: Counterfactual,
    pixel: tuple[int, int],
    after: bool,
    index: int,
    start: tuple[int, int],
) -> None:
    """Surprise, entropy and change side by side, with a shared cursor."""
    height, width = found.before.shape[1:]
    picture = (found.after if after else found.before)[0].numpy()
    surprised = (found.surprise_after if after else found.surprise_before)[0].numpy()
    entropy = (found.entropy_after if after else found.entropy_before)[0].numpy()
    order = np.arange(height * width).reshape(height, width)
    later = order > order[pixel]
    kl = np.where(order < order[pixel], np.nan, found.kl_bits[0].numpy())
    most = max(1.0, float(np.nanmax(kl)))
    shared = {
        "unit": "bits",
        "digits": 2,
        "overlay": picture,
        "outline": True,
        "selected": start,
        "link": "pixel",
        "max_width": 420,
    }
    places = st.columns(3, gap="small")
    with places[0]:
        highest = max(1.0, float(surprised.max()))
        pixel_grid(
            surprised, title="Surprise", limits=(0, highest), key=f"surprise-{index}", **shared
        )
    with places[1]:
        highest = float(np.log2(common.model_config(model)["levels"]))
        pixel_grid(entropy, title="Entropy", limits=(0, highest), key=f"entropy-{index}", **shared)
    with places[2]:
        pixel_grid(
            kl,
            title="Change of later predictions",
            limits=(FAINTEST, most),
            logarithmic=True,
            marks=out_of_reach(model, pixel, later),
            missing="drawn before: cannot change",
            key=f"change-{index}",
            **shared,
        )


common.lesson("What does one pixel change?", LEAD)
model = common.choose_model(in_grey=True)
config = common.model_config(model)
with common.explained():
    both = choose_beside(model, config)
    classes = max((common.class_names(name) for name in both), key=len)
    asked, level, shown = controls(config, classes)
    place, image = st.container(), asked.image
    if image is None:
        with st.columns(2)[0]:
            image = pictures.chosen_image(asked.source, model, config)
    with place:
        experiment(both, image, asked.label, level, shown)
        if asked.image is None:
            st.markdown("**Draw or upload the picture below**: the maps follow it.")

st.header("Bits, entropy, divergence")
st.markdown(TERMS)
st.header("What to try")
st.markdown(TRY)
st.markdown("The same in a notebook:")
path = os.path.relpath(common.models()[model].path, common.CHECKPOINTS.parent)
st.code(CODE.format(path=path, labels="labels" if config["classes"] else "None"), language="python")
quiz("one_pixel", QUESTIONS)
