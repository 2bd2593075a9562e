"""How often a page polls a training: the more sessions watch, the less often."""

from __future__ import annotations

import threading
import time

import streamlit as st

from pages.shared.streamlit_private import session_id

_USUAL_S, _SLOWEST_S = 0.5, 4.0
_LOOKS_A_SECOND = 6.0
_FORGOTTEN_S = 10.0


class Pace:
    """Counts the watching sessions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, float] = {}

    def viewers(self, viewer: str, now: float) -> int:
        """Number of watching sessions, including this one; one is gone after ten seconds."""
        with self._lock:
            self._seen[viewer] = now
            self._seen = {
                name: seen for name, seen in self._seen.items() if now - seen < _FORGOTTEN_S
            }
            return len(self._seen)


def interval(viewers: int) -> float:
    """Seconds between two polls for this many viewers, doubled as often as needed."""
    seconds = _USUAL_S
    while seconds < _SLOWEST_S and viewers / seconds > _LOOKS_A_SECOND:
        seconds *= 2
    return seconds


def next_look(mine: bool) -> float:
    """Seconds until this session polls again; `mine` if it started the run."""
    viewers = _pace().viewers(session_id(), time.monotonic())
    return _USUAL_S if mine else interval(viewers)


@st.cache_resource(show_spinner=False)
def _pace() -> Pace:
    return Pace()
