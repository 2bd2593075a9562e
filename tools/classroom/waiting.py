"""Measures how long the server takes until the run that answers a request is complete."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

COMPLETE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass(frozen=True)
class Reaction:
    """The reaction time of the server.

    Attributes:
        first_s: seconds until the first element.
        seconds: seconds until the page was complete.
    """

    first_s: float
    seconds: float


@dataclass
class Waiting:
    """Waits for the end of the first run of a fragment that began after `sent`.

    A run of the whole page counts for every fragment; a run of another, polling fragment does not.

    If another run is due when this one ends, Streamlit reports this one as cut short, or not at
    all. The next run decides: if it is of another fragment, this one was complete.

    Attributes:
        sent: when the request was sent, by `time.perf_counter`.
        fragment: the requested fragment; "" for the whole page.
        done: the reaction, once it is known.
    """

    sent: float
    fragment: str
    done: asyncio.Future[Reaction]

    _began: bool = False
    _first: float | None = None
    _cut_short: float | None = None

    def begin(self, fragments: tuple[str, ...]) -> None:
        """A run of these fragments begins, or of the whole page if there are none."""
        awaited = not fragments or self.fragment in fragments
        if self._began and not awaited:
            self._finish(self._cut_short or time.perf_counter())
        self._began, self._cut_short = awaited, None

    def show(self) -> None:
        """An element has arrived."""
        if self._began and self._first is None:
            self._first = time.perf_counter()

    def end(self, status: int) -> None:
        """The run ended with this `ForwardMsg.ScriptFinishedStatus`."""
        if not self._began:
            return
        if status in COMPLETE:
            self._finish(time.perf_counter())
        elif status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self._cut_short = time.perf_counter()

    def fail(self, problem: Exception) -> None:
        """The request has failed."""
        if not self.done.done():
            self.done.set_exception(problem)

    def _finish(self, now: float) -> None:
        first = now if self._first is None else self._first
        if not self.done.done():
            self.done.set_result(Reaction(first - self.sent, now - self.sent))
