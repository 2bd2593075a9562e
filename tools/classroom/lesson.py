"""Many simulated students on one server, and the measurements."""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from pixelcnn.teaching.serving import Server
from tools.classroom.browser import Browser
from tools.classroom.monkey import play
from tools.classroom.student import Row, Student
from tools.classroom.waiting import Reaction

_LOOK_S = 1.0


@dataclass(frozen=True)
class Figures:
    """Times of one kind of action on one page, in seconds; `page` is "all" for all pages."""

    page: str
    action: str
    count: int
    median_s: float
    p95_s: float
    slowest_s: float


@dataclass(frozen=True)
class Outcome:
    """The measurements of a lesson.

    Attributes:
        rows: all actions.
        errors: the errors, each once.
        memory_mb: the server's memory, each second.
        before_mb: its memory before the first student.
        processor_s: its processor time, without trainings.
    """

    rows: list[Row]
    errors: list[str]
    memory_mb: list[float]
    before_mb: float
    processor_s: float

    def mb_a_session(self, students: int) -> float:
        """Memory per student, in MB."""
        return (max(self.memory_mb) - self.before_mb) / students

    @property
    def growth_mb_a_minute(self) -> float:
        """Growth of memory in the second half, in MB per minute."""
        late = self.memory_mb[len(self.memory_mb) // 2 :]
        if len(late) < 3:
            return 0.0
        slope = statistics.linear_regression(range(len(late)), late).slope
        return slope * 60 / _LOOK_S


def figures(rows: Sequence[Row]) -> list[Figures]:
    """By page and action; then over all pages, for opening a page and for all other actions."""
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        groups[row.page, row.action].append(row.reaction.seconds)
    for row in rows:
        groups["all", "open" if row.action == "open" else "react"].append(row.reaction.seconds)
    return [_figures(page, action, taken) for (page, action), taken in sorted(groups.items())]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all values do not exceed; nan for no values."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else math.nan


def _figures(page: str, action: str, taken: list[float]) -> Figures:
    return Figures(
        page,
        action,
        len(taken),
        statistics.median(taken),
        percentile(taken, 0.95),
        max(taken),
    )


async def first_page(address: str) -> Reaction:
    """Open the first page as the first visitor of a new server."""
    async with Browser(address) as browser:
        return await browser.open()


async def visit(address: str) -> list[str]:
    """Open every page once with each model, to fill the server's caches; returns the errors."""
    async with Browser(address) as browser:
        await browser.open()
        for page in sorted(browser.pages):
            await browser.open(page)
            chosen = [box for box in browser.of_kind("selectbox") if box.proto.label == "Model"]
            for model in chosen[0].proto.options if chosen else ():
                await browser.open(page, urlencode({"model": model}))
        return browser.exceptions


async def teach(
    server: Server,
    *,
    students: int,
    seconds: float,
    seed: int,
    pause_s: tuple[float, float],
    arrive_s: float,
    run: str,
) -> Outcome:
    """Run a lesson for some seconds.

    Args:
        server: the server to visit.
        students: number of students.
        seconds: duration, from the first arrival.
        seed: of all random choices.
        pause_s: shortest and longest pause between two actions of a student, in seconds.
        arrive_s: time until all have arrived, in seconds.
        run: the training that they watch.
    """
    before, used = server.memory_mb(), server.processor_s()
    rows: list[Row] = []
    errors: list[str] = []
    memory: list[float] = [before]
    until = time.monotonic() + seconds

    async def arrive(number: int) -> None:
        await asyncio.sleep(arrive_s * number / students)
        await Student(server.address, number, seed, pause_s, run, rows, errors).attend(until)

    async def look() -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            memory.append(server.memory_mb())

    looking = asyncio.create_task(look())
    await asyncio.gather(*(arrive(number) for number in range(students)))
    looking.cancel()
    return Outcome(rows, sorted(set(errors)), memory, before, server.processor_s() - used)


async def let_monkeys_play(
    server: Server, *, monkeys: int, seconds: float, seed: int
) -> tuple[int, list[str]]:
    """Let some monkeys act at random; returns the number of actions, and the errors."""
    until = time.monotonic() + seconds
    played = await asyncio.gather(
        *(play(server.address, seed + number, until) for number in range(monkeys))
    )
    errors = {error for _, wrong in played for error in wrong}
    return sum(done for done, _ in played), sorted(errors)
