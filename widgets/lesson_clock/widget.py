"""A clock for a lesson: the time left at this stop, and whether the class is late."""

from __future__ import annotations

from collections.abc import Sequence

from widgets.base.component import register, show

_component = register("lesson_clock")


def lesson_clock(minutes: Sequence[int], stop: int, *, key: str) -> None:
    """Draw the clock. It runs in the browser, also during visits to other pages.

    minutes  how long each stop takes, in their order
    stop     the number of the current stop, from 1

    Raises `ValueError` if there is no such stop, or a stop takes no time.
    """
    if not 1 <= stop <= len(minutes):
        raise ValueError(f"stop = {stop} must lie between 1 and {len(minutes)}.")
    if min(minutes) <= 0:
        raise ValueError("Each stop must take more than 0 minutes.")
    show(_component, key, {"minutes": list(minutes), "stop": stop}, {})
