"""The input pictures: a test digit, the user's drawing, or an upload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.shared import common, turns
from pages.shared.controls import one_of, whole_number
from pages.shared.loaded import loaded
from pixelcnn.data.images import image_from
from pixelcnn.errors import LabError
from pixelcnn.pictures.forms import Form
from pixelcnn.pictures.limits import LIMITS
from widgets.painter.widget import painter

if TYPE_CHECKING:
    from pixelcnn.models.config import ModelConfig

TEST_DIGIT, DRAWING, UPLOAD = "A test digit", "Your drawing", "Your picture"
MAX_UPLOAD_MB = LIMITS.file_bytes // 2**20

UPLOAD_LABEL = "A photo, scan or drawing of one digit"
FORM_NAMES: dict[Form, str] = {
    "digit": "a whole digit",
    "part": "a part, in its place",
    "as-is": "as it is",
}

_TYPES = ("png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "avif")
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


def choose_picture(config: dict[str, Any], names: Sequence[str]) -> Asked:
    """The choice of what goes in, and of what the network is told about it.

    For a horizontal container. All pages share the choice, and all of it is in the URL.

    Args:
        config: of the model: levels, height and width of its pictures.
        names: of the classes that the model can be told; none for a model without classes.
    """
    image = own = None
    source = one_of("Input", [TEST_DIGIT, DRAWING, UPLOAD], key="source")
    if source == TEST_DIGIT:
        image, own = _test_digit(config)
    label = _told_label(names, own)
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
        UPLOAD_LABEL,
        type=picture_types(),
        max_upload_size=MAX_UPLOAD_MB,
        key="picture-upload",
    )
    form, swap = choose_form("picture")
    if upload is not None:
        st.session_state["picture-uploaded"] = upload.getvalue()
    content = st.session_state.get("picture-uploaded")  # kept over visits to other pages
    if content is None:
        return np.zeros((1, config["height"], config["width"]), np.uint8)
    try:
        return read_upload(content, model, form, swap)
    except LabError:
        del st.session_state["picture-uploaded"]
        raise


@st.cache_data(show_spinner=False, max_entries=32)
def read_upload(
    content: bytes, model: str, form: Form = "digit", swap: bool = False
) -> NDArray[np.uint8]:
    """An uploaded picture in the model's form: uint8 `(1, H, W)`.

    Raises:
        LabError: it is not a picture of a digit.
    """
    config = loaded(model).model.config
    with turns.long_turn():
        return _read_picture(content, config, form, swap)


def _read_picture(content: bytes, config: ModelConfig, form: Form, swap: bool) -> NDArray[np.uint8]:
    image: NDArray[np.uint8] = image_from(UPLOAD, content, config, form, swap=swap)[0].numpy()
    return image


def picture_types() -> list[str]:
    """The endings to ask a browser for.

    A phone turns HEIC into JPEG by itself, unless HEIC is asked for: it would be slower to send and
    to read.
    """
    browser = st.context.headers.get("User-Agent", "")
    phone = any(name in browser for name in ("iPhone", "iPad", "Android"))
    return [*_TYPES, *([] if phone else ["heic", "heif"])]


def choose_form(key: str, **on_change: Any) -> tuple[Form, bool]:
    """How a picture is read, and whether its paper and ink are to be swapped.

    Args:
        key: of the two controls, `KEY-form` and `KEY-swap`.
        on_change: for both, `on_change` and `args`.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        form: Form = one_of(
            "It shows",
            list(FORM_NAMES),
            key=f"{key}-form",
            format_func=FORM_NAMES.__getitem__,
            bind=None,
            help="A whole digit is centred and scaled in the same way as the training digits. A "
            "part stays where it is in the picture. As it is: nothing is done to it.",
            **on_change,
        )
        swap = st.checkbox("Swap paper and ink", key=f"{key}-swap", **on_change)
    return form, swap


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


def _told_label(classes: Sequence[str], own: int | None) -> int | None:
    """The label for a model that wants one."""
    if not classes:
        return None
    names = [*([] if own is None else [_OWN_LABEL]), *map(str, range(len(classes)))]
    chosen = st.selectbox(
        "Label given",
        names,
        format_func=lambda label: classes[int(label)] if label.isdecimal() else label,
        key="told" if own is not None else "told-drawing",
        bind="query-params",
        width=150,
        help="The network was trained with labels. Give it a wrong one and compare.",
    )
    return own if chosen == _OWN_LABEL else int(chosen)
