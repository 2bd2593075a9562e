"""Short pauses of Python's garbage collector, for a server that many people use at once.

A complete collection looks at every object there is, and nothing else happens meanwhile. With
PyTorch, numba and thirty sessions loaded, that is 0.6 to 0.9 seconds several times a minute. Almost
all of these objects live as long as the server, so what one collection has found alive, the next
ones leave alone. Once a minute one is complete, for what has died since: with one in five minutes
the memory of a server with thirty students grew by 30 MB a minute.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

COMPLETE_EVERY_S = 60.0


def spare_survivors(complete_every_s: float = COMPLETE_EVERY_S) -> None:
    """Let collections be complete only this often, in seconds; once is enough.

    It changes Python for the whole process, so it is for a program to call, not for a library:
    from now on, `gc.collect` too leaves alone what has survived a collection of the last minutes.
    """
    if not any(isinstance(one, SparedSurvivors) for one in gc.callbacks):
        gc.callbacks.append(SparedSurvivors(complete_every_s))


class SparedSurvivors:
    """What the collector calls before and after each of its rounds.

    Args:
        complete_every_s: seconds between rounds that look at everything.
        clock: seconds, by whichever clock.
    """

    def __init__(
        self, complete_every_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._complete_every_s = complete_every_s
        self._clock = clock
        self._last_complete = clock()

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """See `gc.callbacks`."""
        if info["generation"] < 2:
            return
        if phase == "stop":
            gc.freeze()
        elif self._clock() - self._last_complete >= self._complete_every_s:
            self._last_complete = self._clock()
            gc.unfreeze()
