"""What a guided lesson is made of, and the small sums in its exercises."""

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
}
"""The pages that the lesson leads to: as the address names them, and as the app does."""


@dataclass(frozen=True)
class Answered:
    """Something to ask or to work out, and what to say to it."""

    ask: str
    answer: str


@dataclass(frozen=True)
class Stop:
    """A stop of the lesson.

    Attributes:
        title: what it is about, in a few words.
        minutes: how long it takes.
        page: the page to open, as its address names it; empty for the first page.
        query: what the link sets on that page.
        do: what to do there, step by step.
        see: what everybody should have seen.
        ask: questions for the class.
        exercise: something to work out with pen and paper.
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
    """How many earlier pixels a pixel never sees through 3 × 3 kernels, however many there are.

    Each step to the row above goes at most one column to the right.
    """
    return sum(max(0, columns - 1 - (column + up)) for up in range(1, row + 1))


def open_weights(size: int) -> int:
    """How many weights mask A leaves open in a kernel of `size` x `size`."""
    return (size * size - 1) // 2


def warmed(p: float, temperature: float) -> float:
    """The probability of ink at a temperature, where it is `p` at temperature 1."""
    ink, paper = p ** (1 / temperature), (1 - p) ** (1 / temperature)
    return ink / (ink + paper)
