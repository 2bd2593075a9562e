"""Reading a `.npz`: a zip file of arrays, which may be damaged, or unpack to more than it may."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import DataError

MAX_BYTES = 128 * 2**20


def read_npz(path: Path, *, most_bytes: int = MAX_BYTES) -> dict[str, NDArray[Any]]:
    """All arrays of a file, by name. Never unpickles.

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
            with np.load(path, allow_pickle=False) as arrays:
                return dict(arrays)
    except FileNotFoundError as error:
        raise DataError("there is no such file") from error
    except Exception as error:  # whatever a decoder stumbles over in a damaged file
        raise DataError(f"it is damaged: {type(error).__name__}") from error
    raise DataError(f"it unpacks to {claimed / 2**20:.0f} MB, more than {most_bytes // 2**20}")
