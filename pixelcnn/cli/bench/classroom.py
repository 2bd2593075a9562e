"""`python -m pixelcnn bench classroom`."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelcnn.errors import ConfigError
from pixelcnn.system.output import check_writable, save_json

if TYPE_CHECKING:
    from pixelcnn.teaching.serving import Server
    from tools.classroom.lesson import Figures, Outcome

_REACTIONS = ("all", "react")
_REACTION_S = 1.0
_MB_A_SESSION = 20.0
_FIRST_PAGE_S = 2.0
_MONKEYS = 3
_READY_S = 30.0


@dataclass(frozen=True)
class BenchClassroom:
    """Let a class of students use a server of this computer while a training runs, and time it.

    Each student is a session with a real connection: opens pages, moves controls, clicks, draws and
    samples. The status is 1 if anything failed, if the first page took more than two seconds, if
    the 95th percentile of a control's reaction is above a second, or if a session took more than
    20 MB.

    Example: python -m pixelcnn bench classroom --students 30 --minutes 10

    Attributes:
        students: how many.
        minutes: how long they stay.
        monkey: minutes of random clicking over all pages afterwards; 0 for none.
        seed: of all that chance decides.
        alone: seconds that one student has the server alone at first, to compare with; 0 for none.
        pause: least and greatest seconds between two actions of a student.
        arrive: seconds in which all students arrive.
        train: let a training run all the time.
        output: where to write the figures as JSON.
    """

    students: int = 30
    minutes: float = 2.0
    monkey: float = 0.0
    seed: int = 0
    alone: float = 30.0
    pause: tuple[float, float] = (2.0, 6.0)
    arrive: float = 10.0
    train: bool = True
    output: Path = Path("bench-classroom.json")

    def run(self) -> int:
        """Serve, teach, print and write; returns the exit status."""
        check_writable(self.output, (".json",))
        if self.students < 1:
            raise ConfigError(f"--students {self.students} is no class; give at least 1.")
        if self.minutes < 0 or self.monkey < 0:
            raise ConfigError("--minutes and --monkey may not be negative.")
        if not 0 <= self.pause[0] <= self.pause[1]:
            raise ConfigError("--pause needs the least seconds first, then the greatest.")
        with tempfile.TemporaryDirectory(prefix="pixelcnn-class-") as folder:
            return self._serve(Path(folder))

    def _serve(self, folder: Path) -> int:
        from pixelcnn.runs.store import start_run
        from pixelcnn.teaching.serving import TRAININGS_LAST, Server
        from tools.classroom.lesson import first_page

        os.environ.update(TRAININGS_LAST)  # the training is to be like one that the server starts
        log = folder / "server.log"
        with (
            log.open("w") as writing,
            Server(
                "127.0.0.1",
                _free_port(),
                log=writing,
                environment={"PIXELCNN_RUNS": str(folder / "runs")},
            ) as server,
        ):
            server.await_health()
            first = asyncio.run(first_page(server.address)).seconds
            print(f"First page of a new server: {first:.2f} s (at most {_FIRST_PAGE_S:g}).")
            run = start_run(folder / "runs", self._training()) if self.train else None
            try:
                report, errors = self._measure(server, run.id if run else "")
            finally:
                if run is not None:
                    run.control("stop")
        errors += _tracebacks(log)
        if errors:
            kept = self.output.with_suffix(".log")
            shutil.copy(log, kept)
            _say(f"What the server wrote is in {kept}.")
        report |= {"first_page_s": first, "errors": errors}
        save_json(self.output, report)
        for error in errors:
            print(f"ERROR  {error}")
        passed = report.get("passed", True) and first <= _FIRST_PAGE_S
        return 0 if passed and not errors else 1

    def _measure(self, server: Server, run: str) -> tuple[dict[str, Any], list[str]]:
        from tools.classroom.lesson import let_monkeys_play, visit

        report: dict[str, Any] = {"options": {**asdict(self), "output": str(self.output)}}
        _say("The first visit of each page ...")
        errors = asyncio.run(visit(server.address))
        if self.alone:
            _say(f"One student alone, for {self.alone:g} s ...")
            one = self._teach(server, run, 1, self.alone)
            errors += one.errors
            report["alone"] = [asdict(row) for row in _figures(one)]
        if self.minutes:
            _say(f"{self.students} students, for {self.minutes:g} min ...")
            outcome = self._teach(server, run, self.students, 60 * self.minutes)
            errors += outcome.errors
            report |= self._tell(outcome, report.get("alone", []))
        if self.monkey:
            _say(f"Random clicks, for {self.monkey:g} min ...")
            playing = let_monkeys_play(
                server, monkeys=_MONKEYS, seconds=60 * self.monkey, seed=self.seed
            )
            done, wrong = asyncio.run(playing)
            errors += wrong
            report["monkey_actions"] = done
            print(f"{done} random actions by {_MONKEYS} monkeys, {len(wrong)} errors")
        return report, errors

    def _teach(self, server: Server, run: str, students: int, seconds: float) -> Outcome:
        from tools.classroom.lesson import teach

        return asyncio.run(
            teach(
                server,
                students=students,
                seconds=seconds,
                seed=self.seed,
                pause_s=self.pause if students > 1 else (0.2, 0.5),
                arrive_s=self.arrive,
                run=run,
            )
        )

    def _tell(self, outcome: Outcome, alone: list[dict[str, Any]]) -> dict[str, Any]:
        """Print the table and the verdicts; gives them for the report."""
        before = {(row["page"], row["action"]): row["median_s"] for row in alone}
        rows = _figures(outcome)
        print(
            f"{'page':<12}{'action':<9}{'count':>6}{'median ms':>11}{'95 % ms':>9}{'max ms':>8}"
            f"{'x alone':>9}"
        )
        for row in rows:
            quiet = before.get((row.page, row.action))
            ratio = f"{row.median_s / quiet:>9.1f}" if quiet else f"{'':>9}"
            times = f"{1000 * row.median_s:>11.0f}{1000 * row.p95_s:>9.0f}"
            print(
                f"{row.page:<12}{row.action:<9}{row.count:>6}{times}"
                f"{1000 * row.slowest_s:>8.0f}{ratio}"
            )
        reaction = next((row.p95_s for row in rows if (row.page, row.action) == _REACTIONS), 0.0)
        memory = outcome.mb_a_session(self.students)
        each = outcome.processor_s / max(1, len(outcome.rows))
        print(
            f"\n95th percentile of a reaction: {reaction:.2f} s (at most {_REACTION_S:g}). "
            f"Memory: {outcome.before_mb:.0f} MB before, {max(outcome.memory_mb):.0f} MB at most, "
            f"{memory:.1f} MB a session (at most {_MB_A_SESSION:g}), growing by "
            f"{outcome.growth_mb_a_minute:.1f} MB a minute in the second half. The server used "
            f"{each:.3f} s of a processor for each of {len(outcome.rows)} actions. "
            f"{len(outcome.errors)} errors."
        )
        return {
            "class": [asdict(row) for row in rows],
            "reaction_p95_s": reaction,
            "processor_s_an_action": each,
            "memory_before_mb": outcome.before_mb,
            "memory_mb": [round(mb, 1) for mb in outcome.memory_mb],
            "mb_a_session": memory,
            "growth_mb_a_minute": outcome.growth_mb_a_minute,
            "passed": reaction <= _REACTION_S and memory <= _MB_A_SESSION,
        }

    def _training(self) -> Any:
        """A training that lasts longer than the class."""
        from pixelcnn.recipes.live import live_presets

        config = next(iter(live_presets().values())).config
        seconds = 60 * (self.minutes + self.monkey) + self.alone + _READY_S
        return replace(config, train=replace(config.train, seconds=max(seconds, 1.0)))


def _figures(outcome: Outcome) -> list[Figures]:
    from tools.classroom.lesson import figures

    return figures(outcome.rows)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tracebacks(log: Path) -> list[str]:
    """The last lines of the tracebacks in the server's log, each once."""
    found: dict[str, None] = {}
    inside = False
    for line in log.read_text(errors="replace").splitlines():
        if line.lstrip().startswith("Traceback (most recent call last)"):
            inside = True
        elif inside and line[:1].strip() and not line.startswith(("  ", "During", "The above")):
            found[f"server: {line[:300]}"] = None
            inside = False
    return list(found)
