"""Models that the user trained and kept: named copies of checkpoints in `models` beside the runs.

They are copies, so that their runs may be deleted. Beside each lies `NAME.owner`, the hash of the
browser that kept it; `NAME.removed` stands for a model that is gone, whose name stays taken, since
results of that name may still be on somebody's page.
"""

from __future__ import annotations

import re
from pathlib import Path

from pixelcnn.checkpoints.files import Shipped, shipped
from pixelcnn.errors import RunError
from pixelcnn.runs.directory import Run
from pixelcnn.runs.store import runs_root
from pixelcnn.system.atomic_files import atomic_write

MAX_OF_ONE = 10
_OWNER, _REMOVED = ".owner", ".removed"
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
        RunError: the name is invalid or taken, the run's owner has kept too many, the run has saved
            no weights yet, or the file cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise RunError(
            f"The name {name!r} is not allowed. Use up to 40 letters, digits, spaces, dots, "
            "dashes and underscores, and start with a letter or digit."
        )
    weights = run.checkpoint("last")
    name = name.strip()
    folder = _folder(root)
    path = folder / f"{name}.safetensors"
    if path.exists() or name in {model.name for model in shipped()}:
        raise RunError(f"There is already a model called {name!r}. Choose another name.")
    if (folder / f"{name}{_REMOVED}").exists():
        raise RunError(f"There was a model called {name!r}. Choose another name.")
    if run.owner and _count_of(run.owner, folder) >= MAX_OF_ONE:
        raise RunError(
            f"You keep {MAX_OF_ONE} models, which is the most. Remove one below, or download this "
            "one."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if run.owner:
            atomic_write(folder / f"{name}{_OWNER}", run.owner.encode())
        atomic_write(path, weights.read_bytes())
    except OSError as error:
        raise RunError(
            f"{path.name} cannot be written ({error.strerror}). Free some disk space."
        ) from error
    return path


def owner_of(name: str, root: Path | None = None) -> str:
    """The hash of the browser that kept a model; "" if unknown."""
    try:
        return (_folder(root) / f"{name}{_OWNER}").read_bytes()[:64].decode("ascii", "replace")
    except OSError:
        return ""


def remove_model(name: str, root: Path | None = None) -> None:
    """Remove a kept model; the name stays taken.

    Raises:
        RunError: there is no such model, or it cannot be removed.
    """
    folder = _folder(root)
    path = folder / f"{name}.safetensors"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise RunError("This model was removed already.")
    try:
        (folder / f"{name}{_REMOVED}").touch()
        path.unlink(missing_ok=True)
        (folder / f"{name}{_OWNER}").unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"The model cannot be removed ({error.strerror}).") from error


def _count_of(owner: str, folder: Path) -> int:
    root = folder.parent
    return sum(owner_of(path.stem, root) == owner for path in folder.glob("*.safetensors"))


def _folder(root: Path | None) -> Path:
    return (runs_root() if root is None else root) / "models"
