"""Measurements of the shipped models that the page Compare shows first.

`python -m pixelcnn remake records` measures again, which is needed when weights change. Until
then the page measures such a model itself: each record has the hash of its file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import DataError
from pixelcnn.system.arrays import npz_bytes, read_npz
from pixelcnn.system.shipped import RECORDS


@dataclass(frozen=True, eq=False)
class Record:
    """Measurements of one model.

    Attributes:
        nats: of each of the `unseen_digits`, float32 `(500,)`.
        pictures: samples with the seeds 0, 1, 2 ..., and labels 0, 1, 2 ... if the model has
            classes: uint8 `(12, 1, H, W)`.
    """

    nats: NDArray[np.float32]
    pictures: NDArray[np.uint8]


def read_record(name: str, checkpoint: Path) -> Record | None:
    """The record of a checkpoint; None unless it was measured on this very file."""
    try:
        arrays = read_npz(RECORDS)
        if str(arrays[f"{name}/digest"]) != _digest(checkpoint):
            return None
        return Record(arrays[f"{name}/nats"], arrays[f"{name}/pictures"])
    except (DataError, OSError, KeyError):
        return None


def records_npz(measured: Iterable[tuple[Path, Record]]) -> bytes:
    """The records of these checkpoints as the content of an `.npz`."""
    arrays = {}
    for checkpoint, record in measured:
        arrays[f"{checkpoint.stem}/digest"] = np.array(_digest(checkpoint))
        arrays[f"{checkpoint.stem}/nats"] = record.nats
        arrays[f"{checkpoint.stem}/pictures"] = record.pictures
    return npz_bytes(**arrays)


def _digest(checkpoint: Path) -> str:
    return blake2b(checkpoint.read_bytes(), digest_size=16).hexdigest()
