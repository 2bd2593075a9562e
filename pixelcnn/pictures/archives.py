"""The files of a set: sent one by one, in folders, or in zip archives.

Nothing is ever unpacked to the disk, and no name that came with a file is opened: names only serve
for messages, and the folders in them for classes.
"""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pixelcnn.errors import DataError
from pixelcnn.pictures.deadline import Deadline
from pixelcnn.pictures.decode import shown
from pixelcnn.pictures.limits import Limits, megabytes
from pixelcnn.pictures.zip_names import readable_names


@dataclass(frozen=True)
class File:
    """A file that can be read when its turn comes.

    Attributes:
        name: with its folders, as it came.
        read: its content; raises a `DataError` that says why it cannot be read.
        path: where it lies on this machine; None if it does not.
    """

    name: str
    read: Callable[[], bytes]
    path: Path | None = None

    @property
    def parts(self) -> list[str]:
        """Its folders and its own name."""
        return [part for part in self.name.replace("\\", "/").split("/") if part not in _NOWHERE]

    @property
    def hidden(self) -> bool:
        """Whether a system put it there, such as `__MACOSX/._7.png`, `.DS_Store` or `Thumbs.db`."""
        parts = self.parts
        return (
            not parts
            or any(part.startswith((".", "__MACOSX")) for part in parts)
            or parts[-1].lower() in ("thumbs.db", "desktop.ini")
        )


_NOWHERE = ("", ".", "..")


def sent(files: Iterable[tuple[str, bytes]]) -> list[File]:
    """Files that a browser sent: their names and contents."""
    return [File(name, partial(bytes, content)) for name, content in files]


def files_below(root: Path, limits: Limits) -> list[File]:
    """The files of a folder, its subfolders included; or a single file.

    Raises:
        DataError: there are too many.
    """
    if root.is_file():
        return [_on_disk(root, root.name, limits)]
    found = []
    for path in sorted(root.rglob("*")):
        if path.is_file():
            found.append(_on_disk(path, str(path.relative_to(root)), limits))
            if len(found) > limits.entries:
                raise DataError(
                    f"{root.name} holds more than {limits.entries:,} files. Give a smaller folder."
                )
    return found


def _on_disk(path: Path, name: str, limits: Limits) -> File:
    def read() -> bytes:
        try:
            if path.stat().st_size > limits.unpacked_bytes:
                raise DataError(f"{shown(name)} has more than {megabytes(limits.unpacked_bytes)}.")
            return path.read_bytes()
        except OSError as error:
            raise DataError(f"{shown(name)} cannot be read: {error.strerror}.") from error

    return File(name, read, path)


class Unpacking:
    """What all archives of a set have unpacked to so far, and how much that may be."""

    def __init__(self, limits: Limits, deadline: Deadline) -> None:
        self.deadline = deadline
        self._left = limits.unpacked_bytes
        self._most = limits.unpacked_bytes
        self._lock = threading.Lock()

    def allow(self, archive_bytes: int) -> None:
        """An archive of this size may unpack to as much: photographs do not get smaller in it."""
        with self._lock:
            self._left += max(0, archive_bytes)

    def take(self, count: int) -> None:
        """Unpack so many bytes more.

        Raises:
            DataError: that would be too many, or the time is over.
        """
        self.deadline.check()
        with self._lock:
            if count > self._left:
                raise DataError(
                    f"Unpacked, these files have more than {megabytes(self._most)}. Shrink the "
                    "pictures first, or take fewer."
                )
            self._left -= count


def unpacked(files: Iterable[File], limits: Limits, unpacking: Unpacking) -> Iterator[File]:
    """The files, and in place of each zip archive those in it; hidden ones are passed over.

    Raises:
        DataError: an archive that unpacks to too much, or holds too many files.
    """
    for file in files:
        if file.hidden:
            continue
        if file.parts[-1].lower().endswith(".zip"):
            yield from _in_archive(file, limits, unpacking)
        else:
            yield file


def _in_archive(file: File, limits: Limits, unpacking: Unpacking) -> Iterator[File]:
    name = shown(file.name)
    try:
        source = file.path if file.path is not None else io.BytesIO(file.read())
        archive = zipfile.ZipFile(source)
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        names = readable_names(entries)
        size = archive.fp.seek(0, io.SEEK_END) if archive.fp else 0
    except Exception as error:  # a damaged archive makes the reader raise almost anything
        reason = f"{name} is no zip that can be read ({type(error).__name__}). Pack it again."
        yield File(file.name, _refusing(reason))
        return
    if len(entries) > limits.entries:
        raise DataError(f"{name} holds more than {limits.entries:,} files. Take fewer.")
    unpacking.allow(min(size, 4 * limits.unpacked_bytes))
    # What the archive says of itself; reading stops there, so it cannot say too little.
    unpacking.take(sum(entry.file_size for entry in entries))
    for entry, entry_name in zip(entries, names, strict=True):
        inside = File(entry_name, _reader(archive, entry, entry_name, limits))
        if inside.hidden:
            continue
        if entry_name.lower().endswith(".zip"):
            inside = File(entry_name, _refusing("it is a zip inside a zip; send it on its own"))
        yield inside


def _reader(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, limits: Limits
) -> Callable[[], bytes]:
    def read() -> bytes:
        if entry.flag_bits & 1:
            raise DataError(f"{shown(name)} needs a password. Pack it without one.")
        try:
            with archive.open(entry) as file:
                return file.read(limits.unpacked_bytes + 1)
        except Exception as error:
            raise DataError(
                f"{shown(name)} cannot be unpacked ({type(error).__name__}). Pack it again."
            ) from error

    return read


def _refusing(reason: str) -> Callable[[], bytes]:
    def read() -> bytes:
        raise DataError(reason)

    return read
