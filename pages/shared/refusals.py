"""What was refused in a callback, told on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    pass


@contextmanager
def refusing(place: str = "refused") -> Iterator[None]:
    """Keep an error of the lab for `tell_refusal`: a callback has no place on the page."""
    from pixelcnn.errors import LabError

    try:
        yield
    except LabError as error:
        st.session_state[place] = str(error)


def tell_refusal(place: str = "refused") -> None:
    """Say once what was refused, and why."""
    if error := st.session_state.pop(place, None):
        st.error(error)
