"""A fair, bounded queue for jobs that keep a processor busy.

Thirty students share two cores. A few jobs run at a time, since interleaving all of them would
finish all of them late. Jobs are ordered by when their session was last served, so one impatient
user cannot starve the rest.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pixelcnn.errors import LabError

_LOOK_S = 0.1
_REMEMBERED = 1000  # sessions whose last turn is known


class BusyError(LabError):
    """Too many jobs are waiting, or the wait took too long."""


class Superseded(Exception):
    """A newer job of the same session replaced this one."""


@dataclass(eq=False)
class _Ticket:
    session: Hashable
    number: int
    replaced: bool = False


class WorkQueue:
    """Runs a few jobs at a time. Thread-safe.

    Args:
        slots: jobs that run at once.
        places: jobs that may wait.
        patience_s: longest wait, in seconds.
    """

    def __init__(self, slots: int, *, places: int = 64, patience_s: float = 120.0) -> None:
        self._slots, self._places, self._patience_s = slots, places, patience_s
        self._changed = threading.Condition()
        self._running = 0
        self._waiting: list[_Ticket] = []
        self._served: OrderedDict[Hashable, int] = OrderedDict()
        self._count = itertools.count(1)

    @contextmanager
    def turn(
        self, session: Hashable, waiting: Callable[[int], None] | None = None
    ) -> Iterator[None]:
        """Wait for a turn; it lasts as long as the `with` statement.

        Replaces an older waiting job of the same session.

        Args:
            session: the session.
            waiting: called several times a second with the number of jobs ahead. An exception from
                it ends the wait.

        Raises:
            BusyError: too many jobs are waiting, or the wait took too long.
            Superseded: a newer job of the same session replaced this one.
        """
        ticket = self._queue_up(session)
        try:
            self._wait(ticket, waiting)
        except BaseException:
            self._leave(ticket)
            raise
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _queue_up(self, session: Hashable) -> _Ticket:
        with self._changed:
            older = next((ticket for ticket in self._waiting if ticket.session == session), None)
            if older is None and len(self._waiting) >= self._places:
                raise BusyError(
                    f"This computer is busy: {len(self._waiting)} other requests are waiting. "
                    "Wait a moment, then try again."
                )
            ticket = _Ticket(session, next(self._count) if older is None else older.number)
            if older is not None:
                older.replaced = True
                self._waiting.remove(older)
            self._waiting.append(ticket)
            self._changed.notify_all()
            return ticket

    def _wait(self, ticket: _Ticket, waiting: Callable[[int], None] | None) -> None:
        give_up = time.monotonic() + self._patience_s
        while True:
            with self._changed:
                if ticket.replaced:
                    raise Superseded
                before = self._before(ticket)
                if not before and self._running < self._slots:
                    self._begin(ticket)
                    return
                self._changed.wait(_LOOK_S)
                before = self._before(ticket)
            if time.monotonic() > give_up:
                raise BusyError(
                    f"This computer is too busy: {before} other requests are still ahead of yours. "
                    "Try again in a minute."
                )
            if waiting is not None:
                waiting(before)

    def _before(self, ticket: _Ticket) -> int:
        """The number of jobs ahead of this one."""
        return sum(self._rank(other) < self._rank(ticket) for other in self._waiting)

    def _rank(self, ticket: _Ticket) -> tuple[int, int]:
        return self._served.get(ticket.session, 0), ticket.number

    def _begin(self, ticket: _Ticket) -> None:
        self._waiting.remove(ticket)
        self._running += 1
        self._served[ticket.session] = next(self._count)
        self._served.move_to_end(ticket.session)
        while len(self._served) > _REMEMBERED:
            self._served.popitem(last=False)
        self._changed.notify_all()

    def _leave(self, ticket: _Ticket) -> None:
        with self._changed:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            self._changed.notify_all()
