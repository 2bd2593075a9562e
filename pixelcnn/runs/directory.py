"""Reads the directory of one run, and writes requests to its training process."""

from __future__ import annotations

import os
import re
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from pixelcnn.data.names import OWN
from pixelcnn.errors import ConfigError, RunError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.status import RunStatus
from pixelcnn.system.arrays import read_npy
from pixelcnn.system.atomic_files import RunLock, atomic_write, read_jsonl, to_json
from pixelcnn.system.checks import check_choice, is_whole

Action = Literal["pause", "resume", "stop"]
Kept = Literal["last", "best"]

_OWNER_LENGTH = 64
_OWNER = re.compile(f"[0-9a-f]{{{_OWNER_LENGTH}}}")
_UNTIL = "until "
_SAMPLE_NAME = re.compile(r"step-([0-9]+)\.npy")

# A process that does not hold the lock after this time never started.
_START_PATIENCE_S = 120.0
_MOST = 1e15  # steps, seconds, nats


class Run:
    """One run's directory."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).absolute()

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def lock(self) -> RunLock:
        """The lock that the training process holds."""
        return RunLock(self.path / "lock")

    @property
    def owner(self) -> str:
        """The hash of the browser that started it; "" if there is none, or it is damaged."""
        try:
            owner = (self.path / "owner").read_bytes()[:_OWNER_LENGTH].decode("ascii")
        except (OSError, UnicodeDecodeError):
            return ""
        return owner if _OWNER.fullmatch(owner) else ""

    @property
    def config(self) -> RunConfig:
        """The configuration; its `root` for the user's images is the run's directory.

        Raises:
            RunError: config.json is missing or unusable.
        """
        try:
            config = RunConfig.from_json((self.path / "config.json").read_bytes())
        except FileNotFoundError as error:
            raise RunError(f"{self.id} is not a run: config.json is missing.") from error
        except OSError as error:
            raise RunError(
                f"config.json of run {self.id} cannot be read ({error.strerror})."
            ) from error
        except ConfigError as error:
            raise RunError(f"config.json of run {self.id} cannot be used. {error}") from error
        if config.data == OWN:
            config = replace(config, data_options={**config.data_options, "root": str(self.path)})
        return config

    def status(self) -> RunStatus:
        """The run's status; if its process is gone unexpectedly, it has failed.

        Raises:
            RunError: status.json is missing or unreadable.
        """
        # Before the status: a process writes its last status before it releases the lock.
        alive = self.lock.is_held()
        status = self._written_status()
        # Again: it may have started in between.
        if alive or not status.active or self.lock.is_held():
            return status
        waiting = status.state == "queued"
        if waiting and self._has_ticket():
            return status
        # Without abs, a clock set back would make it wait for hours.
        if waiting and abs(time.time() - status.updated) < _START_PATIENCE_S:
            return status
        what = "did not start" if waiting else "ended unexpectedly"
        go_on = "continue from the last saved step" if self.resumable else "start over"
        message = (
            f"The training process {what} (killed, out of memory, or the machine restarted). "
            f"log.txt may say why. Resume it to {go_on}."
        )
        return replace(status, state="failed", message=message)

    def _has_ticket(self) -> bool:
        """Whether it waits in the queue."""
        return any((self.path.parent / ".queue").glob(f"*-{self.id}"))

    def _written_status(self) -> RunStatus:
        try:
            return RunStatus.from_json((self.path / "status.json").read_bytes())
        except FileNotFoundError as error:
            raise RunError(f"{self.id} is not a run: status.json is missing.") from error
        except OSError as error:
            raise RunError(
                f"status.json of run {self.id} cannot be read ({error.strerror})."
            ) from error
        except (ValueError, TypeError, RecursionError) as error:
            raise RunError(f"status.json of run {self.id} cannot be read: {error}.") from error

    def write_status(self, status: RunStatus) -> None:
        """Replace the status; for the training process and its starter."""
        values = asdict(status) | {"updated": time.time()}
        atomic_write(self.path / "status.json", to_json(values), durable=False)

    @property
    def state_path(self) -> Path:
        return self.path / "state.safetensors"

    @property
    def resumable(self) -> bool:
        """Whether there is a saved state to resume from."""
        return self.state_path.exists()

    def metrics(self) -> list[dict[str, Any]]:
        """All rows of metrics, without those that a resumed run has redone; see `new_metrics`."""
        rows, _ = self.new_metrics()
        return unbroken(rows)

    def new_metrics(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """The rows after `offset`, and the next offset, for frequent polling.

        Each row has an `event`: `step` with the fields of `training.Step` (nats, bits_per_dim and
        gradient_norm averaged over the `steps` since the previous row), `evaluated` with those of
        `training.Evaluated`, or `resumed` with the step from which the run resumed, -1 for the
        start (earlier rows of later steps no longer count; see `unbroken`).
        """
        try:
            rows, offset = read_jsonl(self.path / "metrics.jsonl", offset)
        except OSError:  # a folder in its place, say: there is nothing to show
            return [], offset
        return [row for row in rows if is_row(row)], offset

    def sample_steps(self) -> list[int]:
        """The steps of the saved samples, in order."""
        directory = self.path / "samples"
        names = os.listdir(directory) if directory.is_dir() else []
        matches = (_SAMPLE_NAME.fullmatch(name) for name in names)
        return sorted(int(match[1]) for match in matches if match)

    def sample(self, step: int) -> np.ndarray:
        """The images drawn at a step: uint8 `(n, C, H, W)`.

        Raises:
            RunError: there are none.
        """
        try:
            return read_npy(self.sample_path(step))
        except FileNotFoundError as error:
            raise RunError(f"Run {self.id} drew no images at step {step}.") from error

    def sample_path(self, step: int) -> Path:
        return self.path / "samples" / f"step-{step:06d}.npy"

    def completion(self, step: int) -> np.ndarray | None:
        """A held-out image and its completion at a step: uint8 `(2, C, H, W)`, or None."""
        try:
            return read_npy(self.completion_path(step))
        except FileNotFoundError:
            return None

    def completion_path(self, step: int) -> Path:
        return self.path / "samples" / f"half-{step:06d}.npy"

    def samples(self) -> list[tuple[int, np.ndarray]]:
        """All samples: (step, uint8 `(n, C, H, W)`), in order of steps."""
        return [(step, self.sample(step)) for step in self.sample_steps()]

    def latest_samples(self) -> tuple[int, np.ndarray] | None:
        """The latest samples with their step; None if there are none."""
        steps = self.sample_steps()
        return (steps[-1], self.sample(steps[-1])) if steps else None

    def checkpoint(self, which: Kept = "best") -> Path:
        """The file of the best weights on held-out images, or of the last ones.

        Raises:
            RunError: none were saved yet.
            ConfigError: `which` is unknown.
        """
        if which not in get_args(Kept):
            raise ConfigError(f"checkpoint {which!r} is unknown; use 'last' or 'best'.")
        path = self.path / f"{which}.safetensors"
        if not path.exists():
            raise RunError(f"Run {self.id} has saved no weights yet; wait for its first save.")
        return path

    def control(self, action: Action) -> bool:
        """Ask the training process to pause, resume or stop after its current step.

        Returns:
            Whether there is such a process.

        Raises:
            ConfigError: `action` is unknown.
        """
        check_choice("action", action, get_args(Action))
        atomic_write(self.path / "control", action.encode(), durable=False)
        return self.status().active

    def train_until(self, step: int) -> bool:
        """Ask the training process to train up to this step, and to pause there.

        Returns:
            Whether there is such a process.
        """
        atomic_write(self.path / "control", f"{_UNTIL}{step}".encode(), durable=False)
        return self.status().active

    def limit_speed(self, steps_per_second: float | None) -> None:
        """Limit the steps per second of the training process; None for full speed."""
        if steps_per_second is None:
            (self.path / "speed").unlink(missing_ok=True)
        else:
            atomic_write(self.path / "speed", f"{steps_per_second:g}".encode(), durable=False)

    @property
    def speed_limit(self) -> float | None:
        """The limit in steps per second; None for full speed."""
        try:
            limit = float((self.path / "speed").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return limit if limit > 0 else None

    def asks_to_wait(self, step: int) -> bool:
        """Whether the training process should pause after this step."""
        request = self.requested()
        if request.startswith(_UNTIL):
            until = request.removeprefix(_UNTIL)
            return not until.isdigit() or step >= int(until)
        return request == "pause"

    def requested(self) -> str:
        """The latest request; "" for none."""
        try:
            return (self.path / "control").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def log(self) -> str:
        """The output of the training process."""
        try:
            return (self.path / "log.txt").read_text(errors="replace")
        except OSError:
            return ""


def is_row(row: dict[str, Any]) -> bool:
    """Whether a row of metrics has what its event needs, each of its type."""
    if not is_whole(row.get("step"), -1, _MOST):
        return False
    if row.get("event") == "resumed":
        return True
    known = row.get("event") in ("step", "evaluated")
    numbers = [row.get(name) for name in ("elapsed_s", "nats", "bits_per_dim")]
    if numbers[0] is None or (numbers[1] is not None and numbers[2] is None):
        return False
    return known and all(one is None or _is_number(one) for one in numbers)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST


def unbroken(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without those that were redone because the run resumed from an earlier step."""
    kept: list[dict[str, Any]] = []
    for row in rows:
        if row.get("event") == "resumed":
            kept = [earlier for earlier in kept if earlier["step"] <= row["step"]]
        else:
            kept.append(row)
    return kept
