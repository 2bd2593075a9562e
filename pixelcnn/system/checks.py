"""Checks of options from commands, files and browsers.

Command-line options are named in full, such as `--steps`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import TypeGuard

from pixelcnn.errors import ConfigError


def is_whole(value: object, low: float = -math.inf, high: float = math.inf) -> TypeGuard[int]:
    """Whether it is an `int` from `low` to `high`; True, which JSON and command lines may give for
    1, does not count."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def check_whole(option: str, value: object, low: int, high: int | None = None) -> None:
    """Raises ConfigError unless it is a whole number from `low` to `high`; None for no limit."""
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
    """Raises ConfigError unless the name is known.

    Args:
        what: such as "preset".
        name: to check.
        known: all names.
        to: their owner, such as an architecture.
    """
    if name not in known:
        unknown = f"{to} has no {what} {name!r}" if to else f"{what} {name!r} is unknown"
        raise ConfigError(f"{unknown}; use one of {', '.join(known)}.")


def check_options(given: Iterable[str], known: Collection[str], to: str) -> None:
    """Raises ConfigError unless `to` knows all given options."""
    for option in given:
        if option not in known:
            raise ConfigError(f"{to} has no option {option!r}; it takes {', '.join(known)}.")
