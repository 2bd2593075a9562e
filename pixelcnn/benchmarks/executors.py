"""The engines that run the lowered program, timed in one run, beside those of another checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pixelcnn.errors import LabError
from pixelcnn.system.shipped import PACKAGE_PARENT

EXECUTORS = ("torch", "numba", "wasm")
_SCRIPT = Path(__file__).with_name("timed_checkout.py")
_HERE = "here"


@dataclass(frozen=True)
class Task:
    """What is drawn.

    Attributes:
        images: drawn together.
        given_rows: of the top of each image.
    """

    images: int
    given_rows: int = 0

    @property
    def title(self) -> str:
        return f"{self.images} endings" if self.given_rows else f"batch {self.images}"


@dataclass(frozen=True)
class ExecutorTiming:
    """One task of one model.

    Attributes:
        model: its name.
        task: what was drawn.
        ms: by checkout and engine, such as `here wasm`: processor time in milliseconds an image,
            the least of the rounds, to which other work of the machine adds least; None if the
            engine cannot draw from the model.
    """

    model: str
    task: str
    ms: Mapping[str, float | None]


def time_executors(
    checkpoints: Sequence[Path],
    tasks: Sequence[Task],
    *,
    engines: Sequence[str] = EXECUTORS,
    rounds: int = 3,
    other: tuple[str, Path, Sequence[str]] | None = None,
) -> Iterator[ExecutorTiming]:
    """Time engines in turns, each checkout in a process of its own, on one thread.

    Args:
        checkpoints: files of models.
        tasks: what to draw from each.
        engines: of this checkout.
        rounds: timings of each, in turns; the least counts.
        other: name, folder and engines of another checkout that is timed in the same rounds.

    Raises:
        LabError: a checkout cannot be timed.
    """
    folders = {_HERE: PACKAGE_PARENT}
    asked = [(_HERE, engine) for engine in engines]
    if other is not None:
        name, folder, theirs = other
        folders[name] = folder
        asked += [(name, engine) for engine in theirs]
    with ExitStack() as stack:
        timed = {name: stack.enter_context(_start(folder)) for name, folder in folders.items()}
        for checkpoint in checkpoints:
            for task in tasks:
                found: dict[str, list[float | None]] = {}
                for _ in range(rounds):
                    for name, engine in asked:
                        ms = _ask(timed[name], checkpoint, engine, task)
                        found.setdefault(f"{name} {engine}", []).append(ms)
                least = {key: _least(times) for key, times in found.items()}
                yield ExecutorTiming(checkpoint.stem, task.title, least)


def _least(times: Sequence[float | None]) -> float | None:
    return min((ms for ms in times if ms is not None), default=None)


def _start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", str(_SCRIPT)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(process: subprocess.Popen[str], checkpoint: Path, engine: str, task: Task) -> float | None:
    assert process.stdin is not None
    assert process.stdout is not None
    question = (str(checkpoint), engine, task.images, task.given_rows)
    try:
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
    except OSError:
        answer = ""
    if not answer:
        raise LabError(f"{checkpoint.name} could not be timed with {engine}: see the error above.")
    ms: float | None = json.loads(answer)
    return ms
