"""Models that the user trained and kept: named copies of checkpoints in `models` beside the runs.

They are copies, so that their runs may be deleted.
"""

from __future__ import annotations

import re
from pathlib import Path

from pixelcnn.checkpoints.files import Shipped, shipped
from pixelcnn.errors import RunError
from pixelcnn.runs.directory import Run
from pixelcnn.runs.store import runs_root
from pixelcnn.system.atomic_files import atomic_write

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}")


def kept_models(root: Path | None = None) -> list[Shipped]:
    """All kept models by name; a damaged one is listed with its `error`.

    Args:
        root: directory of all runs; None for `runs_root()`.
    """
    return shipped(_folder(root))


def keep_model(run: Run, name: str, root: Path | None = None) -> Path:
    """Copy the latest weights of a run to a named model; returns the file.

    Raises:
        RunError: the name is invalid or taken, the run has saved no weights yet, or the file cannot
            be written.
    """
    if not _NAME.fullmatch(name):
        raise RunError(
            f"The name {name!r} is not allowed. Use up to 40 letters, digits, spaces, dots, "
            "dashes and underscores, and start with a letter or digit."
        )
    weights = run.checkpoint("last")
    name = name.strip()
    path = _folder(root) / f"{name}.safetensors"
    if path.exists() or name in {model.name for model in shipped()}:
        raise RunError(f"There is already a model called {name!r}. Choose another name.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, weights.read_bytes())
    except OSError as error:
        raise RunError(
            f"{path.name} cannot be written ({error.strerror}). Free some disk space."
        ) from error
    return path


def _folder(root: Path | None) -> Path:
    return (runs_root() if root is None else root) / "models"
