"""Files of a run that stay readable whatever happens to the process that writes them.

Whole files are replaced in one go; logs of rows only ever grow, and a reader passes over a line
that was cut off. A lock file tells whether the writer is alive: the operating system lets go of
the lock when a process ends, however it ends, so no process number has to be trusted.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

_TEMPORARY = ".writing"


def atomic_write(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file so that a reader sees the old or the new content, never a part.

    Args:
        path: an existing file is replaced.
        content: of the new file.
        durable: also outlive a power cut, at the price of waiting for the disk.

    Raises:
        OSError: the disk is full, or the like; the old content is then still there.
    """
    with atomic_file(path, durable=durable) as file:
        file.write(content)


@contextmanager
def atomic_file(path: Path, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """`atomic_write` piece by piece: what is written here appears at `path` at the end.

    If the block raises an error, nothing of it appears.
    """
    # A name of its own, so that two who write the same file at once do not mix their contents.
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{_TEMPORARY}")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_unfinished(directory: Path) -> None:
    """Remove what a process that was killed while writing has left in `directory`."""
    for pattern in (f"*{_TEMPORARY}", ".*.tmp"):  # the second by earlier versions
        for path in directory.glob(pattern):
            path.unlink(missing_ok=True)


def to_json(row: Mapping[str, Any], *, indent: int | None = None) -> bytes:
    """JSON that every reader takes: numbers that are not finite become null, paths text.

    Raises:
        TypeError: a value that JSON does not know.
    """
    finite = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in row.items()
    }
    return (json.dumps(finite, indent=indent, allow_nan=False, default=os.fspath) + "\n").encode()


class RowWriter:
    """Appends rows to a file of JSON lines, each with one write.

    Attributes:
        continues: whether there was something in the file before.
    """

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("ab", buffering=0)
        self.continues = self._file.tell() > 0
        # A line that a killed process left unfinished must not swallow the next one.
        if self.continues and not path.read_bytes().endswith(b"\n"):
            self._file.write(b"\n")

    def write(self, row: Mapping[str, Any]) -> None:
        """Append one row."""
        self._file.write(to_json(row))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_jsonl(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The rows from `offset` bytes on, and the offset from which to read on later.

    Lines that were cut off by the end of their process are passed over, and a last line without
    its end is left for later.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            content = file.read()
    except FileNotFoundError:
        return [], 0
    whole = content[: content.rfind(b"\n") + 1]
    rows = []
    for line in whole.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(row)
    return rows, offset + len(whole)


class RunLock:
    """Held by the one process that writes a run directory, for as long as it lives."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self, patience_s: float = 2.0) -> bool:
        """Take the lock; False if another process keeps it.

        A reader that looks whether it is held holds it for a moment, hence the patience.
        """
        file = self._path.open("ab")
        deadline = time.monotonic() + patience_s
        while not _lock(file, shared=False):
            if time.monotonic() > deadline:
                file.close()
                return False
            time.sleep(0.01)
        self._file = file
        return True

    def release(self) -> None:
        """Let go of the lock."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def is_held(self) -> bool:
        """Whether a living process holds the lock."""
        try:
            file = self._path.open("rb")
        except OSError:  # there is none, or something else in its place
            return False
        with file:
            return not _lock(file, shared=True)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes], *, shared: bool) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[bytes], *, shared: bool) -> bool:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
