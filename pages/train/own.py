"""The user's own training pictures: uploaded files, or drawings made here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.shared import common, turns
from pages.shared.controls import one_of
from pages.shared.refusals import refusing, tell_refusal
from pages.train import own_pool, own_sheet
from pixelcnn.errors import DataError
from pixelcnn.pictures.forms import Form
from widgets.painter.widget import Drawing, drawing_now, painter
from widgets.photos.widget import photos

if TYPE_CHECKING:
    from pixelcnn.recipes.live import LivePreset
    from pixelcnn.runs.pools import Pool

Source = Literal["lab", "mine", "drawn"]

_SOURCES: dict[Source, str] = {"lab": "digits", "mine": "files", "drawn": "drawings"}
_FORMS: dict[Form, str] = {
    "digit": "centred",
    "part": "in place",
    "as-is": "as they are",
}
_SENT = "pool-sent"  # how many signs this session has put on the pile
_READ = "own-read"  # what was read last in this session
_PAPER_SIZE = 14
_ENOUGH, _WANTED = 5, 20
_FEW = 500  # fewer pictures are shifted, unless one says otherwise


def choose_source() -> Source:
    """The source of the training pictures, kept in the URL."""
    return one_of("Train on", list(_SOURCES), key="source", format_func=_SOURCES.__getitem__)


def gather(source: Source) -> LivePreset | None:
    """The controls to upload or draw pictures; returns a preset once there are enough."""
    from pixelcnn.recipes.live import own_preset

    if source == "mine":
        _ask_for_files()
    else:
        _ask_for_drawings()
    tell_refusal("own")
    root = own_sheet.root_in_address()
    if root is None:
        return None
    images, _ = own_sheet.pictures(str(root))
    classes = len(set(images.labels[images.kept].tolist())) if images.class_names else 0
    return own_preset(str(root), classes=classes, pictures=int(images.kept.sum()))


# ---------------------------------------------------------------- files


def _ask_for_files() -> None:
    from pixelcnn.pictures.limits import LIMITS

    st.markdown(
        f"Send {LIMITS.least} to {LIMITS.pictures:,} pictures "
        f"({LIMITS.sent_bytes // 2**20} MB at most), or a table of them (CSV, NPY, NPZ, or MNIST's "
        "IDX). Put each class into a folder of its own, and it gets the name of that folder."
    )
    form: Form = one_of(
        "Use them",
        list(_FORMS),
        key="own-form",
        format_func=_FORMS.__getitem__,
        bind=None,
        help="Centred: the ink is found, whatever the light and the paper, then centred and scaled "
        "in the same way as MNIST's digits. In place: the ink is found and left where it is. As "
        "they are: nothing is changed but the size.",
    )
    shrunk = photos("Photos, made smaller before they are sent", key="own-photos")
    files, folder = st.columns(2)
    sent = files.file_uploader(
        "Files or zips", accept_multiple_files=True, key="own-files", max_upload_size=64
    )
    inside = folder.file_uploader("A folder", accept_multiple_files="directory", key="own-folder")
    uploads = [*sent, *inside]
    token = (form, shrunk.choice, tuple(one.file_id for one in uploads))
    if not (uploads or shrunk.files) or st.session_state.get(_READ) == token:
        return
    with refusing("own"), common.ProgressBar("Reading the pictures ...") as bar:
        try:
            with turns.reading_turn(bar):
                _read([*shrunk.files, *((one.name, one.getvalue()) for one in uploads)], form, bar)
        except DataError:
            st.session_state[_READ] = token
            raise
        st.session_state[_READ] = token  # not before: a run that is cut short has not read them


def _read(files: list[tuple[str, bytes]], form: Form, bar: common.ProgressBar) -> None:
    """Read what was just sent; what is wrong with it is told in words."""
    from pixelcnn.pictures.sets import read_sent

    st.query_params.pop("own", None)
    images = read_sent(files, form, progress=bar)
    own_sheet.keep(images, shift=1 if len(images.greys) < _FEW else 0)


# ---------------------------------------------------------------- drawings


def _ask_for_drawings() -> None:
    pool = own_pool.pool_in_address()
    glyphs = _glyphs()
    number = len(glyphs) if pool is None else st.session_state.get(_SENT, 0)
    left, right = st.columns([1.4, 1], gap="medium")
    with left:
        painter(
            _paper().image,
            _paper().known_mask,
            whole=True,
            label=f"Sign no. {number + 1}",
            key=_painter_key(number, pool),
        )
    with right:
        if pool is None:
            _keep_alone(glyphs)
        else:
            st.button(
                "Put it on the pile", on_click=_send, args=(pool,), key="send", type="primary"
            )
            own_pool.pile(pool, _ENOUGH)


def _keep_alone(glyphs: list[NDArray[np.uint8]]) -> None:
    """What to draw, how often, and the buttons; the way to draw together."""
    missing = max(0, _WANTED - len(glyphs))
    st.markdown(
        f"Invent a sign, and draw it **{_WANTED} times**, never quite alike. The network will "
        "learn to draw it. " + (f"**{missing} to go.**" if missing else "That is enough.")
    )
    st.button("Keep it", on_click=_keep_glyph, key="keep-glyph", type="primary")
    if glyphs:
        st.button("Take the last one back", on_click=_drop_glyph, key="drop-glyph")
    if 0 < len(glyphs) < _ENOUGH:
        st.caption(f"From {_ENOUGH} on you can train.")
    if not glyphs:
        own_pool.offer()


def _paper() -> Drawing:
    blank = np.zeros((_PAPER_SIZE, _PAPER_SIZE), np.uint8)
    return Drawing(blank, np.ones_like(blank, dtype=bool))


def _painter_key(number: int, pool: Pool | None) -> str:
    """A new painter for each sign, so that each begins on blank paper."""
    return f"glyph-{number}" if pool is None else f"pool-{pool.code}-{number}"


def _drawn(number: int, pool: Pool | None = None) -> NDArray[np.uint8]:
    """What is on the paper: uint8, 255 for ink."""
    drawing = drawing_now(_paper(), levels=2, revision=0, key=_painter_key(number, pool))
    return drawing.image * np.uint8(255)


def _send(pool: Pool) -> None:
    """Put what is on the paper on the class's pile."""
    number = st.session_state.get(_SENT, 0)
    if own_pool.add(pool, _drawn(number, pool)):
        st.session_state[_SENT] = number + 1


def _glyphs() -> list[NDArray[np.uint8]]:
    """The signs drawn in this session; at first those that the address names."""
    if "glyphs" not in st.session_state:
        root = own_sheet.root_in_address()
        known = [] if root is None else own_sheet.pictures(str(root))[0].greys[:, 0]
        st.session_state.glyphs = [
            picture for picture in known if picture.shape == (_PAPER_SIZE, _PAPER_SIZE)
        ]
    glyphs: list[NDArray[np.uint8]] = st.session_state.glyphs
    return glyphs


def _keep_glyph() -> None:
    glyphs = _glyphs()
    drawn = _drawn(len(glyphs))
    if not drawn.any():
        st.session_state["own"] = "There is no ink on the paper yet. Draw the sign first."
        return
    glyphs.append(drawn)
    _keep_glyphs()


def _drop_glyph() -> None:
    _glyphs().pop()
    _keep_glyphs()


def _keep_glyphs() -> None:
    from pixelcnn.pictures.sets import drawings

    glyphs = _glyphs()
    st.query_params.pop("own", None)
    if len(glyphs) >= _ENOUGH:
        images = drawings(np.stack(glyphs)[:, None], np.zeros(len(glyphs), np.int64))
        own_sheet.keep(images, shift=2)
