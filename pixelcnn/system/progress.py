"""How far a command is, on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self, TextIO

_BAR_CELLS = 24
_TERMINAL_EVERY_S = 0.1
_LOG_EVERY_S = 10.0


class Progress:
    """A bar that is drawn over and over on a terminal; in a log, a line every ten seconds."""

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._every_s = _TERMINAL_EVERY_S if self._terminal else _LOG_EVERY_S
        self._shown = time.monotonic() if not self._terminal else float("-inf")
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the bar away, to print something in its place."""
        if self._drawn:
            self._stream.write("\r\033[K")
            self._stream.flush()
            self._drawn = False

    def rows(self, done: int, total: int) -> None:
        """Show that `done` of `total` parts are done."""
        self.share(done / max(total, 1), f"{done}/{total}")

    def share(self, share: float, text: str = "") -> None:
        """Show a share from 0 to 1, with some words."""
        now = time.monotonic()
        if now - self._shown < self._every_s:
            return
        self._shown = now
        if not self._terminal:
            self._stream.write(f"{self._title} {share:4.0%} {text}\n")
        else:
            filled = round(_BAR_CELLS * min(max(share, 0.0), 1.0))
            bar = "█" * filled + "░" * (_BAR_CELLS - filled)
            self._stream.write(f"\r\033[K{self._title} {bar} {share:4.0%} {text}")
            self._drawn = True
        self._stream.flush()
