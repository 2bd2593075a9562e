"""Commands write to any terminal: in any encoding, to a reader that has gone, and to none."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from pixelcnn.cli import COMMANDS, main
from pixelcnn.system.terminal import OutputClosed, forgiving_output
from tests.helpers.cli_cases import trained


@contextmanager
def output_to(stream: io.TextIOWrapper | None) -> Iterator[None]:
    """Let both outputs of this process be a stream of this kind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        patch.setattr(sys, "stderr", stream)
        yield


def nobody_reads() -> io.TextIOWrapper:
    """A pipe into which the next flush fails."""
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "w", encoding="utf-8")


def terminal(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")


def shown(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(stream.encoding)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("trained"))


def commands(checkpoint: Path, folder: Path) -> list[list[str]]:
    """The help of every command, and a line for each kind of output."""
    return [
        ["--help"],
        *([name, "--help"] for name in COMMANDS),
        ["evaluate", str(checkpoint), "--data", "digits8x8", "--limit", "20"],
        ["sample", str(checkpoint), "--number", "1", "--output", str(folder / "one.png")],
        ["audit", "--model", "pixelcnn", "--preset", "tiny", "--size", "8"],
        ["handout", "--output", str(folder / "handout.md")],
        ["evaluate", "no-such-model"],
        ["no-such-command"],
    ]


def ended(command: list[str]) -> object:
    try:
        return main(command)
    except SystemExit as ended_with:
        return ended_with.code


def test_every_command_ends_quietly_when_nobody_reads_it(checkpoint: Path, tmp_path: Path) -> None:
    for command in commands(checkpoint, tmp_path):
        stream = nobody_reads()
        with output_to(stream):
            assert ended(command) in (0, 2, 141), command
        stream.close()  # nothing is left in it that could fail later


def test_every_command_speaks_plainly_to_a_terminal_with_few_letters(
    checkpoint: Path, tmp_path: Path
) -> None:
    for command in commands(checkpoint, tmp_path):
        stream = terminal("ascii")
        with output_to(stream):
            assert ended(command) in (0, 2), command
        assert shown(stream).strip(), command
    stream = terminal("ascii")
    with output_to(stream):
        assert main(["evaluate", str(checkpoint), "--data", "digits8x8", "--limit", "20"]) == 0
    assert "+/-" in shown(stream)


def test_a_command_without_any_output_still_works(tmp_path: Path) -> None:
    with output_to(None):
        assert main(["handout", "--output", str(tmp_path / "handout.md")]) == 0
        assert main(["evaluate", "no-such-model"]) == 2


@given(st.text(), st.sampled_from(["ascii", "latin-1", "cp437", "cp1252", "utf-8"]))
def test_any_text_can_be_written_in_any_encoding(text: str, encoding: str) -> None:
    stream = terminal(encoding)
    with output_to(stream), forgiving_output():
        print(text, end="")
    plain = shown(stream)
    if encoding == "utf-8" and text.isprintable():
        assert plain == text
    assert stream.errors == "strict"


def test_a_full_disk_is_told_and_not_taken_for_a_reader_that_went() -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no device here that is always full")
    with open("/dev/full", "w") as full, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", full)
        assert main(["--help"]) == 2


def test_a_reader_that_went_is_like_ctrl_c() -> None:
    assert issubclass(OutputClosed, KeyboardInterrupt)
