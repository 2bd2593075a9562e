"""Reads and writes `.npy` and `.npz` files. One that is read may be damaged, or unpack to too much.

Nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import DataError

MAX_BYTES = 128 * 2**20
_ATTEMPTS = 5

T = TypeVar("T")


def read_npy(path: Path) -> NDArray[Any]:
    """The array in a file.

    Raises:
        OSError: the file is missing or unreadable.
        ValueError: it is not an array.
    """
    array: NDArray[Any] = _patiently(lambda: np.load(path, allow_pickle=False))
    return array


def _patiently(load: Callable[[], T]) -> T:
    """Retry: NumPy parses a header with Python's own parser, which in CPython 3.11 sometimes raises
    "SystemError: AST constructor recursion depth mismatch" when several threads use it at once
    (github.com/python/cpython/issues/106905).
    """
    for _ in range(_ATTEMPTS - 1):
        with contextlib.suppress(SystemError):
            return load()
    return load()


def read_npz(path: Path, *, most_bytes: int = MAX_BYTES) -> dict[str, NDArray[Any]]:
    """All arrays of a file, by name.

    Args:
        path: of the file.
        most_bytes: limit of all arrays together, unpacked.

    Raises:
        DataError: the reason as a clause.
    """
    try:
        with zipfile.ZipFile(path) as file:
            claimed = sum(entry.file_size for entry in file.infolist())
        if claimed <= most_bytes:
            # Unpacking stops at the claimed sizes.
            return _patiently(lambda: _unpacked(path))
    except FileNotFoundError as error:
        raise DataError("there is no such file") from error
    except Exception as error:  # a decoder may raise anything on a damaged file
        raise DataError(f"it is damaged: {type(error).__name__}") from error
    raise DataError(f"it unpacks to {claimed / 2**20:.0f} MB, more than {most_bytes // 2**20}")


def npz_bytes(**arrays: Any) -> bytes:
    """Arrays as the content of a compressed `.npz`."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _unpacked(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)
