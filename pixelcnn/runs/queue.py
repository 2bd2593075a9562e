"""Whose turn is it? So many runs train at a time, and the others wait in the order of asking.

A waiting run has a ticket: an empty file in `<root>/.queue`, whose name starts with the time. There
is no process that keeps the queue. Whoever sees that there may be room (a page that is looked at, a
run that ends) lets the next ones begin, so a queue outlives the server.
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
# Runs that may be at work are among the newest.
_LOOKED_AT = 60


def most_runs() -> int:
    """How many runs train at a time: the environment's PIXELCNN_MAX_RUNS, or one for each core,
    and two at least, so that two can be compared.

    Raises:
        ConfigError: PIXELCNN_MAX_RUNS is no number of runs.
    """
    wanted = os.environ.get("PIXELCNN_MAX_RUNS")
    if not wanted:
        return max(2, usable_cores())
    if not wanted.isascii() or not wanted.isdigit() or not 1 <= int(wanted) <= 1000:
        raise ConfigError(f"PIXELCNN_MAX_RUNS = {wanted!r} is not a number from 1 to 1000.")
    return int(wanted)


def enqueue(run: Run, *, starter: Starter | None = None) -> None:
    """Let a run that has no process begin when it is its turn, which may be at once."""
    folder = run.path.parent / _FOLDER
    folder.mkdir(exist_ok=True)
    (folder / f"{time.time_ns():020d}-{run.id}").touch()
    advance(run.path.parent, starter=starter)


def position(run: Run) -> int | None:
    """How many runs begin before this one; None if it does not wait for its turn."""
    waiting = [ticket.name[21:] for ticket in _tickets(run.path.parent)]
    return waiting.index(run.id) if run.id in waiting else None


def withdraw(run: Run) -> bool:
    """Take a waiting run out of the queue; False if it was not in it any more."""
    with_lock = RunLock(_lock_path(run.path.parent))
    if position(run) is None or not with_lock.acquire():
        return False
    try:
        found = [ticket for ticket in _tickets(run.path.parent) if ticket.name[21:] == run.id]
        for ticket in found:
            ticket.unlink(missing_ok=True)
        if found:
            run.write_status(replace(run.status(), state="stopped"))
        return bool(found)
    finally:
        with_lock.release()


def advance(root: Path, *, starter: Starter | None = None) -> None:
    """Let waiting runs begin while there is room. Does nothing where somebody else is at it."""
    if not _tickets(root):
        return
    lock = RunLock(_lock_path(root))
    if not lock.acquire(patience_s=0.2):
        return
    try:
        for ticket in _tickets(root)[: max(0, most_runs() - _at_work(root))]:
            run = Run(root / ticket.name[21:])
            ticket.unlink(missing_ok=True)
            if (run.path / "config.json").exists():  # not deleted while it waited
                launch_now(run, starter)
    finally:
        lock.release()


def _at_work(root: Path) -> int:
    """Runs that have a process, or are about to; one that is paused takes no time of the others."""
    waiting = {ticket.name[21:] for ticket in _tickets(root)}
    count = 0
    for run in list_runs(root)[:_LOOKED_AT]:
        try:
            count += run.id not in waiting and run.status().state in _AT_WORK
        except LabError:  # deleted meanwhile, or damaged
            continue
    return count


def _tickets(root: Path) -> list[Path]:
    """In the order in which they were drawn."""
    folder = root / _FOLDER
    return sorted(folder.glob("[0-9]*-*")) if folder.is_dir() else []


def _lock_path(root: Path) -> Path:
    return root / _FOLDER / "lock"
