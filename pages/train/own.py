"""The user's own training pictures: uploaded files, or drawings made here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.shared.controls import one_of
from pages.shared.refusals import refusing, tell_refusal
from widgets.painter.widget import Drawing, drawing_now, painter

if TYPE_CHECKING:
    from pixelcnn.recipes.live import LivePreset

Source = Literal["lab", "mine", "drawn"]

_SOURCES: dict[Source, str] = {"lab": "digits", "mine": "files", "drawn": "drawings"}
_NAME = re.compile(r"[0-9a-f]{16}")
_PAPER_SIZE = 14
_ENOUGH, _WANTED = 5, 20
_SHOWN = 40
_FEW = 500  # fewer pictures are augmented with shifts by default


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
    root = _root()
    if root is None:
        return None
    greys, classes = _show_pictures(root)
    return own_preset(str(root), classes=classes, pictures=len(greys))


# ---------------------------------------------------------------- files


def _ask_for_files() -> None:
    from pixelcnn.data.uploads import LEAST_IMAGES, MAX_IMAGES, MAX_UPLOAD_BYTES

    st.markdown(
        f"Upload a folder or a zip file of {LEAST_IMAGES} to {MAX_IMAGES:,} pictures "
        f"({MAX_UPLOAD_BYTES // 2**20} MB at most). They become grey, square and small. If there "
        "are several folders, each folder becomes a class."
    )
    folder, archive = st.columns(2)
    folder.file_uploader(
        "A folder", accept_multiple_files="directory", key="own-folder", on_change=_take_files
    )
    archive.file_uploader(
        "Or a zip file", type=["zip"], key="own-zip", on_change=_take_files, max_upload_size=64
    )


def _take_files() -> None:
    """Read the uploaded files, or keep the error."""
    from pixelcnn.data.uploads import read_uploads

    sent: list[Any] = [*(st.session_state.get("own-folder") or [])]
    if st.session_state.get("own-zip") is not None:
        sent.append(st.session_state["own-zip"])
    if not sent:
        return
    with refusing("own"):
        st.query_params.pop("own", None)
        images = read_uploads([(file.name, file.getvalue()) for file in sent])
        _keep(images, shift=1 if len(images.greys) < _FEW else 0)


def _keep(images: Any, shift: int) -> None:
    """Store the pictures on the server, and their name in the address."""
    from pixelcnn.data.own import keep_own, pack_own

    st.query_params["own"] = keep_own(_folder(), pack_own(images, shift))


def _folder() -> Path:
    from pixelcnn.runs.store import runs_root

    return runs_root() / ".own"


def _root() -> Path | None:
    """The folder of the pictures that the address names, if there is one."""
    from pixelcnn.data.names import OWN_FILE

    name = st.query_params.get("own", "")
    root = _folder() / name
    return root if _NAME.fullmatch(name) and (root / OWN_FILE).is_file() else None


# ---------------------------------------------------------------- drawings


def _ask_for_drawings() -> None:
    glyphs = _glyphs()
    left, right = st.columns([1.4, 1], gap="medium")
    with left:
        paper = np.zeros((_PAPER_SIZE, _PAPER_SIZE), np.uint8)
        painter(
            paper,
            np.ones_like(paper, dtype=bool),
            whole=True,
            label=f"Sign no. {len(glyphs) + 1}",
            key=f"glyph-{len(glyphs)}",
        )
    with right:
        missing = max(0, _WANTED - len(glyphs))
        st.markdown(
            f"Invent a sign and draw it **{_WANTED} times**, with small variations. The network "
            "will "
            "learn to draw it. " + (f"**{missing} to go.**" if missing else "That is enough.")
        )
        st.button("Keep this one", on_click=_keep_glyph, key="keep-glyph", type="primary")
        if glyphs:
            st.button("Remove the last one", on_click=_drop_glyph, key="drop-glyph")
        if 0 < len(glyphs) < _ENOUGH:
            st.caption(f"You can train with {_ENOUGH} or more.")


def _glyphs() -> list[NDArray[np.uint8]]:
    """The signs drawn in this session; at first those that the address names."""
    if "glyphs" not in st.session_state:
        root = _root()
        known = [] if root is None else [picture[0] for picture in _pictures(str(root))[0]]
        st.session_state.glyphs = [
            picture for picture in known if picture.shape == (_PAPER_SIZE, _PAPER_SIZE)
        ]
    glyphs: list[NDArray[np.uint8]] = st.session_state.glyphs
    return glyphs


def _keep_glyph() -> None:
    glyphs = _glyphs()
    paper = np.zeros((_PAPER_SIZE, _PAPER_SIZE), np.uint8)
    start = Drawing(paper, np.ones_like(paper, dtype=bool))
    drawn = drawing_now(start, levels=2, revision=0, key=f"glyph-{len(glyphs)}").image
    if not drawn.any():
        st.session_state["own"] = "The paper is blank. Draw the sign first."
        return
    glyphs.append(drawn * np.uint8(255))
    _keep_glyphs()


def _drop_glyph() -> None:
    _glyphs().pop()
    _keep_glyphs()


def _keep_glyphs() -> None:
    from pixelcnn.data.uploads import OwnImages

    glyphs = _glyphs()
    st.query_params.pop("own", None)
    if len(glyphs) >= _ENOUGH:
        _keep(OwnImages(np.stack(glyphs)[:, None], np.zeros(len(glyphs), np.int64)), shift=2)


# ---------------------------------------------------------------- what there is


@st.cache_resource(show_spinner=False, max_entries=8)
def _pictures(root: str) -> tuple[NDArray[np.uint8], tuple[str, ...], int]:
    """All pictures of a set, the names of their classes, and their shift in pixels."""
    from pixelcnn.data.own import read_packed

    images, shift = read_packed(Path(root))
    return images.greys, images.class_names, shift


def _show_pictures(root: Path) -> tuple[NDArray[np.uint8], int]:
    """Show the pictures as the network gets them; returns them and the number of classes."""
    import torch

    from pixelcnn.data.images import sheet
    from pixelcnn.data.own import MAX_SHIFT

    greys, names, shift = _pictures(str(root))
    few = torch.from_numpy(greys[:_SHOWN])
    st.image(sheet(few, 256, columns=min(10, len(few)), scale=2), width="stretch")
    classes = f" in {len(names)} classes: {', '.join(names[:8])}" if names else ""
    st.caption(f"{len(greys):,} pictures{classes}. Every fifth is held out, not used for training.")
    st.session_state.setdefault(f"shift-{root.name}", shift)
    st.slider(
        "Also train on copies shifted by up to ... pixels",
        0,
        MAX_SHIFT,
        key=f"shift-{root.name}",
        on_change=_shift,
        args=(str(root),),
        help="Augmentation: more examples from the same pictures. Held-out pictures are not "
        "shifted.",
    )
    return greys, len(names)


def _shift(root: str) -> None:
    from pixelcnn.data.own import read_packed

    with refusing("own"):
        _keep(read_packed(Path(root))[0], st.session_state[f"shift-{Path(root).name}"])
