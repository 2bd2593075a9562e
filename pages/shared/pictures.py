"""The input pictures: a test digit, the user's drawing, or an upload."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.shared import common
from pages.shared.controls import one_of, whole_number
from pages.shared.loaded import loaded
from pixelcnn.data.images import read_image
from pixelcnn.errors import LabError
from widgets.painter.widget import painter

TEST_DIGIT, DRAWING, UPLOAD = "A test digit", "Your drawing", "Your picture"
MAX_UPLOAD_MB = 20

_OWN_LABEL = "its own"
_FIRST_DIGIT = 7


@dataclass(frozen=True, eq=False)
class Asked:
    """The user's choice.

    Attributes:
        source: TEST_DIGIT, DRAWING or UPLOAD.
        image: uint8 `(1, H, W)`; None if it comes from `chosen_image`.
        label: the class given to the network; None if it has no classes.
        digit: the digit in the picture, if known: a test digit's class, or else the label.
    """

    source: str
    image: NDArray[np.uint8] | None
    label: int | None
    digit: int | None


def choose_picture(config: dict[str, Any], classes: int) -> Asked:
    """Let the user choose the input picture and its label.

    For a horizontal container. All pages share the choice, and all of it is in the URL.

    Args:
        config: the model's options: levels, height and width of its pictures.
        classes: number of labels, 0 for none.
    """
    image = own = None
    source = one_of("Input", [TEST_DIGIT, DRAWING, UPLOAD], key="source")
    if source == TEST_DIGIT:
        image, own = _test_digit(config)
    label = _choose_label(classes, own)
    return Asked(source, image, label, label if own is None else own)


def chosen_image(source: str, model: str, config: dict[str, Any]) -> NDArray[np.uint8]:
    """The drawn or uploaded picture: uint8 `(1, H, W)`, blank paper before that.

    Raises:
        LabError: the uploaded file is not a picture of a digit.
    """
    return _drawn(config) if source == DRAWING else _uploaded(model, config)


def _drawn(config: dict[str, Any]) -> NDArray[np.uint8]:
    """The painter; returns the drawing, which survives visits to other pages."""
    shape = (config["height"], config["width"])
    if "picture-painter" not in st.session_state:  # the painter comes on screen
        st.session_state["picture-start"] = st.session_state.get("picture-left")
    start = st.session_state["picture-start"]
    if start is None or start.shape != shape or start.max() >= config["levels"]:
        start = np.zeros(shape, np.uint8)
    drawing = painter(
        start,
        np.ones(shape, bool),
        levels=config["levels"],
        report_while_drawing=False,
        label="Your drawing",
        key="picture-painter",
    )
    st.caption(
        "Here the network reads the whole picture. Cells that you mark as unknown count as paper."
    )
    st.session_state["picture-left"] = drawing.image
    return drawing.image[None]


def _uploaded(model: str, config: dict[str, Any]) -> NDArray[np.uint8]:
    """The uploader; returns the digit in the model's form."""
    upload = st.file_uploader(
        "A photo or scan of one digit, on even paper",
        type=["png", "jpg", "jpeg"],
        max_upload_size=MAX_UPLOAD_MB,
        key="picture-upload",
    )
    st.caption("It is centred and scaled in the same way as the training digits.")
    if upload is not None:
        st.session_state["picture-uploaded"] = upload.getvalue()
    content = st.session_state.get("picture-uploaded")  # kept over visits to other pages
    if content is None:
        return np.zeros((1, config["height"], config["width"]), np.uint8)
    try:
        return read_upload(content, model)
    except LabError:
        del st.session_state["picture-uploaded"]
        raise


@st.cache_data(show_spinner=False, max_entries=32)
def read_upload(content: bytes, model: str) -> NDArray[np.uint8]:
    """An uploaded picture in the model's form: uint8 `(1, H, W)`.

    Raises:
        LabError: it is not a picture of a digit.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "Your picture"
        path.write_bytes(content)
        image: NDArray[np.uint8] = read_image(path, loaded(model).model.config)[0].numpy()
        return image


@st.cache_data(show_spinner=False)
def _numbered(levels: int, size: int) -> dict[int, NDArray[np.uint8]]:
    """The test images of each class: {class: uint8 (n, 1, size, size)}."""
    images, labels = (part.numpy() for part in common.unseen(levels, size))
    return {digit: images[labels == digit] for digit in range(10)}


def one_of_each(config: dict[str, Any]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The first test digit of each class and its class: uint8 `(10, 1, H, W)`, int64 `(10,)`."""
    images = _numbered(config["levels"], config["height"])
    return np.stack([same[0] for same in images.values()]), np.array(list(images))


def _test_digit(config: dict[str, Any]) -> tuple[NDArray[np.uint8], int]:
    """The chosen test digit and its class."""
    images = _numbered(config["levels"], config["height"])
    digit = one_of("Digit", list(images), default=_FIRST_DIGIT, key="digit")
    example = whole_number(
        "Example",
        0,
        len(images[digit]) - 1,
        key="example",
        width=130,
        help="Which test digit of this class. The network never saw them in training.",
    )
    return images[digit][example], digit


def _choose_label(classes: int, own: int | None) -> int | None:
    """The label for a model that takes one."""
    if not classes:
        return None
    names = [*([] if own is None else [_OWN_LABEL]), *map(str, range(classes))]
    chosen = st.selectbox(
        "Label given",
        names,
        key="told" if own is not None else "told-drawing",
        bind="query-params",
        width=150,
        help="The network was trained with labels. Give it a wrong one and compare.",
    )
    return own if chosen == _OWN_LABEL else int(chosen)
