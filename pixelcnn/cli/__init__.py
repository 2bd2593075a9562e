"""The command line: `python -m pixelcnn COMMAND`.

Each command is a frozen dataclass in its own module: its fields are the options, its docstring the
help text, and `run` does the work and returns the exit status. Torch is imported inside `run`, so
that help appears at once.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

import tyro

from pixelcnn.cli.app import App
from pixelcnn.cli.audit import Audit
from pixelcnn.cli.bench.command import Bench
from pixelcnn.cli.card import Card
from pixelcnn.cli.complete import Complete
from pixelcnn.cli.compress import Compress, Decompress
from pixelcnn.cli.evaluate import Evaluate
from pixelcnn.cli.experiment import Repeat
from pixelcnn.cli.handout import Handout
from pixelcnn.cli.pictures import Pictures
from pixelcnn.cli.read import Read
from pixelcnn.cli.remake import Remake
from pixelcnn.cli.sample import Sample
from pixelcnn.cli.train import Train
from pixelcnn.cli.wheelhouse import Wheelhouse
from pixelcnn.errors import LabError
from pixelcnn.system.terminal import OutputClosed, forgiving_output

_PROGRAM = "python -m pixelcnn"
_MISUSED = 2
_INTERRUPTED = 130
_UNHEARD = 141  # as a shell reports a program that wrote to a closed pipe


class Command(Protocol):
    """What a command's dataclass needs besides its options."""

    def run(self) -> int: ...


COMMANDS: Mapping[str, type[Command]] = {
    "app": App,
    "train": Train,
    "sample": Sample,
    "complete": Complete,
    "compress": Compress,
    "decompress": Decompress,
    "evaluate": Evaluate,
    "read": Read,
    "card": Card,
    "experiment": Repeat,
    "audit": Audit,
    "bench": Bench,
    "handout": Handout,
    "pictures": Pictures,
    "remake": Remake,
    "wheelhouse": Wheelhouse,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: after `python -m pixelcnn`; by default this process's own.

    Returns:
        The exit status: 0 for success, 1 if an audit found a leak, 2 for an error (explained in a
        sentence on standard error), 130 after Ctrl-C, 141 when nobody reads the output any more.

    Raises:
        SystemExit: invalid options (2), or help (0).
    """
    try:
        with forgiving_output():
            return _run(arguments if arguments is not None else sys.argv[1:] or ["--help"])
    except OutputClosed:
        return _UNHEARD
    except LabError as error:
        _say(str(error))
        return _MISUSED


def _run(arguments: Sequence[str]) -> int:
    name, *rest = arguments
    if name in ("-h", "--help"):
        print(_overview())
        return 0
    if name not in COMMANDS:
        _say(f"There is no command {name!r}; use one of {', '.join(COMMANDS)}.")
        return _MISUSED
    command = tyro.cli(
        COMMANDS[name],
        prog=f"{_PROGRAM} {name}",
        description=_summary(COMMANDS[name]),
        args=rest,
        config=(tyro.conf.FlagCreatePairsOff, tyro.conf.PositionalMetavarFromFieldName),
    )
    try:
        return command.run()
    except OutputClosed:
        raise
    except LabError as error:
        _say(str(error))
        return _MISUSED
    except KeyboardInterrupt:
        _say("Stopped.")
        return _INTERRUPTED


def _say(message: str) -> None:
    print(message, file=sys.stderr)


def _summary(command: type[Command]) -> str:
    """The docstring without its list of attributes, which are shown as options."""
    return (inspect.getdoc(command) or "").partition("\nAttributes:")[0].strip()


def _overview() -> str:
    lines = [f"usage: {_PROGRAM} COMMAND [OPTIONS]", ""]
    for name, command in COMMANDS.items():
        lines.append(f"  {name:<12}{_summary(command).splitlines()[0]}")
    return "\n".join([*lines, "", f"{_PROGRAM} COMMAND --help shows a command's options."])
