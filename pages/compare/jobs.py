"""Background jobs that survive reruns: one at a time, shared by all sessions.

Streamlit aborts a script run when the user touches a control. A job continues; the page polls it.
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
    """A generator that runs in the background.

    Attributes:
        latest: the last value it yielded; None before the first.
        error: the reason of a failure; empty if there was none.
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
        return self._ended.is_set()

    def wait(self) -> None:
        """Block until the job has ended."""
        self._ended.wait()

    def run(self, steps: Callable[[], Iterator[T]]) -> None:
        """Run the generator to its end, keeping the latest value."""
        try:
            for self.latest in steps():
                if ending():
                    break
        except LabError as error:
            self.error = str(error)
        except Exception:
            # During shutdown a job may fail harmlessly.
            if not ending():
                logging.getLogger(__name__).exception("A job of the page Compare failed.")
            self.error = "This failed unexpectedly; the server's log has the details."
        self._ended.set()


def ending() -> bool:
    """Whether the interpreter is shutting down: no new thread can start, and jobs should stop."""
    try:
        with ThreadPoolExecutor(max_workers=1) as probe:
            probe.submit(int)
    except RuntimeError:
        return True
    return False


class Jobs:
    """All jobs of the server by key; the least recently used are forgotten."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Job[Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compare")

    def start(self, key: Hashable, steps: Callable[[], Iterator[T]]) -> Job[T]:
        """The job for a key, started if it is new."""
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
        """The job for a key, if it was started."""
        with self._lock:
            return self._known.get(key)

    def wait(self) -> None:
        """Block until every job has ended."""
        with self._lock:
            started = list(self._known.values())
        for job in started:
            job.wait()


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    return Jobs()
