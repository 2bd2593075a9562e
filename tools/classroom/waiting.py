"""How long a session waits for the server: until the run that answers it is complete."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

COMPLETE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass(frozen=True)
class Reaction:
    """How long the server took.

    Attributes:
        first_s: seconds until the first element came.
        seconds: until the page was complete.
    """

    first_s: float
    seconds: float


@dataclass
class Waiting:
    """What is waited for: the end of the first run of this part that began after `sent`.

    A run of the whole page counts for every part; that of another part, which looks again at its
    own times, for none.

    Where such another run is due when this one ends, Streamlit reports this one as cut short by it,
    or not at all. The run that follows tells: one of another part cuts nothing short, so this one
    was complete.

    Attributes:
        sent: when the request was sent, by `time.perf_counter`.
        fragment: the part that was asked for; "" for the whole page.
        done: how long it took, once it is known.
    """

    sent: float
    fragment: str
    done: asyncio.Future[Reaction]

    _began: bool = False
    _first: float | None = None
    _cut_short: float | None = None

    def begin(self, fragments: tuple[str, ...]) -> None:
        """A run of these parts begins, or of the whole page if there are none."""
        awaited = not fragments or self.fragment in fragments
        if self._began and not awaited:
            self._finish(self._cut_short or time.perf_counter())
        self._began, self._cut_short = awaited, None

    def show(self) -> None:
        """An element came."""
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
        """It cannot end any more."""
        if not self.done.done():
            self.done.set_exception(problem)

    def _finish(self, now: float) -> None:
        first = now if self._first is None else self._first
        if not self.done.done():
            self.done.set_result(Reaction(first - self.sent, now - self.sent))
