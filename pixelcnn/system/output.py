"""Writes the output files of commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelcnn.errors import LabError
from pixelcnn.system.arrays import npz_bytes
from pixelcnn.system.atomic_files import atomic_write

if TYPE_CHECKING:
    from torch import Tensor


def check_writable(path: Path, suffixes: tuple[str, ...], option: str = "--output") -> None:
    """Check before hours of work that the output file can be written.

    Raises:
        LabError: the ending is not in `suffixes`, or the folder does not exist.
    """
    if path.suffix.lower() not in suffixes:
        raise LabError(f"{option} {path} must end in {' or '.join(suffixes)}.")
    if not path.absolute().parent.is_dir():
        raise LabError(f"{option} {path} cannot be written: make its folder first.")


def write_output(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all, and make its folder if there is none.

    Raises:
        LabError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, content)
    except OSError as error:
        reason = error.strerror or error
        raise LabError(f"{path} cannot be written ({reason}).") from error


def save_arrays(path: Path, arrays: Mapping[str, Tensor]) -> None:
    """Write arrays as a compressed `.npz`. Raises as `write_output` does."""
    write_output(path, npz_bytes(**{name: array.numpy() for name, array in arrays.items()}))


def save_json(path: Path, content: Any) -> None:
    """Write JSON. Raises as `write_output` does."""
    write_output(path, (json.dumps(content, indent=1) + "\n").encode())
