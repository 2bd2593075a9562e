"""The weights of a run at a few early moments, to look back at how it learned to see.

Most happens early, so the steps double: 0, 5, 10, 20 and so on, twelve at most. The weights lie in
the run's directory as `moments/step-*.safetensors`, in half precision: a network of 400,000
parameters takes 0.8 MB each time.
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
"""The steps after which weights are kept: 0, 5, 10, ... 5120."""

MOST_PARAMETERS = 2_000_000
"""A larger network keeps no moments: they would fill the disk."""

_NAME = re.compile(r"step-([0-9]{6})\.safetensors")


def keep_snapshot(run: Run, model: AutoregressiveModel, step: int) -> bool:
    """Keep the weights after this step, if it is one of `SNAPSHOT_STEPS`; says whether it did.

    Raises:
        CheckpointError: the file cannot be written, or a weight is not finite.
    """
    if (
        step not in SNAPSHOT_STEPS
        or sum(one.numel() for one in model.parameters()) > MOST_PARAMETERS
    ):
        return False
    path = snapshot_path(run, step)
    path.parent.mkdir(exist_ok=True)
    save_checkpoint(path, model, {"run": run.id, "step": step}, dtype=torch.float16)
    return True


def snapshot_steps(run: Run) -> list[int]:
    """The steps whose weights there are, in order: the kept moments, and the latest saved ones."""
    return sorted(_files(run))


def kept_steps(run: Run) -> list[int]:
    """The steps of the kept moments alone, in order: what a run at work does not replace."""
    return sorted(_kept(run))


def load_snapshot(run: Run, step: int) -> AutoregressiveModel:
    """The model as it was after this step, in evaluation mode.

    Raises:
        RunError: its weights were not kept.
        CheckpointError: they cannot be read.
    """
    path = _files(run).get(step)
    if path is None:
        raise RunError(f"Run {run.id} kept no weights of step {step}.")
    return load_checkpoint(path)[0]


def snapshot_path(run: Run, step: int) -> Path:
    """Where the weights after a step belong."""
    return run.path / "moments" / f"step-{step:06d}.safetensors"


def _kept(run: Run) -> dict[int, Path]:
    folder = snapshot_path(run, 0).parent
    paths = list(folder.iterdir()) if folder.is_dir() else []
    return {int(match[1]): path for path in paths if (match := _NAME.fullmatch(path.name))}


def _files(run: Run) -> dict[int, Path]:
    """The file of each step whose weights there are."""
    found = _kept(run)
    try:
        last = run.checkpoint("last")
        return found | {int(read_card(last)["step"]): last}
    except (RunError, CheckpointError, KeyError, TypeError, ValueError):
        return found  # nothing was saved yet
