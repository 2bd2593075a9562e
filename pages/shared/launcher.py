"""The training launcher of this server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from pixelcnn.runs.launcher import Launcher


@st.cache_resource(show_spinner=False)
def launcher() -> Launcher:
    """Keeps one idle training process ready for the whole server."""
    from pixelcnn.runs.launcher import Launcher

    return Launcher()


def let_next_begin() -> None:
    """Start the runs whose turn it is."""
    from pixelcnn.runs.queue import advance
    from pixelcnn.runs.store import runs_root

    advance(runs_root(), starter=launcher())
