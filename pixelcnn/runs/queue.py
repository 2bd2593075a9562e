"""First-come, first-served queue of runs: at most `most_runs()` train at once.

A waiting run has a ticket: an empty file in `<root>/.queue`, whose name starts with the time. No
process keeps the queue: any page that is viewed and any run that ends starts the next runs if there
is room, so the queue outlives the server.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from pixelcnn.errors import ConfigError, LabError
from pixelcnn.runs.directory import Run
from pixelcnn.runs.store import Starter, launch as launch_now, list_runs
from pixelcnn.system.atomic_files import RunLock
from pixelcnn.system.devices import usable_cores

_FOLDER = ".queue"
_AT_WORK = ("queued", "starting", "running")
# Active runs are among the newest.
_LOOKED_AT = 60


def most_runs() -> int:
    """The number of runs that train at once: PIXELCNN_MAX_RUNS, or one per core and at least two.

    Raises:
        ConfigError: PIXELCNN_MAX_RUNS is not a valid number.
    """
    limit = os.environ.get("PIXELCNN_MAX_RUNS")
    if not limit:
        return max(2, usable_cores())
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit) <= 1000:
        raise ConfigError(f"PIXELCNN_MAX_RUNS = {limit!r} is not a number from 1 to 1000.")
    return int(limit)


def enqueue(run: Run, *, starter: Starter | None = None) -> None:
    """Queue a run that has no process, and start it if there is room."""
    folder = run.path.parent / _FOLDER
    folder.mkdir(exist_ok=True)
    (folder / f"{time.time_ns():020d}-{run.id}").touch()
    advance(run.path.parent, starter=starter)


def position(run: Run) -> int | None:
    """The number of runs ahead of this one; None if it is not queued."""
    waiting = [ticket.name[21:] for ticket in _tickets(run.path.parent)]
    return waiting.index(run.id) if run.id in waiting else None


def withdraw(run: Run) -> bool:
    """Take a waiting run out of the queue; False if it was not queued."""
    with_lock = RunLock(_lock_path(run.path.parent))
    if position(run) is None or not with_lock.acquire():
        return False
    try:
        tickets = [ticket for ticket in _tickets(run.path.parent) if ticket.name[21:] == run.id]
        for ticket in tickets:
            ticket.unlink(missing_ok=True)
        if tickets:
            run.write_status(replace(run.status(), state="stopped"))
        return bool(tickets)
    finally:
        with_lock.release()


def advance(root: Path, *, starter: Starter | None = None) -> None:
    """Start waiting runs while there is room. Returns at once if another process is doing so."""
    if not _tickets(root):
        return
    lock = RunLock(_lock_path(root))
    if not lock.acquire(patience_s=0.2):
        return
    try:
        for ticket in _tickets(root)[: max(0, most_runs() - _at_work(root))]:
            run = Run(root / ticket.name[21:])
            ticket.unlink(missing_ok=True)
            if (run.path / "config.json").exists():  # not deleted meanwhile
                launch_now(run, starter)
    finally:
        lock.release()


def _at_work(root: Path) -> int:
    """The number of runs that are active or starting; paused ones use no processor time."""
    waiting = {ticket.name[21:] for ticket in _tickets(root)}
    count = 0
    for run in list_runs(root)[:_LOOKED_AT]:
        try:
            count += run.id not in waiting and run.status().state in _AT_WORK
        except LabError:  # deleted meanwhile, or damaged
            continue
    return count


def _tickets(root: Path) -> list[Path]:
    """All tickets, oldest first."""
    folder = root / _FOLDER
    return sorted(folder.glob("[0-9]*-*")) if folder.is_dir() else []


def _lock_path(root: Path) -> Path:
    return root / _FOLDER / "lock"
