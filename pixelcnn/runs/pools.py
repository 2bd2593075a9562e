"""A pile of drawings to which a whole class adds, each student on a device of his own.

<runs>/.pools/<code>/<number>.npy   one drawing each, uint8 (S, S), 0 for paper, 255 for ink
"""

from __future__ import annotations

import io
import re
import secrets
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import DataError
from pixelcnn.pictures.limits import LIMITS
from pixelcnn.pictures.sets import PictureSet, drawings
from pixelcnn.system.arrays import read_npy
from pixelcnn.system.atomic_files import atomic_write

SIDE = 14
_CODE = re.compile(r"[a-z]{6}")
_LETTERS = "bcdfghjkmnpqrstvwxz"  # no vowels: no words
_FOLDER = ".pools"


class Pool:
    """One pile; what others add to it is seen at the next look."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def code(self) -> str:
        """Its name in an address."""
        return self._path.name

    def add(self, drawing: NDArray[np.uint8]) -> None:
        """Put a drawing `(14, 14)` on the pile.

        Raises:
            DataError: it is blank, of another size, or the pile is full.
        """
        if drawing.shape != (SIDE, SIDE) or drawing.dtype != np.uint8:
            raise DataError(f"A drawing for this pile has {SIDE} x {SIDE} pixels.")
        if not drawing.any():
            raise DataError("There is no ink on the paper yet. Draw the sign first.")
        if len(self) >= LIMITS.pictures:
            raise DataError(f"This pile is full: it holds {LIMITS.pictures:,} drawings.")
        file = io.BytesIO()
        np.save(file, drawing, allow_pickle=False)
        atomic_write(self._path / f"{len(self):05}-{secrets.token_hex(4)}.npy", file.getvalue())

    def __len__(self) -> int:
        return len(self._files())

    def drawings(self) -> PictureSet | None:
        """All drawings, in the order in which they came; None while there are none."""
        found = []
        for path in self._files():
            try:
                drawing = read_npy(path)
            except (OSError, ValueError):  # a damaged one must not hide the others
                continue
            if drawing.shape == (SIDE, SIDE) and drawing.dtype == np.uint8:
                found.append(drawing)
        if not found:
            return None
        return drawings(np.stack(found)[:, None], np.zeros(len(found), np.int64))

    def _files(self) -> list[Path]:
        return sorted(self._path.glob("*.npy"))


def open_pool(root: Path) -> Pool:
    """A new, empty pile below the folder of all runs."""
    path = root / _FOLDER / "".join(secrets.choice(_LETTERS) for _ in range(6))
    path.mkdir(parents=True)
    return Pool(path)


def find_pool(root: Path, code: str) -> Pool | None:
    """The pile of this code, which may come from anybody; None if there is none."""
    path = root / _FOLDER / code
    return Pool(path) if _CODE.fullmatch(code) and path.is_dir() else None
