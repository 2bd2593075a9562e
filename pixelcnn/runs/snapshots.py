"""Weight snapshots of a run at a few early steps, to show how it learned.

Most happens early, so the steps double: 0, 5, 10, 20 and so on, twelve at most. The files
`moments/step-*.safetensors` in the run's directory are in half precision: 0.8 MB for a network of
400,000 parameters.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch

from pixelcnn.checkpoints.files import load_checkpoint, read_card, save_checkpoint
from pixelcnn.errors import CheckpointError, RunError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.runs.directory import Run

SNAPSHOT_STEPS = (0, *(5 * 2**doubling for doubling in range(11)))
"""The steps with a snapshot: 0, 5, 10, ... 5120."""

MOST_PARAMETERS = 2_000_000
"""A larger network gets no snapshots: they would fill the disk."""

_NAME = re.compile(r"step-([0-9]{6})\.safetensors")


def keep_snapshot(run: Run, model: AutoregressiveModel, step: int) -> bool:
    """Save a snapshot if this step is one of `SNAPSHOT_STEPS`; returns whether it did.

    Raises:
        CheckpointError: the file cannot be written, or a weight is not finite.
    """
    if (
        step not in SNAPSHOT_STEPS
        or sum(weight.numel() for weight in model.parameters()) > MOST_PARAMETERS
    ):
        return False
    path = snapshot_path(run, step)
    path.parent.mkdir(exist_ok=True)
    save_checkpoint(path, model, {"run": run.id, "step": step}, dtype=torch.float16)
    return True


def snapshot_steps(run: Run) -> list[int]:
    """All steps with weights, in order: the snapshots and the latest saved weights."""
    return sorted(_files(run))


def kept_steps(run: Run) -> list[int]:
    """The steps of the snapshots alone, in order; an active run does not replace these."""
    return sorted(_kept(run))


def load_snapshot(run: Run, step: int) -> AutoregressiveModel:
    """The model after this step, in evaluation mode.

    Raises:
        RunError: there are no weights of this step.
        CheckpointError: they cannot be read.
    """
    path = _files(run).get(step)
    if path is None:
        raise RunError(f"Run {run.id} has no weights of step {step}.")
    return load_checkpoint(path)[0]


def snapshot_path(run: Run, step: int) -> Path:
    return run.path / "moments" / f"step-{step:06d}.safetensors"


def _kept(run: Run) -> dict[int, Path]:
    folder = snapshot_path(run, 0).parent
    paths = list(folder.iterdir()) if folder.is_dir() else []
    return {int(match[1]): path for path in paths if (match := _NAME.fullmatch(path.name))}


def _files(run: Run) -> dict[int, Path]:
    """The file of each step that has weights."""
    files = _kept(run)
    try:
        last = run.checkpoint("last")
        return files | {int(read_card(last)["step"]): last}
    except (RunError, CheckpointError, KeyError, TypeError, ValueError):
        return files  # nothing was saved yet
