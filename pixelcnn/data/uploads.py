"""Pictures that somebody sends: image files and zips of them, checked before they are decoded.

Nothing is ever unpacked to the disk, and no name that came with a file is opened: names only serve
for messages, and the folder that a picture lies in for its class.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pixelcnn.errors import DataError

MAX_UPLOAD_BYTES = 64 * 2**20
MAX_UNPACKED_BYTES = 256 * 2**20
MAX_IMAGE_BYTES = 20 * 2**20
MAX_PIXELS = 16_000_000
MAX_IMAGES = 5000
MAX_ENTRIES = 20_000
MAX_CLASSES = 50
LEAST_IMAGES = 5
STORED_SIZE = 32

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM")
_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".pgm", ".ppm")
_LONGEST_NAME = 40

File = tuple[str, bytes]
"""The name of a file, as it came, and its content."""


@dataclass(frozen=True, eq=False)
class OwnImages:
    """Pictures of one's own.

    Attributes:
        greys: uint8 `(N, 1, S, S)`: 0 for paper, 255 for ink.
        labels: int64 `(N,)`; all 0 without classes.
        class_names: names of the classes; empty for none.
        skipped: files that were passed over, since their names do not end like an image's.
    """

    greys: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...] = ()
    skipped: int = 0


def read_uploads(files: Sequence[File]) -> OwnImages:
    """Read image files and zips of them; pictures in two or more folders get these for classes.

    A picture becomes grey, is cropped to its central square, and shrunk to 32 x 32 by averaging. If
    most of them are light at the edge, all are turned around, so that paper is dark and ink light,
    as with MNIST's digits.

    Raises:
        DataError: too large, too many, too few, or not readable; the message says which and why.
    """
    if sum(len(content) for _, content in files) > MAX_UPLOAD_BYTES:
        raise DataError(
            f"These files have more than {_megabytes(MAX_UPLOAD_BYTES)} together; shrink the "
            "pictures first, or take fewer."
        )
    names: list[str] = []
    pictures: list[NDArray[np.uint8]] = []
    skipped = unpacked = 0
    for name, content in _all_files(files):
        if not name.lower().endswith(_ENDINGS):
            skipped += 1
            continue
        if len(pictures) == MAX_IMAGES:
            raise DataError(f"There are more than {MAX_IMAGES:,} pictures; take fewer.")
        unpacked += len(content)
        if unpacked > MAX_UNPACKED_BYTES:
            raise DataError(_too_much_unpacked())
        pictures.append(_decoded(name, content))
        names.append(name)
    if len(pictures) < LEAST_IMAGES:
        found = "no picture" if not pictures else f"only {len(pictures)}"
        others = f" and {skipped} other files" if skipped else ""
        raise DataError(
            f"There is {found} here{others}; at least {LEAST_IMAGES} are needed, as files that end "
            f"in {', '.join(_ENDINGS)}."
        )
    labels, class_names = _classes(names)
    return OwnImages(_light_ink(np.stack(pictures)), labels, class_names, skipped)


def shown(name: str) -> str:
    """A name from anywhere, fit for a message: printable, on one line, and short."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in name)
    return plain if len(plain) <= _LONGEST_NAME else f"...{plain[-_LONGEST_NAME:]}"


def _all_files(files: Sequence[File]) -> Iterator[File]:
    """The files, and in place of each zip those in it."""
    for name, content in files:
        if name.lower().endswith(".zip"):
            yield from _unzipped(name, content)
        elif not _is_hidden(name):
            yield name, content


def _unzipped(name: str, content: bytes) -> Iterator[File]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [
                entry
                for entry in archive.infolist()
                if not entry.is_dir() and not _is_hidden(entry.filename)
            ]
            if len(entries) > MAX_ENTRIES:
                raise DataError(f"{shown(name)} holds more than {MAX_ENTRIES:,} files; take fewer.")
            # What the archive says of itself; reading stops there, so it cannot say too little.
            if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
                raise DataError(_too_much_unpacked())
            for entry in entries:
                if not entry.filename.lower().endswith(_ENDINGS):
                    yield entry.filename, b""
                    continue
                if entry.flag_bits & 1:
                    raise DataError(f"{shown(name)} needs a password; pack it without one.")
                with archive.open(entry) as file:
                    yield entry.filename, file.read(MAX_IMAGE_BYTES + 1)
    except DataError:
        raise
    except Exception as error:  # a damaged archive makes the reader raise almost anything
        raise DataError(
            f"{shown(name)} is no zip that can be read ({type(error).__name__}); pack it again."
        ) from error


def _too_much_unpacked() -> str:
    return (
        f"Unpacked, these files have more than {_megabytes(MAX_UNPACKED_BYTES)}; shrink the "
        "pictures first, or take fewer."
    )


def _is_hidden(name: str) -> bool:
    """Whether a system put it there, such as `__MACOSX/._7.png` or `.DS_Store`."""
    parts = _parts(name)
    return not parts or parts[-1].startswith(".") or "__MACOSX" in parts


def _parts(name: str) -> list[str]:
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]


def _decoded(name: str, content: bytes) -> NDArray[np.uint8]:
    """A picture as uint8 `(S, S)`."""
    if len(content) > MAX_IMAGE_BYTES:
        raise DataError(f"{shown(name)} has more than {_megabytes(MAX_IMAGE_BYTES)}; shrink it.")
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            pixels = image.width * image.height
            if pixels <= MAX_PIXELS:
                from pixelcnn.data.images import smaller  # which needs this package

                return _square(ImageOps.exif_transpose(smaller(image)))
    except Exception as error:  # decoders raise whatever they stumble over in a damaged file
        raise DataError(
            f"{shown(name)} cannot be read as a picture ({type(error).__name__}); remove it, or "
            f"save it again as one of {', '.join(_FORMATS)}."
        ) from error
    raise DataError(
        f"{shown(name)} has {pixels:,} pixels, more than {MAX_PIXELS:,}; shrink it first."
    )


def _square(image: Image.Image) -> NDArray[np.uint8]:
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    grey = image.convert("L")
    fitted = ImageOps.fit(grey, (STORED_SIZE, STORED_SIZE), Image.Resampling.BOX)
    return np.asarray(fitted, dtype=np.uint8)


def _light_ink(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures `(N, S, S)` as `(N, 1, S, S)`, light on dark."""
    edges = [pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1]]
    on_light_paper = np.median(np.concatenate(edges, axis=1)) >= 128
    return (255 - pictures if on_light_paper else pictures)[:, None]


def _classes(names: list[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The class of each file and the names of the classes: those of the folders they lie in."""
    folders = [shown(parts[-2]) if len(parts := _parts(name)) > 1 else "" for name in names]
    known = sorted(set(folders))
    if len(known) < 2:
        return np.zeros(len(names), np.int64), ()
    if len(known) > MAX_CLASSES:
        raise DataError(
            f"The pictures lie in {len(known):,} folders, and each folder is a class; at most "
            f"{MAX_CLASSES} are possible. Put them into fewer folders, or into one for no classes."
        )
    places = {folder: place for place, folder in enumerate(known)}
    class_names = tuple(folder or "(no folder)" for folder in known)
    return np.array([places[folder] for folder in folders], np.int64), class_names


def _megabytes(count: int) -> str:
    return f"{count // 2**20} MB"
