"""The form of a stream: what its first symbols say before the images.

    yes (3 in 4)      one image and nothing else: no model is named, and labels stand in the stream
                      unless the reader is told them
    no, then 1 of 4   0: the form below; others are kept for later forms
      1 of 64         below 61: one image of the shipped model of this number; with these three
                      symbols that costs one byte
                      61, 62, 63: any number of images, of a model that is not named, that is named
                      by its number (1 of 256), or by the hash of its weights (32 bits); then
                      Labels (1 of 3), bytes of the check (1 of 5), and the number of images: how
                      many bits it has (1 of 33), and these

All of them are coded as the levels are, so that they cost what they tell and no more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

PLAIN_SHARE = 0.75
MOST_NUMBERED = 61
MOST_CHECKED = 4
_LATER, _FIRST = 4, 64
_UNNAMED, _NUMBERED, _HASHED = 61, 62, 63
_NUMBERS, _LENGTHS = 256, 33
_HALF = 2**16


class Labels(IntEnum):
    """Where the labels of the images are."""

    NONE = 0
    WRITTEN = 1
    TOLD = 2


@dataclass(frozen=True)
class Name:
    """How a stream names its model: by the number of a shipped one, or by 32 bits of a hash."""

    number: int | None = None
    hash: int | None = None


@dataclass(frozen=True)
class Form:
    """What a stream says of itself.

    Attributes:
        images: how many.
        name: of the model; None if it is not named.
        labels: where they are; None if the stream does not say.
        check: bytes of a checksum behind the images, 0 to 4.
    """

    images: int = 1
    name: Name | None = None
    labels: Labels | None = None
    check: int = 0

    @property
    def short(self) -> bool:
        """Whether it is one image, without a check."""
        return self.images == 1 and not self.check


def plain_bits(labels: int) -> float:
    """What stands before the first pixel of a stream that is one image and nothing else, in bits.

    Args:
        labels: how many labels there may be in it; 0 for none.
    """
    return -math.log2(PLAIN_SHARE) + (math.log2(labels) if labels else 0.0)


class Coding(Protocol):
    """What the form is written with and read with: see `coder.StreamCoder`."""

    def write(self, number: int, count: int) -> None: ...
    def write_answer(self, yes: bool, share: float) -> None: ...
    def read(self, count: int) -> int: ...
    def read_answer(self, share: float) -> bool: ...


def write_form(coder: Coding, form: Form, *, labels: Labels) -> None:
    """Write a form. `labels` is where they are, which a short form does not say."""
    number = None if form.name is None else form.name.number
    plain = form.short and form.name is None
    coder.write_answer(plain, PLAIN_SHARE)
    if plain:
        return
    coder.write(0, _LATER)
    if form.short and number is not None and number < MOST_NUMBERED:
        coder.write(number, _FIRST)
        return
    if form.name is None:
        coder.write(_UNNAMED, _FIRST)
    elif number is not None:
        coder.write(_NUMBERED, _FIRST)
        coder.write(number, _NUMBERS)
    else:
        assert form.name.hash is not None
        coder.write(_HASHED, _FIRST)
        write_32_bits(coder, form.name.hash)
    coder.write(labels, len(Labels))
    coder.write(form.check, MOST_CHECKED + 1)
    length = form.images.bit_length()
    coder.write(length, _LENGTHS)
    for bit in range(length - 2, -1, -1):  # the first is 1
        coder.write(form.images >> bit & 1, 2)


def read_form(coder: Coding) -> Form | None:
    """Read a form; None if it is a later one."""
    if coder.read_answer(PLAIN_SHARE):
        return Form()
    if coder.read(_LATER):
        return None
    kind = coder.read(_FIRST)
    if kind < MOST_NUMBERED:
        return Form(name=Name(number=kind))
    name = None
    if kind == _NUMBERED:
        name = Name(number=coder.read(_NUMBERS))
    elif kind == _HASHED:
        name = Name(hash=read_32_bits(coder))
    labels = Labels(coder.read(len(Labels)))
    check = coder.read(MOST_CHECKED + 1)
    length = coder.read(_LENGTHS)
    images = min(length, 1)
    for _ in range(length - 1):
        images = images << 1 | coder.read(2)
    return Form(images, name, labels, check)


def write_32_bits(coder: Coding, number: int) -> None:
    """Write a number below 2^32."""
    coder.write(number >> 16, _HALF)
    coder.write(number & _HALF - 1, _HALF)


def read_32_bits(coder: Coding) -> int:
    """Read a number below 2^32."""
    return coder.read(_HALF) << 16 | coder.read(_HALF)
