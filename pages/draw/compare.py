"""The same drawing finished by every method, and why the model needs the beginning."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.draw.methods import (
    AS_IT_READS,
    BEST_ORDER,
    METHODS,
    PARTICLES,
    Options,
    completed,
    not_now,
)
from pages.draw.start import FIRST_DIGIT, digit_image, upper_half
from pages.draw.words import what_it_did
from pages.shared import common
from pages.shared.loaded import loaded
from pixelcnn.completion.completions import Completions
from widgets.endings.widget import endings
from widgets.painter.widget import Drawing
from widgets.reach_grid.widget import ReachTable, reach_grid, reach_table

FEW = 3  # endings of each method, side by side

Pixels = NDArray[Any]


def compare(model: str, config: dict[str, Any], drawing: Drawing, options: Options) -> None:
    """Three endings by each method, with a line on how it drew them."""
    for method in METHODS:
        why_not = not_now(method, config)
        if why_not:
            st.markdown(why_not)
            continue
        asked = Options(method, options.label, options.temperature, options.seed, options.particles)
        done = completed(model, drawing.image, drawing.known_mask, FEW, asked)
        st.markdown(f"**{method}.** {what_it_did(done, asked)}")
        tiles(model, done, f"Finished by: {method}", f"compare-{METHODS[method]}", legend=False)


def captions(model: str, done: Completions) -> list[str]:
    """The class of each ending by its name; none for a model without classes."""
    names = common.class_names(model)
    return [] if done.labels is None else [names[label] for label in done.labels.tolist()]


def tiles(
    model: str,
    done: Completions,
    label: str,
    key: str,
    *,
    legend: bool = True,
    max_width: int = 420,
) -> None:
    """Endings in a row."""
    endings(
        done.images,
        done.known_mask[0],
        levels=common.model_config(model)["levels"],
        captions=captions(model, done),
        legend=legend,
        max_width=max_width,
        label=label,
        key=key,
    )


@st.cache_resource(show_spinner=False)
def _table(model: str) -> ReachTable:
    """The receptive field of each pixel, packed for the browser."""
    return reach_table([loaded(model).receptive_field])


def reading_order(model: str, config: dict[str, Any]) -> None:
    """One digit with its upper, then its lower half given, and the receptive fields."""
    image = digit_image(config, FIRST_DIGIT)
    upper = upper_half(image).known_mask
    st.header("Why must you give the beginning?")
    st.markdown(
        "The model draws in the order in which you read a page: left to right, top to bottom. When "
        "it draws a pixel, it **cannot see pixels to the right or below**, even if you gave them. "
        "It keeps those as they are, but draws everything before them without seeing them."
    )
    words, picture = st.columns(2, gap="large")
    with words:
        for title, known in (
            ("**Upper half given**: every ending starts where your ink stops.", upper),
            (
                "**Lower half given**: the upper halves are drawn blind and often do not fit.",
                ~upper,
            ),
        ):
            st.markdown(title)
            done = _given(model, image, known, AS_IT_READS)
            tiles(model, done, title.replace("*", ""), f"order-{known[0, 0]}")
    with picture:
        st.markdown(
            "**Point at a pixel.** Blue: its receptive field, the pixels that the model sees when "
            "it draws that one. Grey: the future, which it cannot see. (*Masks & blind spots* "
            "explains the other marks.)"
        )
        reach_grid(
            _table(model),
            overlay=image,
            report=False,
            max_width=420,
            key="looks-at",
        )
    _remedies(model, config, image, ~upper)


def _remedies(model: str, config: dict[str, Any], image: Pixels, known: Pixels) -> None:
    """The lower half again, by the methods that can use it."""
    st.subheader("What can be done about it?")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(
            "**Best order: begin at another corner.** A model can learn all eight scan orders, "
            "from each corner along rows or columns, if it is trained on rotated and mirrored "
            "digits. It then uses the order in which most of what you gave comes first."
        )
        _remedy(model, config, image, known, BEST_ORDER)
    with right:
        st.markdown(
            "**Particles: draw many, keep those that fit.** Many digits grow together, row by row. "
            "At each given row the model says how likely that row is after each of them. Those "
            "that do not fit are dropped, and the others are copied. The endings left at the end "
            "take everything you gave into account, wherever it is."
        )
        _remedy(model, config, image, known, PARTICLES)


def _remedy(
    model: str,
    config: dict[str, Any],
    image: Pixels,
    known: Pixels,
    method: str,
) -> None:
    why_not = not_now(method, config)
    if why_not:
        st.info(why_not)
        return
    done = _given(model, image, known, method)
    tiles(model, done, f"Lower half given, {method}", f"remedy-{METHODS[method]}")
    st.markdown(what_it_did(done, Options(method)))


def _given(model: str, image: Pixels, known: Pixels, method: str) -> Completions:
    given = np.where(known, image, 0).astype(np.uint8)
    return completed(model, given, known, FEW, Options(method))
