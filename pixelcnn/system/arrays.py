"""Reading arrays: a `.npy`, or a `.npz`, a zip file of them, which may be damaged, or unpack to
more than it may.

Nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
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
    """The array of a file.

    Raises:
        OSError: there is no such file, or it cannot be read.
        ValueError: it holds something else.
    """
    array: NDArray[Any] = _patiently(lambda: np.load(path, allow_pickle=False))
    return array


def _patiently(load: Callable[[], T]) -> T:
    """NumPy reads a header with Python's own parser, of which CPython 3.11 now and then says
    "SystemError: AST constructor recursion depth mismatch" when several threads use it at once
    (github.com/python/cpython/issues/106905). The next attempt succeeds.
    """
    for _ in range(_ATTEMPTS - 1):
        with contextlib.suppress(SystemError):
            return load()
    return load()


def read_npz(path: Path, *, most_bytes: int = MAX_BYTES) -> dict[str, NDArray[Any]]:
    """All arrays of a file, by name.

    Args:
        path: the file.
        most_bytes: what the arrays may have together, once unpacked.

    Raises:
        DataError: what is wrong with it, as half a sentence.
    """
    try:
        with zipfile.ZipFile(path) as file:
            claimed = sum(entry.file_size for entry in file.infolist())
        if claimed <= most_bytes:
            # Unpacking stops at the sizes that were claimed.
            return _patiently(lambda: _unpacked(path))
    except FileNotFoundError as error:
        raise DataError("there is no such file") from error
    except Exception as error:  # whatever a decoder stumbles over in a damaged file
        raise DataError(f"it is damaged: {type(error).__name__}") from error
    raise DataError(f"it unpacks to {claimed / 2**20:.0f} MB, more than {most_bytes // 2**20}")


def _unpacked(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)
