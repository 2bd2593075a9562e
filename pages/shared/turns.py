"""Queues for slow work, so that thirty sessions do not slow each other down; superseded work is
dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import streamlit as st

from pages.shared.streamlit_private import drop_if_superseded, session_id
from pixelcnn.system.devices import usable_cores
from pixelcnn.system.plain_text import plain
from pixelcnn.teaching.fair_queue import BusyError, Superseded, WorkQueue

P, T = ParamSpec("P"), TypeVar("T")


@contextmanager
def long_turn(progress: object = None) -> Iterator[None]:
    """A turn for work of more than a moment, such as a film or particles.

    Args:
        progress: a `common.ProgressBar`, or whatever else has a method `wait` that is told, in
            words, how many others come first.

    Raises:
        BusyError: too many are waiting.
    """
    with _turn(_long(), progress):
        yield


@contextmanager
def reading_turn(progress: object = None) -> Iterator[None]:
    """A turn for reading a set of uploaded files, which may take a minute; a queue of its own, so
    that films do not wait behind it.

    Args and errors are those of `long_turn`.
    """
    with _turn(_reading(), progress):
        yield


@contextmanager
def short_turn() -> Iterator[None]:
    """A turn for work of less than a moment, such as the endings that follow a pen.

    Raises:
        BusyError: too many are waiting.
    """
    with _turn(_short(), None):
        yield


def short_job(work: Callable[P, T]) -> Callable[P, T]:
    """Run work of a few tenths of a second in the short queue, so that few threads share Python.

    Put it below the cache's decorator, so that cached results do not wait. The work must not call
    other queued work. If too many are waiting, the page shows an error and ends there.
    """
    return _in_turn_at(_short, work)


def slow_job(work: Callable[P, T]) -> Callable[P, T]:
    """The same for work of up to some seconds, in its own queue, so that short work does not wait
    behind it."""
    return _in_turn_at(_slow, work)


def _in_turn_at(queue: Callable[[], WorkQueue], work: Callable[P, T]) -> Callable[P, T]:
    @wraps(work)
    def in_turn(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with _turn(queue(), None):
                return work(*args, **kwargs)
        except BusyError as error:
            st.error(plain(error))
            st.stop()

    return in_turn


@st.cache_resource(show_spinner=False)
def _long() -> WorkQueue:
    return WorkQueue(max(1, usable_cores() - 1))


@st.cache_resource(show_spinner=False)
def _reading() -> WorkQueue:
    return WorkQueue(1)


@st.cache_resource(show_spinner=False)
def _slow() -> WorkQueue:
    return WorkQueue(1, places=256)  # mostly Python, which runs one thread at a time anyway


@st.cache_resource(show_spinner=False)
def _short() -> WorkQueue:
    return WorkQueue(usable_cores(), places=256, patience_s=30.0)


@contextmanager
def _turn(queue: WorkQueue, progress: object) -> Iterator[None]:
    tell = getattr(progress, "wait", None)

    def waiting(before: int) -> None:
        drop_if_superseded()
        if tell is not None:
            others = "1 other request is" if before == 1 else f"{before} other requests are"
            tell("You are next ..." if before < 1 else f"{others} ahead of you ...")

    try:
        with queue.turn(session_id(), waiting):
            yield
    except Superseded:  # by the same session, which has opened another page
        st.stop()
