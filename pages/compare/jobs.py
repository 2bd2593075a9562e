"""Work that goes on while pages rerun: one piece after the other, shared by everybody.

A script run is dropped as soon as its viewer touches another control, and with it what it was
computing. A job goes on; the page asks it now and then how far it is.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar, cast

import streamlit as st

from pixelcnn.errors import LabError

T = TypeVar("T")
_MOST_KEPT = 64


class Job(Generic[T]):
    """A generator that is being run.

    Attributes:
        latest: what it yielded last; None before that.
        error: why it failed, in words; empty if it did not.
    """

    def __init__(self) -> None:
        self.latest: T | None = None
        self.error = ""
        self._ended = threading.Event()

    @classmethod
    def finished(cls, result: T) -> Job[T]:
        """A job whose result is known already."""
        job = cls()
        job.latest = result
        job._ended.set()
        return job

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._ended.is_set()

    def wait(self) -> None:
        """Until it has ended."""
        self._ended.wait()

    def run(self, steps: Callable[[], Iterator[T]]) -> None:
        """Take one result after the other."""
        try:
            for self.latest in steps():
                if _ending():
                    break
        except LabError as error:
            self.error = str(error)
        except Exception:
            # While the server ends, what a job needs is taken away from under it.
            if not _ending():
                logging.getLogger(__name__).exception("A job of the page Compare failed.")
            self.error = "This failed for a reason that was not foreseen; see the server's log."
        self._ended.set()


def _ending() -> bool:
    """Whether the server is about to end: then nothing new can be begun, and a job should stop."""
    try:
        with ThreadPoolExecutor(max_workers=1) as probe:
            probe.submit(int)
    except RuntimeError:
        return True
    return False


class Jobs:
    """All jobs of the server, by what they depend on; the oldest are forgotten."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Job[Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compare")

    def start(self, key: Hashable, steps: Callable[[], Iterator[T]]) -> Job[T]:
        """The job for a key, begun if it is new."""
        with self._lock:
            if key not in self._known:
                job: Job[T] = Job()
                self._known[key] = job
                self._worker.submit(job.run, steps)
            self._known.move_to_end(key)
            while len(self._known) > _MOST_KEPT:
                self._known.popitem(last=False)
            return cast("Job[T]", self._known[key])

    def known(self, key: Hashable) -> Job[Any] | None:
        """The job for a key, if it was begun."""
        with self._lock:
            return self._known.get(key)

    def wait(self) -> None:
        """Until all that was begun has ended."""
        with self._lock:
            begun = list(self._known.values())
        for job in begun:
            job.wait()


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The jobs of this server."""
    return Jobs()
