"""A data set of one's own: kept as one file, split, and made larger by shifting its pictures."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pixelcnn.data.dataset import GreyImages, Split
from pixelcnn.data.levels import MAX_SIZE, resize
from pixelcnn.data.names import OWN_FILE
from pixelcnn.errors import DataError
from pixelcnn.pictures.classes import held_out
from pixelcnn.pictures.forms import FORMS, Form
from pixelcnn.pictures.limits import LIMITS
from pixelcnn.pictures.sets import LeftOut, PictureSet, Report, check, read_folder
from pixelcnn.pictures.shrink import shrink
from pixelcnn.system.arrays import npz_bytes
from pixelcnn.system.atomic_files import atomic_write
from pixelcnn.system.checks import check_whole

OWN_TEXT = "pictures of one's own: a folder, a zip or a table of pictures, given as root"

MAX_SHIFT = 3
USUAL_SIZE = 28
_MOST_SHIFTED = 20_000
_HELD_OUT_SHARE = 0.2
_SPLIT_SEED = 0


def pack_own(images: PictureSet, shift: int = 0) -> bytes:
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
    left_out = np.array([(one.name, one.reason) for one in images.left_out], np.str_)
    return npz_bytes(
        greys=images.greys,
        labels=images.labels,
        class_names=np.array(images.class_names, np.str_),
        names=np.array(images.names, np.str_),
        sources=images.sources,
        light=images.light,
        drawn=images.drawn,
        kept=images.kept,
        left_out=left_out.reshape(-1, 2),
        form=np.str_(images.form),
        shift=np.int64(shift),
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


def content_of(root: Path, form: Form = "digit", progress: Report | None = None) -> bytes:
    """The content of the `own.npz` in a folder, or made from the pictures that `root` names.

    Args:
        root: a folder with an `own.npz`; or a folder, a zip, a table or a picture.
        form: how pictures are read, see `pictures.reading`; an `own.npz` has been read already.
        progress: called with (pictures read, pictures in all).

    Raises:
        DataError: there is nothing there, or nothing to learn from.
    """
    packed = root / OWN_FILE
    if packed.is_file():
        return packed.read_bytes()
    if not root.exists():
        raise DataError(f"{root} does not exist. Give a folder, a zip or a table of pictures.")
    return pack_own(read_folder(root, form, progress=progress))


def read_own(root: Path, size: int | None = None, form: Form = "digit") -> tuple[GreyImages, int]:
    """The data set of one's own in `root` (see `content_of`), and by how much to shift it.

    A fifth of each class is held out, chosen once and for all.

    Raises:
        DataError: there is none, or it is damaged, or nothing can be learnt from it.
    """
    images, shift = read_packed(root, form)
    check(images)
    greys = at_size(images, size)
    labels, class_names = _classes_left(images)
    chosen = torch.from_numpy(held_out(labels.numpy(), _HELD_OUT_SHARE, _SPLIT_SEED))
    train, test = (Split(greys[some], labels[some]) for some in (~chosen, chosen))
    return GreyImages(train, test, class_names, f"{len(greys)} pictures of one's own"), shift


def at_size(images: PictureSet, size: int | None = None) -> Tensor:
    """The pictures that take part, as a network gets them but for its levels.

    Args:
        images: the set.
        size: height and width in pixels; None for their own, or 28 where they are larger than 64.

    Returns:
        uint8 `(N, 1, size, size)`. Drawings keep their strokes; others are averaged.
    """
    side = images.greys.shape[-1]
    if size is None:
        size = side if side <= LIMITS.side else USUAL_SIZE
    check_whole("size", size, 2, MAX_SIZE)
    greys = torch.from_numpy(images.greys)
    small = resize(greys, size)
    for at in np.flatnonzero(images.kept & images.drawn):
        small[at, 0] = torch.from_numpy(shrink(images.greys[at, 0], size))
    return small[torch.from_numpy(images.kept)]


def _classes_left(images: PictureSet) -> tuple[Tensor, tuple[str, ...]]:
    """The labels of the pictures that take part, and the classes that are left."""
    labels = images.labels[images.kept]
    left, numbers = np.unique(labels, return_inverse=True)
    if not images.class_names or len(left) < 2:
        return torch.zeros(len(labels), dtype=torch.int64), ()
    names = tuple(images.class_names[at] for at in left)
    return torch.from_numpy(numbers.astype(np.int64)), names


def read_packed(root: Path, form: Form = "digit") -> tuple[PictureSet, int]:
    """All pictures in `root`, and by how much they are to be shifted.

    Raises:
        DataError: there are none, or they are damaged.
    """
    return unpack_own(content_of(root, form), str(root / OWN_FILE))


def unpack_own(content: bytes, name: str = OWN_FILE) -> tuple[PictureSet, int]:
    """What `pack_own` packed; files from before pictures were kept with their names too.

    Raises:
        DataError: it is damaged.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            images, shift = _unpacked(file), int(file["shift"])
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{name} is damaged ({error}). Send the pictures again.") from error
    shapes = (images.greys.ndim == 4, len(images.greys) >= 2, 0 <= shift <= MAX_SHIFT)
    if not all(shapes) or len(images.names) != len(images.greys):
        raise DataError(f"{name} holds no pictures to learn from. Send them again.")
    return images, shift


def _unpacked(file: np.lib.npyio.NpzFile) -> PictureSet:
    greys = file["greys"].astype(np.uint8, casting="safe")
    count = len(greys)
    images = PictureSet(
        greys=greys,
        labels=file["labels"].astype(np.int64),
        class_names=tuple(map(str, file["class_names"])),
        names=tuple(f"no. {at + 1}" for at in range(count)),
        sources=greys[:, 0],
        light=np.ones(count, bool),
        drawn=np.zeros(count, bool),
        kept=np.ones(count, bool),
        form="as-is",
    )
    if "kept" not in file:
        return images
    form = next(one for one in FORMS if one == str(file["form"]))
    return replace(
        images,
        names=tuple(map(str, file["names"])),
        sources=file["sources"].astype(np.uint8, casting="safe"),
        light=file["light"].astype(bool),
        drawn=file["drawn"].astype(bool),
        kept=file["kept"].astype(bool),
        left_out=tuple(LeftOut(*map(str, one)) for one in file["left_out"]),
        form=form,
    )


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
