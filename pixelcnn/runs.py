"""A run is a directory: what was asked for, what happened, and what was learnt.

    <root>/<id>/
        config.json          the RunConfig
        status.json          the last word of the training process
        control              what it is asked to do: pause, resume or stop
        metrics.jsonl        a row for each report, in the order of events
        samples/step-*.npy   images drawn, uint8 (n, C, H, W)
        last.safetensors     the latest weights, and best.safetensors, the best on held-out images
        state.safetensors    everything needed to go on exactly where it stopped
        log.txt              what the training process printed
        lock                 held by the training process while it lives

Training happens in a process of its own (`pixelcnn.worker`), which is the only one that writes,
`control` excepted. Whoever wants to watch reads the directory, so a run outlives the page, the
browser and the server that started it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np

from pixelcnn.errors import ConfigError, RunError
from pixelcnn.run_config import RunConfig, RunStatus
from pixelcnn.run_files import RunLock, read_rows, to_json, write_whole

__all__ = [
    "Run",
    "RunConfig",
    "RunStatus",
    "Starter",
    "create_run",
    "find_run",
    "list_runs",
    "resume_run",
    "runs_root",
    "start_run",
    "unbroken",
]

Action = Literal["pause", "resume", "stop"]
Kept = Literal["last", "best"]

_RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")
_SAMPLE_NAME = re.compile(r"step-([0-9]+)\.npy")

# A process that has not taken the lock after this time never started.
_START_PATIENCE_S = 60.0


class Starter(Protocol):
    """Whatever can start the training process of a run; see `launcher.Launcher`."""

    def launch(self, run: Run) -> None:
        """Start the process and return at once."""
        ...


class Run:
    """Reads one run's directory, and passes on requests to its process."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).absolute()

    @property
    def id(self) -> str:
        """The directory's name."""
        return self.path.name

    @property
    def lock(self) -> RunLock:
        """The lock that the training process holds."""
        return RunLock(self.path / "lock")

    @property
    def config(self) -> RunConfig:
        """What was asked for.

        Raises:
            RunError: the directory holds no readable configuration.
        """
        try:
            return RunConfig.from_json((self.path / "config.json").read_bytes())
        except FileNotFoundError as error:
            raise RunError(f"{self.path} is no run: it has no config.json.") from error
        except ConfigError as error:
            raise RunError(f"config.json of run {self.id} cannot be used. {error}") from error

    def status(self) -> RunStatus:
        """Where the run stands; a process that is gone without a word counts as failed.

        Raises:
            RunError: the directory holds no readable status.
        """
        # Asked first: a process writes its last status before it lets go of the lock.
        alive = self.lock.is_held()
        status = self._written_status()
        if alive or not status.active:
            return status
        waiting = status.state in ("queued", "starting")
        if waiting and time.time() - status.updated < _START_PATIENCE_S:
            return status
        what = "did not start" if waiting else "ended unexpectedly"
        go_on = "Resume it to go on from the last saved step." if self.resumable else ""
        message = (
            f"The training process {what} (killed, out of memory, or a restart of the machine); "
            f"log.txt may say more. {go_on}"
        )
        return replace(status, state="failed", message=message.strip())

    def _written_status(self) -> RunStatus:
        try:
            return RunStatus(**json.loads((self.path / "status.json").read_bytes()))
        except FileNotFoundError as error:
            raise RunError(f"{self.path} is no run: it has no status.json.") from error
        except (ValueError, TypeError) as error:
            raise RunError(f"status.json of run {self.id} cannot be read: {error}.") from error

    def write_status(self, status: RunStatus) -> None:
        """Replace the status; for the training process and for whoever starts it."""
        values = asdict(status) | {"updated": time.time()}
        write_whole(self.path / "status.json", to_json(values), durable=False)

    @property
    def state_path(self) -> Path:
        """Where the state to go on from belongs."""
        return self.path / "state.safetensors"

    @property
    def resumable(self) -> bool:
        """Whether there is a saved state to go on from."""
        return self.state_path.exists()

    def metrics(self) -> list[dict[str, Any]]:
        """All rows, of one unbroken course: what a killed process did after its last save is left
        out once the run went on from there. See `new_metrics` for what rows hold."""
        rows, _ = read_rows(self.path / "metrics.jsonl")
        return unbroken(rows)

    def new_metrics(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """The rows that came after `offset`, and the next offset: for whoever looks often.

        Each row has an `event`: `step` with the numbers of `training.Step` (nats, bits_per_dim and
        gradient_norm averaged over the `steps` since the row before), `evaluated` with those of
        `training.Evaluated`, or `resumed` with the step from which the run went on (rows of
        later steps that came before it no longer count; see `unbroken`).
        """
        return read_rows(self.path / "metrics.jsonl", offset)

    def sample_steps(self) -> list[int]:
        """The steps at which images were drawn, in order."""
        directory = self.path / "samples"
        names = os.listdir(directory) if directory.is_dir() else []
        matches = (_SAMPLE_NAME.fullmatch(name) for name in names)
        return sorted(int(match[1]) for match in matches if match)

    def sample(self, step: int) -> np.ndarray:
        """The images drawn at a step: uint8 `(n, C, H, W)`.

        Raises:
            RunError: none were drawn then.
        """
        try:
            return np.load(self.sample_path(step), allow_pickle=False)
        except FileNotFoundError as error:
            raise RunError(f"Run {self.id} drew no images at step {step}.") from error

    def sample_path(self, step: int) -> Path:
        """Where the images drawn at a step belong."""
        return self.path / "samples" / f"step-{step:06d}.npy"

    def samples(self) -> list[tuple[int, np.ndarray]]:
        """All images drawn: (step, uint8 `(n, C, H, W)`), in order of steps."""
        return [(step, self.sample(step)) for step in self.sample_steps()]

    def latest_samples(self) -> tuple[int, np.ndarray] | None:
        """The images drawn last, with their step; None before the first."""
        steps = self.sample_steps()
        return (steps[-1], self.sample(steps[-1])) if steps else None

    def checkpoint(self, which: Kept = "best") -> Path:
        """The file of the best weights on held-out images, or of the last ones.

        Raises:
            RunError: none was saved yet.
            ConfigError: `which` is neither.
        """
        if which not in get_args(Kept):
            raise ConfigError(f"checkpoint {which!r} is unknown; use 'last' or 'best'.")
        path = self.path / f"{which}.safetensors"
        if not path.exists():
            raise RunError(f"Run {self.id} has saved no weights yet; wait for its first save.")
        return path

    def control(self, action: Action) -> bool:
        """Ask the training process to pause, resume or stop; it does so after its current step.

        Returns:
            Whether there is a process to hear it.

        Raises:
            ConfigError: another action.
        """
        if action not in get_args(Action):
            choices = ", ".join(map(repr, get_args(Action)))
            raise ConfigError(f"action {action!r} is unknown; use one of {choices}.")
        write_whole(self.path / "control", action.encode(), durable=False)
        return self.status().active

    def requested(self) -> str:
        """The latest request that was passed on; "" for none."""
        try:
            return (self.path / "control").read_text()
        except FileNotFoundError:
            return ""

    def log(self) -> str:
        """What the training process printed."""
        try:
            return (self.path / "log.txt").read_text(errors="replace")
        except FileNotFoundError:
            return ""


def unbroken(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without those that were overtaken because the run went on from an earlier step."""
    kept: list[dict[str, Any]] = []
    for row in rows:
        if row.get("event") == "resumed":
            kept = [earlier for earlier in kept if earlier["step"] <= row["step"]]
        else:
            kept.append(row)
    return kept


def runs_root() -> Path:
    """Where runs are kept: the environment's PIXELCNN_RUNS, or `runs` in the working directory."""
    return Path(os.environ.get("PIXELCNN_RUNS") or "runs").absolute()


def create_run(root: Path | str | None, config: RunConfig) -> Run:
    """A new run's directory, without a process yet; it appears complete or not at all.

    Args:
        root: directory of all runs; None for `runs_root()`.
        config: what to train.

    Raises:
        ConfigError: the configuration cannot work.
        RunError: the directory cannot be written.
    """
    config.check()
    root = runs_root() if root is None else Path(root)
    name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"
    unfinished = Run(root / f".new-{name}")
    try:
        (unfinished.path / "samples").mkdir(parents=True)
        write_whole(unfinished.path / "config.json", config.to_json())
        unfinished.write_status(RunStatus("queued"))
        return Run(unfinished.path.rename(root / name))
    except OSError as error:
        raise RunError(
            f"A run cannot be stored in {root}: {error.strerror}. Free some space there, or set "
            "PIXELCNN_RUNS to another directory."
        ) from error


def start_run(root: Path | str | None, config: RunConfig, *, starter: Starter | None = None) -> Run:
    """Create a run and start training in a process of its own.

    Args:
        root: directory of all runs; None for `runs_root()`.
        config: what to train.
        starter: starts the process; a `Launcher` kept by the caller has a warm one waiting.

    Raises:
        ConfigError: the configuration cannot work.
        RunError: the directory cannot be written.
    """
    run = create_run(root, config)
    _launch(run, starter)
    return run


def resume_run(run: Run, *, starter: Starter | None = None) -> Run:
    """Let a stopped or failed run go on from its last saved step.

    Raises:
        RunError: it is still at work, or has used up its budget.
    """
    status = run.status()
    if status.active:
        raise RunError(f"Run {run.id} is {status.state}; stop it before you resume it.")
    if status.state == "finished":
        raise RunError(f"Run {run.id} has used up its budget; start a new run with a larger one.")
    (run.path / "control").unlink(missing_ok=True)
    run.write_status(replace(status, state="queued", message="", pid=None))
    _launch(run, starter)
    return run


def _launch(run: Run, starter: Starter | None) -> None:
    if starter is None:
        from pixelcnn.launcher import start_cold

        start_cold(run)
    else:
        starter.launch(run)


def find_run(root: Path | str | None, run_id: str) -> Run:
    """The run with this id, which may come from anybody: only the id's own form is looked up.

    Raises:
        RunError: there is no such run.
    """
    root = runs_root() if root is None else Path(root)
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise RunError("This is no run's id; ids look like 20260102-153045-ab12.")
    run = Run(root / run_id)
    if not (run.path / "config.json").is_file():
        raise RunError(f"There is no run {run_id} here; it may have been deleted.")
    return run


def list_runs(root: Path | str | None = None) -> list[Run]:
    """All runs, the newest first."""
    root = runs_root() if root is None else Path(root)
    names = os.listdir(root) if root.is_dir() else []
    return [Run(root / name) for name in sorted(names, reverse=True) if _RUN_ID.fullmatch(name)]
