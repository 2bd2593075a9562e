"""Options as they come from commands, files and browsers, where nothing has checked them yet.

An option of the command line is called by its whole name, such as `--steps`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import TypeGuard

from pixelcnn.errors import ConfigError


def is_whole(value: object, low: float = -math.inf, high: float = math.inf) -> TypeGuard[int]:
    """Whether it is an `int` from `low` to `high`. JSON and command lines hand over True for 1,
    which would pass as an `int`; it is none here."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def check_whole(option: str, value: object, low: int, high: int | None = None) -> None:
    """Raises ConfigError unless it is a whole number from `low` to `high`; None: to any."""
    if not is_whole(value, low, math.inf if high is None else high):
        given = f"{option} {value!r}" if option.startswith("--") else f"{option} = {value!r}"
        allowed = f"of at least {low}" if high is None else f"from {low} to {high}"
        raise ConfigError(f"{given} is not a whole number {allowed}.")


def check_choice(option: str, value: object, allowed: Collection[object]) -> None:
    """Raises ConfigError unless the value of an option is one of `allowed`."""
    if value not in allowed:
        choices = ", ".join(map(repr, allowed))
        raise ConfigError(f"{option} = {value!r} is unknown; use one of {choices}.")


def check_name(what: str, name: str, known: Collection[str], *, to: str = "") -> None:
    """Raises ConfigError unless there is something of this name.

    Args:
        what: such as "preset".
        name: what was asked for.
        known: the names that there are.
        to: whose names they are, such as an architecture's.
    """
    if name not in known:
        unknown = f"unknown to {to}" if to else "unknown"
        raise ConfigError(f"{what} {name!r} is {unknown}; use one of {', '.join(known)}.")


def check_options(given: Iterable[str], known: Collection[str], to: str) -> None:
    """Raises ConfigError unless all options that are given are known to `to`."""
    for option in given:
        if option not in known:
            raise ConfigError(f"option {option!r} is unknown to {to}; it takes {', '.join(known)}.")
