"""Writes the output files of commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelcnn.errors import LabError

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
        raise LabError(f"{option} {path} is in a folder that does not exist; create it first.")


def save_arrays(path: Path, arrays: Mapping[str, Tensor]) -> None:
    """Write arrays as a compressed `.npz`.

    Raises:
        LabError: the file cannot be written.
    """
    import numpy as np

    try:
        contents: dict[str, Any] = {name: array.numpy() for name, array in arrays.items()}
        np.savez_compressed(path, **contents)
    except OSError as error:
        raise LabError(f"{path} cannot be written ({error.strerror}).") from error


def save_json(path: Path, content: Any) -> None:
    """Write JSON.

    Raises:
        LabError: the file cannot be written.
    """
    try:
        path.write_text(json.dumps(content, indent=1) + "\n")
    except OSError as error:
        raise LabError(f"{path} cannot be written ({error.strerror}).") from error
