"""Writes the files of a run, from its training process."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pixelcnn.checkpoints.files import read_card, save_checkpoint
from pixelcnn.data.dataset import DataSet
from pixelcnn.models.parameters import count_parameters
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.runs.snapshots import keep_snapshot
from pixelcnn.runs.status import RunStatus, State
from pixelcnn.system.atomic_files import RowWriter, atomic_file, remove_unfinished
from pixelcnn.system.memory import most_memory_mb
from pixelcnn.training.events import Evaluated, Event, Sampled, Saved, Step
from pixelcnn.training.state import TrainingState, save_state
from pixelcnn.training.trainer import Trainer

# Often enough for a smooth display, and too seldom to slow training down.
_STATUS_EVERY_S = 0.2

_RESERVE_BYTES = 64 * 1024
_AVERAGED = ("nats", "bits_per_dim", "gradient_norm")


class StatusWriter:
    """Writes a run's status; reserves disk space so that even a full disk can be reported."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._trainer: Trainer | None = None
        self._reserve = run.path / "reserve"
        self._reserve.write_bytes(bytes(_RESERVE_BYTES))
        self._status = replace(run.status(), pid=os.getpid())
        self.enter("starting")

    @property
    def status(self) -> RunStatus:
        """The latest status, written or pending."""
        return self._status

    def attach(self, trainer: Trainer) -> None:
        """Report the progress of this trainer from now on."""
        self._trainer = trainer

    def progress(self, images_per_second: float) -> None:
        """Report progress; written a few times a second."""
        self._status = replace(self._status, images_per_second=images_per_second)
        if time.monotonic() - self._written > _STATUS_EVERY_S:
            self._write()

    def enter(self, state: State, message: str = "") -> None:
        """Write a new state immediately."""
        self._status = replace(self._status, state=state, message=message)
        if not self._status.active:
            self._reserve.unlink(missing_ok=True)
        self._write()

    def _write(self) -> None:
        if self._trainer is not None:
            self._status = replace(
                self._status,
                step=self._trainer.step,
                progress=self._trainer.progress,
                elapsed_s=self._trainer.elapsed_s,
                device=self._trainer.description,
                memory_mb=most_memory_mb(self._trainer.device),
            )
        self._run.write_status(self._status)
        self._written = time.monotonic()


class RunWriter:
    """Writes the events of a trainer to files."""

    def __init__(
        self, run: Run, config: RunConfig, data: DataSet, trainer: Trainer, status: StatusWriter
    ) -> None:
        self._run = run
        self._config = config
        self._data = data
        self._trainer = trainer
        self._status = status
        remove_unfinished(run.path)
        remove_unfinished(run.path / "samples")
        self._rows = RowWriter(run.path / "metrics.jsonl")
        self._steps: list[Step] = []
        self._scored: Evaluated | None = None
        self._best_nats = self._stored_best()
        if self._rows.continues:
            # Nothing was saved before the first step, so a restart also drops the rows of step 0.
            self._rows.write({"event": "resumed", "step": trainer.step or -1})
        keep_snapshot(run, trainer.kept_model, trainer.step)

    def record(self, event: Event) -> None:
        """Write one event.

        Raises:
            OSError, CheckpointError: cannot write, such as a full disk; earlier files are intact.
        """
        if isinstance(event, Step):
            self._steps.append(event)
            if event.step % _row_every(event.step) == 0:
                self._write_steps()
            self._status.progress(event.images_per_second)
            keep_snapshot(self._run, self._trainer.kept_model, event.step)
        elif isinstance(event, Evaluated):
            self._write_steps()
            self._rows.write({"event": "evaluated", **asdict(event)})
            self._scored = event
            if event.nats < self._best_nats:
                self._save_weights("best")
                self._best_nats = event.nats
        elif isinstance(event, Sampled):
            if event.completion is not None:
                _save_images(self._run.completion_path(event.step), event.completion)
            _save_images(self._run.sample_path(event.step), event.images)
        elif isinstance(event, Saved):
            self.save(event.state)

    def save(self, state: TrainingState) -> None:
        """Save the state to resume from and the latest weights."""
        self._write_steps()
        save_state(self._run.state_path, state)
        self._save_weights("last")

    def close(self) -> None:
        """Write the pending steps, and close the metrics file."""
        try:
            self._write_steps()
        finally:
            self._rows.close()

    def _write_steps(self) -> None:
        """Write one row for the steps since the last one, with means of noisy values."""
        if not self._steps:
            return
        row: dict[str, Any] = {"event": "step", **asdict(self._steps[-1])}
        for name in _AVERAGED:
            row[name] = sum(getattr(step, name) for step in self._steps) / len(self._steps)
        self._rows.write(row | {"steps": len(self._steps)})
        self._steps = []

    def _save_weights(self, name: str) -> None:
        path = self._run.path / f"{name}.safetensors"
        save_checkpoint(path, self._trainer.kept_model, self._card())

    def _card(self) -> dict[str, Any]:
        """Facts about the current weights. The score is slightly optimistic, since the same
        held-out images choose `best`."""
        trainer, data = self._trainer, self._data
        facts: dict[str, Any] = {
            "data": {
                "name": data.name,
                "levels": data.levels,
                "binarize": data.binarize,
                "size": data.height,
                **({"class_names": list(data.class_names)} if self._named_classes() else {}),
            },
            "parameters": count_parameters(trainer.model).stored,
            "parameters_used": count_parameters(trainer.model).used,
            "recipe": {
                "model": self._config.model,
                "model_options": dict(self._config.model_options),
                "conditional": self._config.conditional,
                "train": asdict(self._config.train),
            },
            "step": trainer.step,
            "seconds": round(trainer.elapsed_s, 1),
            "images_per_second": _rounded(self._status.status.images_per_second),
            "hardware": self._status.status.device,
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "torch": torch.__version__,
            "seed": self._config.train.seed,
            "run": self._run.id,
        }
        scored = self._scored
        if scored is not None and scored.step == trainer.step:
            facts["test_nats"] = scored.nats
            facts["test_nats_stderr"] = scored.nats_stderr if scored.images > 1 else None
            facts["bits_per_dim"] = scored.bits_per_dim
            facts["test_images"] = scored.images
        return facts | dict(self._config.notes)

    def _named_classes(self) -> bool:
        """Whether the model is told classes that have names of their own, not only numbers."""
        names = self._data.class_names
        return self._config.conditional and names != tuple(map(str, range(len(names))))

    def _stored_best(self) -> float:
        """The score of `best.safetensors`; infinity if it does not exist."""
        try:
            return float(read_card(self._run.checkpoint("best"))["test_nats"])
        except (ValueError, KeyError, TypeError):
            return float("inf")


def _save_images(path: Path, images: torch.Tensor) -> None:
    with atomic_file(path, durable=False) as file:
        np.save(file, images.numpy(), allow_pickle=False)


def _row_every(step: int) -> int:
    """Steps per row: a curve needs no more, and the file stays quick to read."""
    return 1 if step <= 1000 else 10 if step <= 10_000 else 100


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
