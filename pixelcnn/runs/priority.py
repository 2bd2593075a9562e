"""How far a training gives way to whatever else the computer does."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

AS_A_SESSION = "PIXELCNN_SESSION_NICENESS"
"""The environment variable with which a server for a class lets its trainings give way further."""

_NICENESS = 5
_AUTOGROUP = Path("/proc/self/autogroup")


def lower_priority() -> None:
    """Let others come first: this process, and its session where `AS_A_SESSION` says how far.

    Linux may share the processors out among sessions first, and a training is one of its own: its
    niceness as a process then counts for nothing.
    """
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    if niceness := os.environ.get(AS_A_SESSION):
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(niceness)
