"""The status of a run, as its process last wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["queued", "starting", "running", "paused", "finished", "stopped", "failed"]

_ACTIVE = ("queued", "starting", "running", "paused")


@dataclass(frozen=True)
class RunStatus:
    """The state and progress of a run.

    Attributes:
        state: queued (waits for its turn or for a process), starting (loads data and model),
            running, paused, finished (budget used up), stopped (on request) or failed.
        message: for a failure, what happened and what to do.
        step: steps taken.
        progress: share of the budget used up, 0 to 1.
        elapsed_s: seconds of training work so far.
        images_per_second: training speed.
        device: such as `cpu, bfloat16`.
        memory_mb: peak memory of the process, or of the graphics card, in millions of bytes; None
            if unknown.
        pid: process id, for display.
        updated: time of writing, in seconds since 1970.
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
        """Whether a process is at work, or about to be."""
        return self.state in _ACTIVE
