"""The training launcher of this server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.owner import this_browser

if TYPE_CHECKING:
    from pixelcnn.runs.launcher import Launcher


@st.cache_resource(show_spinner=False)
def launcher() -> Launcher:
    """Keeps one idle training process ready for the whole server."""
    from pixelcnn.runs.launcher import Launcher

    return Launcher()


@contextmanager
def starting(count: int = 1) -> Iterator[None]:
    """Hold this while trainings are created and queued, so that no two tabs pass one limit.

    Raises:
        RunError: this browser has too many trainings already.
    """
    from pixelcnn.runs.queue import check_room
    from pixelcnn.runs.store import runs_root

    with _one_at_a_time():
        check_room(runs_root(), this_browser(), count)
        yield


@st.cache_resource(show_spinner=False)
def _one_at_a_time() -> threading.Lock:
    return threading.Lock()


def let_next_begin() -> None:
    """Start the runs whose turn it is."""
    from pixelcnn.runs.queue import advance
    from pixelcnn.runs.store import runs_root

    advance(runs_root(), starter=launcher())
