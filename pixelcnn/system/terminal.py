"""Output of commands to any terminal: in any encoding, and when nobody reads it any more."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any, cast

from pixelcnn.errors import LabError

_PLAIN = "pixelcnn-plain"
_GONE = (errno.EPIPE, errno.EIO, errno.EBADF, errno.ESHUTDOWN, errno.ENXIO)
_INSTEAD = {
    "±": "+/-",
    "×": "x",
    "·": "-",
    "−": "-",
    "–": "-",
    "—": "-",
    "→": "->",
    "←": "<-",
    "≤": "<=",
    "≥": ">=",
    "█": "#",
    "░": ".",
    "“": '"',
    "”": '"',
    "’": "'",
    "‘": "'",
    "…": "...",
    "✓": "v",
}


class OutputClosed(KeyboardInterrupt):
    """Nobody reads the output any more: the command ends as it does after Ctrl-C."""


@contextlib.contextmanager
def forgiving_output() -> Iterator[None]:
    """Make standard output and standard error bear any text and any end of their readers.

    A sign that the terminal cannot show is replaced by a similar one. When standard output has no
    reader any more (`| head -1`, a closed terminal), the next text raises `OutputClosed`; text
    for standard error is dropped.

    Raises:
        LabError: standard output cannot be written for another reason, such as a full disk.
    """
    codecs.register_error(_PLAIN, _in_plain_letters)
    before = sys.stdout, sys.stderr
    streams = [_Stream(stream, main=stream is before[0]) for stream in before]
    sys.stdout, sys.stderr = cast("tuple[Any, Any]", tuple(streams))
    try:
        yield
        sys.stdout.flush()
    finally:
        for stream in reversed(streams):
            stream.close_gently()
        sys.stdout, sys.stderr = before


class _Stream:
    """A text stream that outlives its reader; all else is that of the stream it wraps."""

    def __init__(self, stream: Any, *, main: bool) -> None:
        if stream is None:  # closed by whoever started the command
            stream = io.StringIO()
        self._stream, self._main = stream, main
        self._errors = getattr(stream, "errors", None)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_PLAIN)

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except (OSError, ValueError) as error:
            self._lose(error)
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._lose(error)

    def close_gently(self) -> None:
        """Write what is left, if that is possible; then the stream is as it was."""
        with contextlib.suppress(OutputClosed, LabError):
            self.flush()
        if isinstance(self._stream, io.TextIOWrapper) and self._errors and not self._stream.closed:
            with contextlib.suppress(OSError, ValueError):
                self._stream.reconfigure(errors=self._errors)

    def _lose(self, error: OSError | ValueError) -> None:
        """Send what is still in the buffer, and all that comes, nowhere."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
        if not self._main:
            return
        if isinstance(error, OSError) and error.errno not in _GONE:
            raise LabError(f"The output cannot be written ({error.strerror}).") from error
        raise OutputClosed from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    """What stands for signs that an encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    plain = "".join(_plain(sign) for sign in found)
    return plain.encode("ascii", "replace").decode(), error.end


def _plain(sign: str) -> str:
    if sign in _INSTEAD:
        return _INSTEAD[sign]
    if "\u2500" <= sign <= "\u257f":  # the lines of a table
        return "-" if "HORIZONTAL" in unicodedata.name(sign, "") else "|"
    letters = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return letters or "?"
