"""What is odd about the pictures of a set: these stand first on its contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pixelcnn.pictures.sets import LeftOut, PictureSet

_NEARLY_FULL = 0.6  # of the picture is ink
_MOST = 0.85  # of the pictures agree on which is ink


@dataclass(frozen=True)
class Oddity:
    """A picture to look at, and why, in a few words."""

    index: int
    reason: str


def oddities(found: PictureSet) -> list[Oddity]:
    """The odd pictures of a set, the most serious first: blank, nearly full, inverted against the
    rest, twice the same. A picture stands there once, for its first reason."""
    groups: list[Sequence[Oddity]] = [_blank(found), _full(found), _inverted(found), _twins(found)]
    first: dict[int, Oddity] = {}
    for group in groups:
        for one in group:
            first.setdefault(one.index, one)
    return list(first.values())


def all_left_out(found: PictureSet) -> list[LeftOut]:
    """Everything that takes no part, by name and with the reason."""
    blank = {one.index for one in _blank(found)}
    told = [
        LeftOut(found.names[at], "blank" if at in blank else "left out by you")
        for at in np.flatnonzero(~found.kept).tolist()
    ]
    return [*told, *found.left_out]


def _blank(found: PictureSet) -> list[Oddity]:
    flat = found.greys.reshape(len(found.greys), -1)
    blank = np.flatnonzero(flat.min(axis=1) == flat.max(axis=1))
    return [Oddity(int(at), "blank") for at in blank]


def _full(found: PictureSet) -> list[Oddity]:
    share = (found.greys >= 128).mean(axis=(1, 2, 3))
    return [
        Oddity(int(at), f"nearly full: {share[at]:.0%} ink")
        for at in np.flatnonzero((share > _NEARLY_FULL) & found.drawn)
    ]


def _inverted(found: PictureSet) -> list[Oddity]:
    """Pictures whose ink was taken to be light where that of most is dark, or the reverse."""
    light = found.light[found.drawn]
    if not len(light) or _MOST > light.mean() > 1 - _MOST:
        return []
    most = bool(light.mean() > 0.5)
    told = ("light ink on dark paper", "dark ink on light paper")[most]
    odd = np.flatnonzero(found.drawn & (found.light != most))
    return [Oddity(int(at), f"{told}, unlike most") for at in odd]


def _twins(found: PictureSet) -> list[Oddity]:
    seen: dict[bytes, int] = {}
    twins = []
    for at, grey in enumerate(found.greys):
        first = seen.setdefault(grey.tobytes(), at)
        if first != at:
            twins.append(Oddity(at, f"the same as {found.names[first]}"))
    return twins
