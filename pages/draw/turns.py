"""Taking turns with the model: keep an ending or its next row, and preview the next row."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.draw.methods import Options
from pages.draw.start import start_with
from pages.shared.loaded import loaded
from pixelcnn.completion.completions import Completions
from pixelcnn.completion.next_row import NextRows, next_rows
from widgets.painter.widget import Drawing

POSSIBLE_ROWS = 50


def with_next_row(drawing: Drawing, ending: NDArray[np.uint8]) -> Drawing:
    """The drawing with its first incomplete row taken from an ending, uint8 (H, W)."""
    known = drawing.known_mask.copy()
    known[int((~known).any(axis=1).argmax())] = True
    return Drawing(ending, known)


def keep_buttons(drawing: Drawing, done: Completions, chosen: int | None) -> None:
    """The buttons below the endings; `chosen` is the index of the selected ending."""
    if drawing.known_mask.all():
        return
    if chosen is None:
        st.markdown("**Click an ending** to keep it, or only its next row.")
        return
    ending = done.images[chosen, 0].numpy()
    whole = Drawing(ending, np.ones(ending.shape, bool))
    with st.container(horizontal=True, gap="small", key="keep"):
        st.button("Keep its next row", on_click=start_with, args=(with_next_row(drawing, ending),))
        st.button(
            "Keep this ending",
            on_click=start_with,
            args=(whole,),
            help="It becomes the drawing. *Undo* below the paper takes it back.",
        )


def next_row_here(model: str, drawing: Drawing, options: Options) -> NDArray[np.float32]:
    """Share of ink at each pixel of the next row: (H, W), 0 to 1."""
    rows = _next_rows(model, drawing.image, drawing.known_mask, options.label, options.seed)
    faint = np.zeros(drawing.image.shape, np.float32)
    if rows is not None:
        faint[rows.row] = rows.mean[0].numpy()
    return faint


def choose_next_row() -> bool:
    """The toggle below the painter, kept in the URL: whether to preview the next row."""
    return st.toggle(
        "What would it do here?",
        key="next",
        bind="query-params",
        help=f"Draws the next row {POSSIBLE_ROWS} times. The darker the green, the more often "
        "there is ink.",
    )


@st.cache_data(show_spinner=False, max_entries=256)
def _next_rows(
    model: str,
    image: NDArray[np.uint8],
    known_mask: NDArray[np.bool_],
    label: int | None,
    seed: int,
) -> NextRows | None:
    one = loaded(model)
    return next_rows(
        one.model,
        image,
        known_mask,
        POSSIBLE_ROWS,
        label=label,
        seed=seed,
        engine=one.engine,
        reader=one.reader,
    )
