"""Shorter pauses of Python's garbage collector, for a server with many sessions.

A full collection visits every object while everything else waits. With PyTorch, numba and thirty
sessions loaded, that takes 0.6 to 0.9 seconds several times a minute. Almost all of these objects
live as long as the server, so survivors of a collection are frozen, and later ones skip them. Once
a minute a collection is full: with one in five minutes, the memory of a server with thirty students
grew by 30 MB a minute.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

COMPLETE_EVERY_S = 60.0


def spare_survivors(complete_every_s: float = COMPLETE_EVERY_S) -> None:
    """Limit full collections to one per this many seconds; call once.

    Affects the whole process, so it is for programs, not for libraries: even `gc.collect` then
    skips what survived a recent collection.
    """
    if not any(isinstance(callback, SparedSurvivors) for callback in gc.callbacks):
        gc.callbacks.append(SparedSurvivors(complete_every_s))


class SparedSurvivors:
    """The callback before and after each collection.

    Args:
        complete_every_s: seconds between full collections.
        clock: returns seconds.
    """

    def __init__(
        self, complete_every_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._complete_every_s = complete_every_s
        self._clock = clock
        self._last_complete = clock()

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """As required by `gc.callbacks`."""
        if info["generation"] < 2:
            return
        if phase == "stop":
            gc.freeze()
        elif self._clock() - self._last_complete >= self._complete_every_s:
            self._last_complete = self._clock()
            gc.unfreeze()
