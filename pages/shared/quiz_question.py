"""The parts of a quiz."""

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
        page: the page that a link opens: a folder of `pages`; empty for no link.
        query: the query parameters of the link.
    """

    words: str
    page: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """A question, its answers (exactly one right), and a way to see the answer in the lab."""

    ask: str
    choices: tuple[Choice, ...]
    try_it: Try

    @property
    def shuffled(self) -> tuple[Choice, ...]:
        """The answers in a fixed order that does not give the right one away."""
        return tuple(sorted(self.choices, key=lambda choice: zlib.crc32(choice.text.encode())))


def right(text: str, why: str) -> Choice:
    return Choice(text, why, right=True)


def wrong(text: str, why: str) -> Choice:
    return Choice(text, why)
