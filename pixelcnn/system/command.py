"""Runs a module's own command, such as `python -m pixelcnn.scores`."""

from __future__ import annotations

import sys
from typing import Protocol

import tyro

from pixelcnn.errors import LabError


class Runs(Protocol):
    """A dataclass of command-line options that can be run."""

    def run(self) -> None:
        """Run the command. Raises `LabError` on failure."""


def run_command(options: type[Runs], program: str) -> int:
    """Parse this process's options and run; returns the exit status, 2 for a `LabError`.

    Args:
        options: the dataclass; its docstring is the help text.
        program: the command's name, for the help text.
    """
    command = tyro.cli(options, prog=program)
    try:
        command.run()
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    return 0
