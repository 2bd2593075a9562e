"""Where a drawing on the page Draw & complete starts: a test digit, blank paper, or a picture."""

import random
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.shared import common
from pages.shared.pictures import (
    MAX_UPLOAD_MB,
    UPLOAD_LABEL,
    choose_form,
    picture_types,
    read_upload,
)
from pixelcnn.errors import LabError
from pixelcnn.system.plain_text import plain
from widgets.painter.widget import Drawing, drawing_from, drawing_now, link_text

FIRST_DIGIT = 49  # index of the test digit on screen at first
ADDRESS = "drawing"  # the query parameter that holds the drawing


def digit_image(config: dict[str, Any], index: int) -> NDArray[np.uint8]:
    """A test digit in the model's size; blank paper for a model that is not square."""
    height, width = config["height"], config["width"]
    if height != width:
        return np.zeros((height, width), np.uint8)
    images = common.unseen(config["levels"], height).images
    return images[index % len(images), 0].numpy()


def upper_half(image: NDArray[np.uint8]) -> Drawing:
    """The picture with its upper half given."""
    known = np.zeros(image.shape, bool)
    known[: len(known) // 2] = True
    return Drawing(image, known)


def start_with(drawing: Drawing) -> None:
    st.session_state["draw_start"] = drawing
    st.session_state["draw_revision"] = st.session_state.get("draw_revision", 0) + 1
    st.session_state["draw_refused"] = None
    st.session_state["draw_truth"] = None


def start_with_digit(config: dict[str, Any], index: int) -> None:
    """Put the upper half of a test digit into the painter."""
    st.session_state["draw_digit"] = index
    start_with(upper_half(digit_image(config, index)))


def start_with_another_digit(config: dict[str, Any]) -> None:
    start_with_digit(config, random.randrange(2**16))


def start_with_upload(model: str) -> None:
    """What a file in the uploader does, or another way to read it: its picture, or why not."""
    state = st.session_state
    if state.get("upload") is not None:
        state["draw_uploaded"] = state["upload"].getvalue()
    content = state.get("draw_uploaded")
    if content is None:
        return
    form, swap = state.get("draw-form") or "digit", state.get("draw-swap", False)
    try:
        levels = read_upload(content, model, form, swap)
    except LabError as error:
        state["draw_refused"] = str(error)
        return
    start_with(upper_half(levels[0]))
    state["your-picture"] = False  # closes the box


def current_start(config: dict[str, Any]) -> Drawing:
    """The painter's starting point, kept while the user visits other pages and models."""
    state = st.session_state
    fits = tuple(config[name] for name in ("levels", "height", "width"))
    first_visit, other_size = "draw_for" not in state, state.get("draw_for") != fits
    state["draw_for"] = fits
    if other_size:
        start_with_digit(config, FIRST_DIGIT)
    elif "painter" not in state:  # back from another page: restore the drawing
        start_with(state["draw_last"])
    if first_visit:  # later the address only follows the drawing, with a delay
        linked = _linked(config)
        if linked is not None:
            start_with(linked)
        state["draw_revision"] = 1  # the drawing that the page opens with
    start: Drawing = state["draw_start"]
    return start


def current_drawing(config: dict[str, Any], start: Drawing) -> Drawing:
    return drawing_now(
        start,
        levels=config["levels"],
        revision=st.session_state["draw_revision"],
        key="painter",
    )


def keep_in_address(drawing: Drawing) -> None:
    """Write a drawing into the address, as the painter does, unless the page opens with it."""
    state = st.session_state
    opening = state["draw_revision"] == 1 and link_text(drawing) == link_text(state["draw_start"])
    if not opening and state["draw_for"][0] == 2:
        st.query_params[ADDRESS] = link_text(drawing)


def _linked(config: dict[str, Any]) -> Drawing | None:
    """The drawing in the address, if there is one; warns if it cannot be read."""
    text = st.query_params.get(ADDRESS)
    if text is None or config["levels"] != 2:
        return None
    drawing = drawing_from(text, (config["height"], config["width"]))
    if drawing is None:
        st.warning(
            "The drawing in this link cannot be shown: it is damaged, or its size is not this "
            f"model's {config['height']} x {config['width']} pixels."
        )
    return drawing


def starts(model: str, config: dict[str, Any]) -> None:
    """The buttons above the painter, for a horizontal container."""
    shape = (config["height"], config["width"])
    blank = upper_half(np.zeros(shape, np.uint8))
    st.button("Another digit", on_click=start_with_another_digit, args=(config,))
    st.button("Blank paper", on_click=start_with, args=(blank,))
    with st.popover("Your picture", key="your-picture", on_change="rerun"):
        choose_form("draw", on_change=start_with_upload, args=(model,))
        st.file_uploader(
            UPLOAD_LABEL,
            type=picture_types(),
            max_upload_size=MAX_UPLOAD_MB,
            key="upload",
            on_change=start_with_upload,
            args=(model,),
        )
        if st.session_state.get("draw_refused"):
            st.error(plain(st.session_state["draw_refused"]))
