"""Pictures in tables of numbers: CSV, NPY, NPZ, and MNIST's own IDX files, gzipped or not."""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import itertools
import math
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import DataError
from pixelcnn.pictures.archives import Unpacking
from pixelcnn.pictures.deadline import Deadline
from pixelcnn.pictures.decode import shown

ENDINGS = (".csv", ".tsv", ".npy", ".npz", ".gz")

_IDX_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_LABEL_NAMES = ("label", "labels", "class", "target", "y", "digit", "category")
_LEAST_SIDE = 4
_MOST_CLASSES_IN_COLUMNS = 50
_ROWS_PER_LOOK = 1000

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Table:
    """Pictures of one size, and what each is.

    Attributes:
        name: of the file, and of the array in it.
        pictures: numbers of any scale, `(N, H, W)`.
        labels: text, `(N,)`; None where there are none.
    """

    name: str
    pictures: NDArray[Any]
    labels: list[str] | None


def is_table(name: str) -> bool:
    """Whether a file's name is that of a table."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return last.endswith(ENDINGS) or last.endswith(("ubyte", ".idx")) or "-idx" in last


def arrays_of(name: str, content: bytes, unpacking: Unpacking) -> Arrays:
    """The arrays of a file, by name; a CSV gives `pictures` and, where it has them, `labels`.

    Raises:
        DataError: it is damaged, or no table of pictures; the message names it.
    """
    last = name.lower()
    try:
        if last.endswith(".gz"):
            content, last = _gunzipped(content, unpacking), last[:-3]
        if last.endswith((".csv", ".tsv")):
            return _csv(name, content, unpacking.deadline)
        if content.startswith(b"\x93NUMPY"):
            return {name: _npy(content)}
        if content.startswith(b"PK"):
            return _npz(name, content, unpacking)
        if content[:2] == b"\0\0" and len(content) > 4 and content[2] in _IDX_TYPES:
            return {name: _idx(content)}
    except DataError:
        raise
    except Exception as error:  # whatever a decoder stumbles over in a damaged file
        raise DataError(
            f"{shown(name)} cannot be read as a table: it is damaged ({type(error).__name__})."
        ) from error
    raise DataError(f"{shown(name)} is no table of pictures: no CSV, NPY, NPZ or IDX file.")


def tables_in(arrays: Arrays) -> tuple[list[Table], list[str]]:
    """The pictures among some arrays, each with the labels that go with them.

    Returns:
        The tables, and the names of the arrays that are neither pictures nor labels of some.
    """
    pictures: Arrays = {}
    labels: dict[str, list[str]] = {}
    for name, one in arrays.items():
        if (stack := _as_pictures(one)) is not None:
            pictures[name] = stack
        elif (some := _as_labels(one)) is not None:
            labels[name] = some
    tables, used = [], set()
    for name, stack in pictures.items():
        fitting = [other for other, some in labels.items() if len(some) == len(stack)]
        best = max(fitting, key=lambda other: _likeness(name, other), default=None)
        used.add(best)
        tables.append(Table(name, stack, labels[best] if best is not None else None))
    rest = [name for name in arrays if name not in pictures and name not in used]
    return tables, rest


def _likeness(images: str, labels: str) -> float:
    return difflib.SequenceMatcher(None, images, labels).ratio()


# ---------------------------------------------------------------- arrays


def _as_pictures(array: NDArray[Any]) -> NDArray[Any] | None:
    """As `(N, H, W)`, if these can be pictures; colours become grey."""
    if array.dtype.kind not in "buif" or array.size == 0:
        return None
    if array.ndim == 4 and array.shape[3] in (1, 3, 4):
        array = array[..., :3]
        return array[..., 0] if array.shape[3] == 1 else array.mean(axis=3)
    if array.ndim == 4 and array.shape[1] in (1, 3, 4):
        array = array[:, :3]
        return array[:, 0] if array.shape[1] == 1 else array.mean(axis=1)
    if array.ndim == 3 and min(array.shape[1:]) >= _LEAST_SIDE:
        return array
    if array.ndim == 2:
        rows, columns = array.shape
        side = math.isqrt(columns)
        if rows == columns and rows >= _LEAST_SIDE:
            return array[None]
        if side >= _LEAST_SIDE and side * side == columns:
            return array.reshape(rows, side, side)
        if min(rows, columns) > _MOST_CLASSES_IN_COLUMNS:
            return array[None]
    return None


def _as_labels(array: NDArray[Any]) -> list[str] | None:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    one_hot = (
        array.ndim == 2
        and 2 <= array.shape[1] <= _MOST_CLASSES_IN_COLUMNS
        and array.dtype.kind in "buif"
        and bool((array.sum(axis=1) == 1).all())
    )
    if one_hot:
        array = array.argmax(axis=1)
    if array.ndim != 1:
        return None
    if array.dtype.kind in "bui":
        return [str(int(one)) for one in array]
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.round(array)).all():
        return [str(int(one)) for one in array]
    if array.dtype.kind in "US":
        return [
            one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in array
        ]
    return None


# ---------------------------------------------------------------- formats


def _npy(content: bytes) -> NDArray[Any]:
    """An array whose header claims no more than there is."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, fortran, dtype = read(file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    count = math.prod(shape)
    array = np.frombuffer(content, dtype, count, file.tell())
    return array.reshape(shape, order="F" if fortran else "C")


def _npz(name: str, content: bytes, unpacking: Unpacking) -> Arrays:
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacking.take(sum(entry.file_size for entry in archive.infolist()))
        for entry in archive.infolist():
            inside = entry.filename.removesuffix(".npy")
            arrays[f"{name}: {inside}"] = _npy(archive.read(entry))
    return arrays


def _idx(content: bytes) -> NDArray[Any]:
    dimensions = content[3]
    start = 4 + 4 * dimensions
    shape = tuple(
        int.from_bytes(content[4 + 4 * at : 8 + 4 * at], "big") for at in range(dimensions)
    )
    return np.frombuffer(content, _IDX_TYPES[content[2]], math.prod(shape), start).reshape(shape)


def _gunzipped(content: bytes, unpacking: Unpacking) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    pieces = []
    rest = content
    while rest and not unpacker.eof:
        piece = unpacker.decompress(rest, 2**20)
        unpacking.take(len(piece))
        pieces.append(piece)
        rest = unpacker.unconsumed_tail
    if not unpacker.eof:
        raise gzip.BadGzipFile("it is cut off")
    return b"".join(pieces)


def _csv(name: str, content: bytes, deadline: Deadline) -> Arrays:
    """Rows of pixels, with or without a column of labels and a line of titles."""
    text = content.decode("utf-8-sig", "replace")
    start = text[: text.find("\n") + 1] or text
    separator = max(",;\t", key=start.count)
    rows = (row for row in csv.reader(io.StringIO(text), delimiter=separator) if row)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{shown(name)} is empty.")
    titles = [cell.strip().lower() for cell in first]
    has_titles = sum(not _is_number(cell) for cell in titles) > 1
    columns = len(first)
    at = _label_column(titles if has_titles else [], columns)
    pixels = columns - (at is not None)
    side = math.isqrt(pixels)
    if side < _LEAST_SIDE or side * side != pixels:
        raise DataError(
            f"{shown(name)} has {columns} columns. Each row must be one square picture: "
            "its pixels, and, if you like, a label before them."
        )
    # Row by row: as text, a table takes ten times as much memory as its numbers.
    pictures, labels = [], []
    for number, row in enumerate(rows if has_titles else itertools.chain([first], rows), 1):
        if number % _ROWS_PER_LOOK == 0:
            deadline.check()
        if len(row) != columns:
            raise DataError(
                f"{shown(name)}, row {number}, has {len(row)} columns and not {columns}."
            )
        if at is not None:
            labels.append(_label(row.pop(at)))
        try:
            pictures.append(np.array(row, np.float32))
        except ValueError as error:
            raise DataError(
                f"{shown(name)}, row {number}, holds a pixel that is no number."
            ) from error
    if not pictures:
        raise DataError(f"{shown(name)} has titles and no pictures.")
    found: Arrays = {name: np.stack(pictures).reshape(-1, side, side)}
    if at is not None:
        found[f"{name}: labels"] = np.array(labels)
    return found


def _label_column(titles: list[str], columns: int) -> int | None:
    for name in _LABEL_NAMES:
        if name in titles:
            return titles.index(name)
    side = math.isqrt(columns)
    return None if side * side == columns else 0


def _label(text: str) -> str:
    text = text.strip()
    return str(int(float(text))) if _is_number(text) and float(text).is_integer() else text


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
