"""What a quiz is made of."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Choice:
    """One of the answers.

    Attributes:
        text: the answer.
        why: why it is right or wrong, in a sentence or two.
        right: whether it is the right one.
    """

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Try:
    """Something to do in the lab that shows the answer.

    Attributes:
        words: what to do and what to look at.
        page: where, if the words are to have a link: the name of a file of `pages`.
        query: what the link sets on that page, as its address says it.
    """

    words: str
    page: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """A question, its answers (one of them right), and how to see it for oneself."""

    ask: str
    choices: tuple[Choice, ...]
    try_it: Try

    @property
    def shuffled(self) -> tuple[Choice, ...]:
        """The answers in an order that tells nothing, the same for everybody."""
        return tuple(sorted(self.choices, key=lambda one: zlib.crc32(one.text.encode())))


def right(text: str, why: str) -> Choice:
    """The right answer, and why."""
    return Choice(text, why, right=True)


def wrong(text: str, why: str) -> Choice:
    """A wrong answer, and why."""
    return Choice(text, why)
