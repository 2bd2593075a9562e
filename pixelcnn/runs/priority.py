"""Lowers the scheduling priority of a training process."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

AS_A_SESSION = "PIXELCNN_SESSION_NICENESS"
"""Environment variable set by a classroom server: the niceness of its trainings' sessions."""

_NICENESS = 5
_AUTOGROUP = Path("/proc/self/autogroup")


def lower_priority() -> None:
    """Lower the priority of this process, and of its session if `AS_A_SESSION` is set.

    Linux may divide the processors among sessions first; a training has a session of its own, so
    the niceness of the process alone has no effect.
    """
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    if niceness := os.environ.get(AS_A_SESSION):
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(niceness)
