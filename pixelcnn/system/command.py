"""A module's own command, such as `python -m pixelcnn.scores`: options in, an exit status out."""

from __future__ import annotations

import sys
from typing import Protocol

import tyro

from pixelcnn.errors import LabError


class Runs(Protocol):
    """A dataclass of options with something to do."""

    def run(self) -> None:
        """Do it. Raises `LabError` if that cannot be."""


def run_command(options: type[Runs], program: str) -> int:
    """Read this process's options and run; returns the exit status, 2 for an error in words.

    Args:
        options: the dataclass; its docstring is the help.
        program: how the command is called, for the help.
    """
    command = tyro.cli(options, prog=program)
    try:
        command.run()
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    return 0
