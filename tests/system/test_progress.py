"""A command's progress redraws itself on a terminal, and prints lines in a log."""

from __future__ import annotations

import pytest

from pixelcnn.system.progress import Progress


class Stream:
    """A terminal, or a file, that records its output."""

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal
        self.written = ""

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        self.written += text
        return len(text)

    def flush(self) -> None:
        pass


def test_progress_redraws_itself_on_a_terminal_and_disappears() -> None:
    stream = Stream(terminal=True)
    with Progress("sampling", stream) as progress:  # type: ignore[arg-type]
        progress.rows(7, 28)
    assert "25% 7/28" in stream.written
    assert "\n" not in stream.written
    assert stream.written.endswith("\r\033[K")


def test_progress_in_a_log_prints_lines_for_long_work_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr("pixelcnn.system.progress.time.monotonic", lambda: now)
    stream = Stream(terminal=False)
    with Progress("training", stream) as progress:  # type: ignore[arg-type]
        progress.share(0.1, "step 1")
        assert stream.written == ""
        now = 111.0
        progress.share(0.5, "step 2")
        progress.share(0.6, "step 3")
    assert stream.written == "training  50% step 2\n"
