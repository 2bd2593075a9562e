"""The parts of a guided lesson, and the calculations in its exercises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PAGES = {
    "": "Start",
    "masks": "Masks & blind spots",
    "break_it": "Break it",
    "train": "Train live",
    "sample": "Sample",
    "draw": "Draw & complete",
    "features": "Feature maps",
    "one_pixel": "One pixel",
    "bytes": "Bytes",
}
"""The pages of the lesson: name in the address, and title."""


@dataclass(frozen=True)
class Answered:
    """A question or exercise, and its answer."""

    ask: str
    answer: str


@dataclass(frozen=True)
class Stop:
    """A stop of the lesson.

    Attributes:
        title: its topic, in a few words.
        minutes: its duration.
        page: name of the page in the address; empty for the first page.
        query: parameters of the link to it.
        do: what to do there, step by step.
        see: what everyone should have seen.
        ask: questions for the class.
        exercise: to work out on paper.
    """

    title: str
    minutes: int
    page: str
    do: tuple[str, ...]
    see: str
    ask: tuple[Answered, ...]
    exercise: Answered
    query: Mapping[str, str] = field(default_factory=dict)


def blind_spot(columns: int, row: int, column: int) -> int:
    """The number of earlier pixels that a pixel never sees through 3 × 3 kernels at any depth.

    Each step to the row above goes at most one column to the right.
    """
    return sum(max(0, columns - 1 - (column + up)) for up in range(1, row + 1))


def open_weights(size: int) -> int:
    """The number of unmasked weights of mask A in a kernel of `size` x `size`."""
    return (size * size - 1) // 2


def warmed(p: float, temperature: float) -> float:
    """The probability of ink at a temperature, given `p` at temperature 1."""
    ink, paper = p ** (1 / temperature), (1 - p) ** (1 / temperature)
    return ink / (ink + paper)
