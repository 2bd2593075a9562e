"""Hide a part of a test digit, let the model restore it, and compare with the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
import torch

from pages.draw.methods import Options
from pages.draw.start import digit_image, start_with
from pages.draw.words import restored
from pages.shared import common
from pages.shared.loaded import loaded
from pixelcnn.completion.completions import Completions
from pixelcnn.completion.inpainting import KINDS, Kind, against_truth, inpainting_mask
from widgets.endings.widget import endings
from widgets.painter.widget import Drawing

_SIZED = ("pixels", "block")
_WORDS = {
    "pixels": "Single pixels",
    "block": "A block",
    "left half": "The left half",
    "lower half": "The lower half",
    "stripes": "Stripes",
}


def choose_knock_out(config: dict[str, Any]) -> None:
    """The popover "Knock out" above the painter: which part of the test digit to hide."""
    if config["height"] != config["width"]:
        return  # there are no test digits of this shape
    with st.popover("Knock out"), st.container(width=320):
        kind = st.selectbox(
            "Which part?",
            KINDS,
            format_func=_WORDS.__getitem__,
            key="hide",
            bind="query-params",
        )
        st.slider(
            "How much of the digit?",
            10,
            90,
            50,
            10,
            format="%d %%",
            key="share",
            bind="query-params",
            disabled=kind not in _SIZED,
        )
        st.button("Knock it out", on_click=_knock_out, args=(config,))
        st.caption(
            "This hides a part of the latest test digit. The model restores it, and the truth "
            "appears below. Compare the methods beside the painter."
        )


def _knock_out(config: dict[str, Any]) -> None:
    # Read here, not passed by the button: its arguments would be those of the previous run.
    chosen, share = st.session_state["hide"], st.session_state["share"] / 100
    kind: Kind = chosen if chosen in KINDS else KINDS[0]  # a browser can send what is none of them
    index = st.session_state["draw_digit"]
    image = digit_image(config, index)
    known = inpainting_mask(kind, image.shape[0], image.shape[1], share, seed=index).numpy()
    start_with(Drawing(image, known))
    st.session_state["draw_truth"] = Drawing(image, known)


def truth_section(model: str, drawing: Drawing, done: Completions, options: Options) -> None:
    """Accuracy of the endings, as long as the drawing is the knocked-out digit, unchanged."""
    truth: Drawing | None = st.session_state.get("draw_truth")
    if truth is None or truth.image.shape != drawing.image.shape:
        return
    same = np.array_equal(truth.known_mask, drawing.known_mask) and np.array_equal(
        truth.image[truth.known_mask], drawing.image[drawing.known_mask]
    )
    if not same or drawing.known_mask.all():
        return
    truth_scores = against_truth(
        loaded(model).model, done, torch.from_numpy(truth.image)[None], options.label
    )
    st.subheader("How right is it?")
    picture, words = st.columns([1, 3], gap="large", vertical_alignment="center")
    with picture:
        endings(
            truth.image[None, None],
            truth.known_mask,
            levels=int(common.model_config(model)["levels"]),
            captions=["truth"],
            columns=1,
            max_width=180,
            legend=False,
            label="The digit as it was",
            key="truth",
        )
    with words:
        st.markdown(restored(truth_scores, int((~drawing.known_mask).sum())))
