"""Where a run stands, as its process last wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["queued", "starting", "running", "paused", "finished", "stopped", "failed"]


_ACTIVE = ("queued", "starting", "running", "paused")


@dataclass(frozen=True)
class RunStatus:
    """Where a run stands.

    Attributes:
        state: queued (waits for its turn or for a process), starting (loads data and model),
            running, paused, finished (budget used up), stopped (on request) or failed.
        message: for a failure, what happened and what to do.
        step: steps taken.
        progress: share of the budget used up, 0 to 1.
        elapsed_s: seconds of training work so far.
        images_per_second: training speed.
        device: what it runs on, such as `cpu, bfloat16`.
        memory_mb: the most main memory that the process has used so far, or on a graphics card
            the most of its memory, in millions of bytes; None where it cannot be told.
        pid: process number, for people.
        updated: when this was written, in seconds since 1970.
    """

    state: State
    message: str = ""
    step: int = 0
    progress: float = 0.0
    elapsed_s: float = 0.0
    images_per_second: float | None = None
    device: str = ""
    memory_mb: float | None = None
    pid: int | None = None
    updated: float = 0.0

    @property
    def active(self) -> bool:
        """Whether there is, or is about to be, a process at work."""
        return self.state in _ACTIVE
