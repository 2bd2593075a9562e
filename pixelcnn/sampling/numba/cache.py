"""Where numba keeps compiled code: in a folder of the user's, or of this process alone."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from typing import Any

import numba

_LOG = logging.getLogger(__name__)


def find_place() -> bool:
    """Let numba keep compiled code somewhere; returns whether it can.

    Numba takes the first of NUMBA_CACHE_DIR, the folder of the source, and the user's folder for
    caches that can be written to. Where there is none, the place is a new folder of this process
    and of those that it starts. Nobody else can write there: numba runs what it finds.
    """
    if _numba_finds_one():
        return True
    try:
        place = tempfile.mkdtemp(prefix="pixelcnn-numba-")
    except OSError:
        _LOG.warning(
            "No folder can be written to, not even a temporary one: each process compiles the fast "
            "sampler for itself."
        )
        return False
    _LOG.warning(
        "No folder for compiled code can be written to: the fast sampler is compiled again at each "
        "start. Set NUMBA_CACHE_DIR to a folder of your own to keep it."
    )
    options: Any = numba.config
    options.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"] = place
    atexit.register(_remove, place, os.getpid())
    return _numba_finds_one()


def _numba_finds_one() -> bool:
    try:
        numba.njit(cache=True)(_zero)
    except RuntimeError:  # "cannot cache function: no locator available"
        return False
    return True


def _remove(place: str, maker: int) -> None:
    if os.getpid() == maker:  # a forked process ends earlier
        shutil.rmtree(place, ignore_errors=True)


def _zero() -> int:
    """A function for numba to find a place for; it is never compiled."""
    return 0


KEPT = find_place()
"""What `njit` takes as `cache`."""
