"""A data set of one's own: kept as one file, split, and made larger by shifting its pictures."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pixelcnn.data.dataset import GreyImages, Split
from pixelcnn.data.names import OWN_FILE
from pixelcnn.data.uploads import MAX_IMAGES, OwnImages, read_uploads
from pixelcnn.errors import DataError
from pixelcnn.system.arrays import npz_bytes
from pixelcnn.system.atomic_files import atomic_write

OWN_TEXT = "pictures of one's own: a folder or a zip of images, given as root"

MAX_SHIFT = 3
_MOST_SHIFTED = 20_000
_HELD_OUT_SHARE = 5
_SPLIT_SEED = 0


def pack_own(images: OwnImages, shift: int = 0) -> bytes:
    """Pictures as the content of an `own.npz`.

    Args:
        images: what to keep.
        shift: by how many pixels, at the size that is trained on, the pictures to learn from are
            also shifted in every direction.

    Raises:
        DataError: `shift` outside 0..3.
    """
    if not 0 <= shift <= MAX_SHIFT:
        raise DataError(f"shift must lie between 0 and {MAX_SHIFT} pixels, not {shift}.")
    names = np.array(images.class_names, dtype=np.str_)
    return npz_bytes(
        greys=images.greys, labels=images.labels, class_names=names, shift=np.int64(shift)
    )


def keep_own(folder: Path, content: bytes) -> str:
    """Keep what `pack_own` gave below a folder; returns the name of its own folder there.

    The name follows from the content, so the same pictures are kept once.
    """
    name = hashlib.sha256(content).hexdigest()[:16]
    place = folder / name
    if not (place / OWN_FILE).exists():
        place.mkdir(parents=True, exist_ok=True)
        atomic_write(place / OWN_FILE, content)
    return name


def content_of(root: Path) -> bytes:
    """The content of the `own.npz` in a folder, or made from the images in it, or in a zip.

    Raises:
        DataError: there is no such folder or zip, or its images cannot be used.
    """
    packed = root / OWN_FILE
    if packed.is_file():
        return packed.read_bytes()
    if root.is_file():
        return pack_own(read_uploads([(root.name, root.read_bytes())]))
    if not root.is_dir():
        raise DataError(f"{root} is neither a folder nor a zip of images; give one as the root.")
    paths = sorted(path for path in root.rglob("*") if path.is_file())[: 2 * MAX_IMAGES]
    named = [(str(path.relative_to(root)), path.read_bytes()) for path in paths]
    return pack_own(read_uploads(named))


def read_own(root: Path) -> tuple[GreyImages, int]:
    """The data set of one's own in `root` (see `content_of`), and by how much to shift it.

    Every fifth picture is held out, chosen once and for all.

    Raises:
        DataError: there is none, or it is damaged.
    """
    images, shift = read_packed(root)
    greys, labels = torch.from_numpy(images.greys), torch.from_numpy(images.labels)
    order = torch.from_numpy(np.random.RandomState(_SPLIT_SEED).permutation(len(greys)))
    held_out = max(1, len(greys) // _HELD_OUT_SHARE)
    train, test = (
        Split(greys[some], labels[some]) for some in (order[held_out:], order[:held_out])
    )
    source = f"{len(greys)} pictures of one's own"
    return GreyImages(train, test, images.class_names, source), shift


def read_packed(root: Path) -> tuple[OwnImages, int]:
    """All pictures in `root`, and by how much they are to be shifted.

    Raises:
        DataError: there are none, or they are damaged.
    """
    content = content_of(root)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            images = OwnImages(
                file["greys"].astype(np.uint8, casting="safe"),
                file["labels"].astype(np.int64),
                tuple(str(name) for name in file["class_names"]),
            )
            shift = int(file["shift"])
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{root / OWN_FILE} is damaged ({error}); send the pictures again."
        ) from error
    if images.greys.ndim != 4 or len(images.greys) < 2 or not 0 <= shift <= MAX_SHIFT:
        raise DataError(f"{root / OWN_FILE} holds no pictures to learn from; send them again.")
    return images, shift


def shifted(split: Split, most: int) -> Split:
    """Every picture also shifted by up to `most` pixels in both directions; paper comes in.

    By less where there would be more than 20,000 pictures.
    """
    while most and len(split.images) * (2 * most + 1) ** 2 > _MOST_SHIFTED:
        most -= 1
    if not most:
        return split
    moves = [(down, right) for down in range(-most, most + 1) for right in range(-most, most + 1)]
    images = torch.cat([_moved(split.images, *move) for move in moves])
    return Split(images, split.labels.repeat(len(moves)))


def _moved(images: Tensor, down: int, right: int) -> Tensor:
    """Images `(N, C, H, W)` moved, 0 where nothing was."""
    height, width = images.shape[2:]
    moved = torch.zeros_like(images)
    to_rows, from_rows = _overlap(down, height)
    to_columns, from_columns = _overlap(right, width)
    moved[..., to_rows, to_columns] = images[..., from_rows, from_columns]
    return moved


def _overlap(move: int, size: int) -> tuple[slice, slice]:
    """Where the part that stays in sight goes, and where it was."""
    there = slice(max(move, 0), size + min(move, 0))
    return there, slice(max(-move, 0), size + min(-move, 0))
