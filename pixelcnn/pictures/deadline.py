"""When the reading of a set has to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from pixelcnn.errors import DataError


class Deadline:
    """So many seconds from now; or earlier, once nobody waits for the result.

    Args:
        seconds: until the end.
        look: called by each `check` of the thread that made this; its exceptions end the reading.
    """

    def __init__(self, seconds: float, look: Callable[[], None] | None = None) -> None:
        self._look, self._thread = look, threading.get_ident()
        self._seconds = seconds
        self._end = time.monotonic() + seconds
        self._cancelled = False

    def cancel(self) -> None:
        """End now."""
        self._cancelled = True

    def check(self) -> None:
        """Raise `DataError` if the time is over."""
        if self._look is not None and threading.get_ident() == self._thread:
            self._look()
        if self._cancelled or time.monotonic() >= self._end:
            raise DataError(f"reading the set took more than {self._seconds:.0f} seconds")
