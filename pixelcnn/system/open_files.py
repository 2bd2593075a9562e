"""The number of files and connections that a process may have open at once."""

from __future__ import annotations

import contextlib
import math
import sys

_WANTED = 65_536
# Of a browser: its connection, up to six that fetch files, and three of Streamlit's session.
_OF_A_BROWSER = 10
_OF_THE_SERVER = 60  # and its trainings
_A_CLASS = 60


def raise_limit() -> float:
    """Raise the limit as far as the system allows; returns it, infinity if there is none."""
    if sys.platform == "win32":
        return math.inf
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return math.inf if soft == resource.RLIM_INFINITY else soft


def browsers_for(limit: float) -> float:
    """The number of browsers that a server with this limit can serve at once."""
    return math.inf if math.isinf(limit) else max(0, (limit - _OF_THE_SERVER) // _OF_A_BROWSER)


def warning_for(limit: float) -> str:
    """What a low limit means for a class; empty if there is room."""
    browsers = browsers_for(limit)
    if browsers >= _A_CLASS:
        return ""
    return (
        f"The system allows {limit:.0f} open files: room for about {browsers:.0f} browsers "
        "at once. For more, raise the limit first: ulimit -Hn 4096 as root, or ask who runs this "
        "computer."
    )
