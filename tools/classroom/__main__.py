"""`python -m tools.classroom OPTIONS`, for `python -m pixelcnn bench classroom`: see there."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pixelcnn.cli.bench.classroom import BenchClassroom
from pixelcnn.recipes.config import RunConfig
from pixelcnn.recipes.live import live_presets
from pixelcnn.runs.store import start_run
from pixelcnn.system.output import save_json
from pixelcnn.teaching.serving import TRAININGS_LAST, Server
from tools.classroom.lesson import Outcome, figures, first_page, let_monkeys_play, teach, visit

_REACTIONS = ("all", "react")
_REACTION_S = 1.0
_MB_A_SESSION = 20.0
_FIRST_PAGE_S = 2.0
_MONKEYS = 3
_READY_S = 30.0


def serve_class(options: BenchClassroom) -> int:
    """Serve, teach, print and write; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="pixelcnn-class-") as folder:
        return _serve(options, Path(folder))


def _serve(options: BenchClassroom, folder: Path) -> int:

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
        run = start_run(folder / "runs", _training(options)) if options.train else None
        try:
            report, errors = _measure(options, server, run.id if run else "")
        finally:
            if run is not None:
                run.control("stop")
    errors += _tracebacks(log)
    if errors:
        kept = options.output.with_suffix(".log")
        shutil.copy(log, kept)
        _say(f"What the server wrote is in {kept}.")
    report |= {"first_page_s": first, "errors": errors}
    save_json(options.output, report)
    for error in errors:
        print(f"ERROR  {error}")
    passed = report.get("passed", True) and first <= _FIRST_PAGE_S
    return 0 if passed and not errors else 1


def _measure(options: BenchClassroom, server: Server, run: str) -> tuple[dict[str, Any], list[str]]:

    report: dict[str, Any] = {"options": {**asdict(options), "output": str(options.output)}}
    _say("The first visit of each page ...")
    errors = asyncio.run(visit(server.address))
    if options.alone:
        _say(f"One student alone, for {options.alone:g} s ...")
        one = _teach(options, server, run, 1, options.alone)
        errors += one.errors
        report["alone"] = [asdict(row) for row in figures(one.rows)]
    if options.minutes:
        _say(f"{options.students} students, for {options.minutes:g} min ...")
        outcome = _teach(options, server, run, options.students, 60 * options.minutes)
        errors += outcome.errors
        report |= _tell(options, outcome, report.get("alone", []))
    if options.monkey:
        _say(f"Random clicks, for {options.monkey:g} min ...")
        playing = let_monkeys_play(
            server, monkeys=_MONKEYS, seconds=60 * options.monkey, seed=options.seed
        )
        done, wrong = asyncio.run(playing)
        errors += wrong
        report["monkey_actions"] = done
        print(f"{done} random actions by {_MONKEYS} monkeys, {len(wrong)} errors")
    return report, errors


def _teach(
    options: BenchClassroom, server: Server, run: str, students: int, seconds: float
) -> Outcome:

    return asyncio.run(
        teach(
            server,
            students=students,
            seconds=seconds,
            seed=options.seed,
            pause_s=options.pause if students > 1 else (0.2, 0.5),
            arrive_s=options.arrive,
            run=run,
        )
    )


def _tell(options: BenchClassroom, outcome: Outcome, alone: list[dict[str, Any]]) -> dict[str, Any]:
    """Print the table and the verdicts; gives them for the report."""
    before = {(row["page"], row["action"]): row["median_s"] for row in alone}
    rows = figures(outcome.rows)
    print(
        f"{'page':<12}{'action':<9}{'count':>6}{'median ms':>11}{'95 % ms':>9}{'max ms':>8}"
        f"{'x alone':>9}"
    )
    for row in rows:
        quiet = before.get((row.page, row.action))
        ratio = f"{row.median_s / quiet:>9.1f}" if quiet else f"{'':>9}"
        times = f"{1000 * row.median_s:>11.0f}{1000 * row.p95_s:>9.0f}"
        print(
            f"{row.page:<12}{row.action:<9}{row.count:>6}{times}{1000 * row.slowest_s:>8.0f}{ratio}"
        )
    reaction = next((row.p95_s for row in rows if (row.page, row.action) == _REACTIONS), 0.0)
    memory = outcome.mb_a_session(options.students)
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


def _training(options: BenchClassroom) -> RunConfig:
    """A training that lasts longer than the class."""

    config = next(iter(live_presets().values())).config
    seconds = 60 * (options.minutes + options.monkey) + options.alone + _READY_S
    return replace(config, train=replace(config.train, seconds=max(seconds, 1.0)))


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


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    given |= {"output": Path(given["output"]), "pause": tuple(given["pause"])}
    sys.exit(serve_class(BenchClassroom(**given)))
