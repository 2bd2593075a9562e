"""Seconds of training work, excluding the time that the consumer of the events takes."""

from __future__ import annotations

import time


class Clock:
    """Adds up the seconds spent inside its `with` blocks."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._total = seconds
        self._started: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds so far, including a block that is still open."""
        running = 0.0 if self._started is None else time.perf_counter() - self._started
        return self._total + running

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._total, self._started = self.seconds, None
