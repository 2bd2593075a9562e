"""The status of a run, as its process last wrote it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, get_args

State = Literal["queued", "starting", "running", "paused", "finished", "stopped", "failed"]

_MOST = 1e15
_KINDS: dict[str, tuple[type | UnionType, Any]] = {
    "message": (str, ""),
    "step": (int, 0),
    "progress": (int | float, 0.0),
    "elapsed_s": (int | float, 0.0),
    "images_per_second": (int | float | None, None),
    "device": (str, ""),
    "memory_mb": (int | float | None, None),
    "pid": (int | None, None),
    "updated": (int | float, 0.0),
}
"""The types of the fields, and values for those that are missing."""

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

    @classmethod
    def from_json(cls, content: bytes) -> RunStatus:
        """What `asdict` has written.

        Raises:
            ValueError: it is not a status, or a value has a wrong type.
        """
        values = json.loads(content)
        if not isinstance(values, dict) or values.get("state") not in get_args(State):
            raise ValueError("it names no state")
        for name, kinds in _KINDS.items():
            value = values.get(name, kinds[1])
            if isinstance(value, bool) or not isinstance(value, kinds[0]):
                raise ValueError(f"{name} has a wrong type")
            if isinstance(value, int | float) and not abs(value) < _MOST:
                raise ValueError(f"{name} is out of bounds")
        return cls(**values)

    @property
    def active(self) -> bool:
        """Whether a process is at work, or about to be."""
        return self.state in _ACTIVE
