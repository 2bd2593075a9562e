"""Fair queue of runs: at most `most_runs()` train at once, and one of each browser.

A waiting run has a ticket: an empty file in `<root>/.queue`, whose name starts with the time. The
next to start is a run of the browser that was not served for the longest time; `served.json` there
has the order in which browsers were served. No process keeps the queue: any page that is viewed and
any run that ends starts the next runs if there is room, so the queue outlives the server.
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import replace
from pathlib import Path

from pixelcnn.errors import ConfigError, LabError, RunError
from pixelcnn.runs.directory import Run
from pixelcnn.runs.store import Starter, launch as launch_now, list_runs
from pixelcnn.system.atomic_files import RunLock, atomic_write
from pixelcnn.system.checks import is_whole
from pixelcnn.system.devices import usable_cores

_FOLDER = ".queue"
_AT_WORK = ("queued", "starting", "running")
# Active runs are among the newest.
_LOOKED_AT = 60
_TICKET = re.compile(r"[0-9]{20}-[0-9a-f-]+")
_MOST_OF_ONE = 3
_REMEMBERED = 1000  # browsers whose last turn is known

Owners = dict[str, int]
"""The number of the last turn of each owner; a run without an owner is its own."""


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
    # A clock that was set back must not put a new run before older ones.
    last = max((int(ticket.name[:20]) for ticket in _tickets(run.path.parent)), default=0)
    (folder / f"{max(time.time_ns(), last + 1):020d}-{run.id}").touch()
    advance(run.path.parent, starter=starter)


def check_room(root: Path, owner: str, count: int = 1) -> None:
    """Raise unless a browser may queue `count` runs more.

    It has at most three at a time: one that trains, and two that wait. An experiment's trainings
    are one request and may be more, if no others of this browser are active.

    Raises:
        RunError: it has too many.
    """
    active = 0
    for run in list_runs(root)[:_LOOKED_AT]:
        try:
            active += run.owner == owner and run.status().active
        except LabError:  # deleted meanwhile, or damaged
            continue
    if active and active + count > _MOST_OF_ONE:
        raise RunError(
            f"You have {active} trainings that run, wait or pause, and {_MOST_OF_ONE} is the most "
            "for each student. Stop one, or wait until one ends."
        )


def clear(root: Path) -> int:
    """Stop all waiting runs; returns their number."""
    return sum(withdraw(Run(root / ticket.name[21:])) for ticket in _tickets(root))


def waiting(root: Path) -> int:
    """The number of waiting runs."""
    return len(_tickets(root))


def position(run: Run) -> int | None:
    """The number of runs ahead of this one; None if it is not queued."""
    order = [waiting.id for waiting, _ in _in_order(run.path.parent)]
    return order.index(run.id) if run.id in order else None


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
        room, training = most_runs() - _at_work(root), _in_training(root)
        for run, ticket in _in_order(root):
            if room <= 0:
                break
            if _owner(run) in training:
                continue
            ticket.unlink(missing_ok=True)
            if (run.path / "config.json").is_file():  # not deleted meanwhile
                launch_now(run, starter)
                training.append(_owner(run))
                room -= 1
                _note_turn(root, _owner(run))
    finally:
        lock.release()


def _at_work(root: Path) -> int:
    """The number of runs that train or start; paused ones use no processor time."""
    return len(_in_training(root))


def _in_training(root: Path) -> list[str]:
    """The owners of those runs."""
    waiting = {ticket.name[21:] for ticket in _tickets(root)}
    owners = []
    for run in list_runs(root)[:_LOOKED_AT]:
        try:
            if run.id not in waiting and run.status().state in _AT_WORK:
                owners.append(_owner(run))
        except LabError:  # deleted meanwhile, or damaged
            continue
    return owners


def _owner(run: Run) -> str:
    return run.owner or run.id


def _in_order(root: Path) -> list[tuple[Run, Path]]:
    """All waiting runs with their tickets, in the order in which they start."""
    left = [(Run(root / ticket.name[21:]), ticket) for ticket in _tickets(root)]
    served, order = _served(root), []
    turn = max(served.values(), default=0)
    while left:
        following = min(left, key=lambda pair: (served.get(_owner(pair[0]), 0), pair[1].name))
        left.remove(following)
        order.append(following)
        turn += 1
        served[_owner(following[0])] = turn
    return order


def _served(root: Path) -> Owners:
    try:
        stored = json.loads((root / _FOLDER / "served.json").read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {owner: turn for owner, turn in stored.items() if is_whole(turn, 0)}


def _note_turn(root: Path, owner: str) -> None:
    served = _served(root)
    served[owner] = max(served.values(), default=0) + 1
    latest = sorted(served, key=served.__getitem__)[-_REMEMBERED:]
    content = json.dumps({name: served[name] for name in latest}).encode()
    atomic_write(root / _FOLDER / "served.json", content, durable=False)


def _tickets(root: Path) -> list[Path]:
    """All tickets, oldest first."""
    folder = root / _FOLDER
    if not folder.is_dir():
        return []
    return sorted(ticket for ticket in folder.iterdir() if _TICKET.fullmatch(ticket.name))


def _lock_path(root: Path) -> Path:
    return root / _FOLDER / "lock"
