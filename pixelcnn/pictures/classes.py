"""The classes of a set, from the folders of its pictures or the labels in its tables."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import DataError
from pixelcnn.pictures.decode import shown
from pixelcnn.pictures.limits import Limits

NO_FOLDER = "(no folder)"
_SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}


def folders_of(paths: Sequence[Sequence[str]]) -> list[str]:
    """The class of each file, by its path: the first folder in which not all of them lie.

    Folders for training and test, as in many published sets, are no classes; those in them are.

    Args:
        paths: of each file its folders, then its name.
    """
    folders = [list(path[:-1]) for path in paths]
    while folders:
        first = {folder[0] if folder else "" for folder in folders}
        same = len(first) == 1
        splits = {name.lower() for name in first} <= _SPLITS and all(map(_goes_on, folders))
        if "" in first or not (same or splits):
            break
        folders = [folder[1:] for folder in folders]
    return [folder[0] if folder else "" for folder in folders]


def _goes_on(folder: list[str]) -> bool:
    return len(folder) > 1


def numbered(labels: Sequence[str], limits: Limits) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The classes of pictures as numbers, and the classes' names; all 0 and () for one alone.

    Raises:
        DataError: too many classes.
    """
    known = sorted(set(labels), key=_as_read)
    if len(known) < 2:
        return np.zeros(len(labels), np.int64), ()
    if len(known) > limits.classes:
        raise DataError(
            f"The pictures are of {len(known):,} classes, one for each folder or label. At most "
            f"{limits.classes} are possible. Put all into one folder to train without classes."
        )
    places = {label: place for place, label in enumerate(known)}
    return np.array([places[label] for label in labels], np.int64), tuple(
        shown(label) or NO_FOLDER for label in known
    )


def held_out(labels: NDArray[np.int64], share: float, seed: int) -> NDArray[np.bool_]:
    """Which pictures to hold out: that share of each class, and of no class all.

    Where a class has too few for a whole picture, chance decides, so that the share of all is
    right. There is at least one picture on either side.

    Args:
        labels: int64 `(N,)`, N at least 2.
        share: of the pictures, 0 to 1.
        seed: the same seed chooses the same pictures.
    """
    dice = np.random.RandomState(seed)  # its stream never changes
    chosen = np.zeros(len(labels), bool)
    order = dice.permutation(len(labels))
    classes, sizes = np.unique(labels, return_counts=True)
    wanted = max(1, int(len(labels) * share))
    quotas = np.minimum(sizes * wanted / len(labels), sizes - 1)
    counts = np.floor(quotas).astype(int)
    by_rest = np.argsort(-(quotas - counts) + 1e-9 * dice.permutation(len(classes)), kind="stable")
    able = [at for at in by_rest if counts[at] < sizes[at] - 1]
    for at in able[: max(0, wanted - int(counts.sum()))]:
        counts[at] += 1
    for one, count in zip(classes, counts, strict=True):
        chosen[[at for at in order if labels[at] == one][:count]] = True
    if not chosen.any():  # each class has one picture alone
        chosen[order[0]] = True
    return chosen


def _as_read(text: str) -> list[tuple[int, int, str]]:
    """A key to sort by: numbers by their value, so that 10 comes after 9."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in re.split(r"(\d+)", text)
        if part
    ]
