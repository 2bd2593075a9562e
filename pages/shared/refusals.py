"""Errors of callbacks, shown on the page at the next run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pixelcnn.system.plain_text import plain


@contextmanager
def refusing(place: str = "refused") -> Iterator[None]:
    """Keep a `LabError` for `tell_refusal`: a callback cannot write on the page."""
    from pixelcnn.errors import LabError

    try:
        yield
    except LabError as error:
        st.session_state[place] = str(error)


def tell_refusal(place: str = "refused") -> None:
    """Show a kept error once."""
    if error := st.session_state.pop(place, None):
        st.error(plain(error))
