"""Where a drawing on the page Draw & complete starts: a test digit, blank paper, or a picture."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages import common
from pixelcnn.errors import LabError
from pixelcnn.images import read_image
from widgets.painter import Drawing

FIRST_DIGIT = 106  # of the test digits: the one on screen at first
MAX_UPLOAD_MB = 20


def digit_image(config: dict[str, Any], index: int) -> NDArray[np.uint8]:
    """One of the test digits in the model's size; blank paper for a model that is not square."""
    height, width = config["height"], config["width"]
    if height != width:
        return np.zeros((height, width), np.uint8)
    images = common.digits(config["levels"], height).test.images
    return images[index % len(images), 0].numpy()


def upper_half(image: NDArray[np.uint8]) -> Drawing:
    """The picture with its upper half given."""
    known = np.zeros(image.shape, bool)
    known[: len(known) // 2] = True
    return Drawing(image, known)


def start_with(drawing: Drawing) -> None:
    """Put this into the painter."""
    st.session_state["draw_start"] = drawing
    st.session_state["draw_revision"] = st.session_state.get("draw_revision", 0) + 1
    st.session_state["draw_refused"] = None


def start_with_another_digit(config: dict[str, Any]) -> None:
    """What the button "Another digit" does."""
    start_with(upper_half(digit_image(config, random.randrange(2**16))))


def start_with_upload(model: str) -> None:
    """What a file in the uploader does: its picture in MNIST's form, or why not."""
    upload = st.session_state["upload"]
    if upload is None:
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "Your picture"
        path.write_bytes(upload.getvalue())
        try:
            levels = read_image(path, common.load_model(model)[0].config)
        except LabError as error:
            st.session_state["draw_refused"] = str(error)
            return
    start_with(upper_half(levels[0, 0].numpy()))
    st.session_state["picture"] = False  # closes the box


def current_start(config: dict[str, Any]) -> Drawing:
    """What the painter starts from, kept while other pages and other models are visited."""
    fits = tuple(config[name] for name in ("levels", "height", "width"))
    if st.session_state.get("draw_for") != fits:
        st.session_state["draw_for"] = fits
        start_with(upper_half(digit_image(config, FIRST_DIGIT)))
    elif "painter" not in st.session_state:  # back from another page: go on where the pen was
        start_with(st.session_state["draw_last"])
    return st.session_state["draw_start"]


def starts(model: str, config: dict[str, Any]) -> None:
    """The buttons above the painter."""
    shape = (config["height"], config["width"])
    blank = upper_half(np.zeros(shape, np.uint8))
    with st.container(horizontal=True, gap="small"):
        st.button("Another digit", on_click=start_with_another_digit, args=(config,))
        st.button("Blank paper", on_click=start_with, args=(blank,))
        with st.popover("Your picture", key="picture", on_change="rerun"):
            st.file_uploader(
                "A photo or scan of one digit, on even paper",
                type=["png", "jpg", "jpeg"],
                max_upload_size=MAX_UPLOAD_MB,
                key="upload",
                on_change=start_with_upload,
                args=(model,),
            )
            st.caption("It is centred and scaled as the digits were that the model learned from.")
            if st.session_state.get("draw_refused"):
                st.error(st.session_state["draw_refused"])
