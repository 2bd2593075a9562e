"""One picture, read: what a network gets of it, and what is odd about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import ConfigError
from pixelcnn.pictures.centre import centred, in_form
from pixelcnn.pictures.forms import FORMS, Form
from pixelcnn.pictures.limits import LIMITS
from pixelcnn.pictures.paper import on_its_sheet
from pixelcnn.pictures.photograph import Floats, ink_of
from pixelcnn.pictures.resampling import resampled, squared

Greys = NDArray[np.uint8]

_PHOTOGRAPH = 128  # pixels a side, from which on a sheet of paper may lie on something else
FINE_SIDE = 112  # four times MNIST's, eight times 14: what a larger picture is kept at


@dataclass(frozen=True, eq=False)
class Reading:
    """One picture as a drawing.

    Attributes:
        greys: uint8 `(S, S)`: 0 for paper, 255 for ink; as it is, its own greys. S is the picture's
            own side up to 64, if its frame was kept, and 112 otherwise.
        source: uint8, its own greys with nothing done, whole, on a square; what it can be read
            from again.
        light: whether its ink is lighter than its paper.
        sure: how clearly the picture itself says so, from 0 to 1.
        drawn: whether it is ink on paper; False as it is.
    """

    greys: Greys
    source: Greys
    light: bool
    sure: float
    drawn: bool

    @property
    def ink_share(self) -> float:
        """The share of the picture that is ink."""
        return float((self.greys >= 128).mean())


def read_picture(grey: Floats, form: Form = "digit", *, light: bool | None = None) -> Reading:
    """Read one picture.

    Args:
        grey: float32 `(H, W)`, 0 for black to 1 for white.
        form: `digit` for a whole drawing, brought into MNIST's form unless it has it already;
            `part` for one whose place means something: its frame is kept; `as-is` for greys
            with nothing done to them, but that the picture is put on a square.
        light: whether the ink is lighter than its paper; None to find out.

    Raises:
        ConfigError: another form.
    """
    if form not in FORMS:
        raise ConfigError(f"form must be one of {', '.join(FORMS)}, not {form!r}.")
    source = as_greys(_framed(squared(grey, _edge(grey))))
    if form == "as-is":
        return Reading(source, source, light=True, sure=1.0, drawn=False)
    if form == "digit" and min(grey.shape) >= _PHOTOGRAPH:
        grey = on_its_sheet(grey)
    ink = ink_of(grey, light=light, tidy=form == "digit")
    if form == "digit" and not ink.blank and not in_form(ink.strength):
        drawn = centred(ink.strength, FINE_SIDE)
    else:
        drawn = _framed(squared(ink.strength))
    return Reading(as_greys(drawn), source, ink.light, ink.sure, drawn=True)


def as_greys(values: Floats) -> Greys:
    """From 0 to 1 to 0..255."""
    return np.floor(np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)


def as_floats(greys: Greys) -> Floats:
    """From 0..255 to 0 to 1."""
    return np.asarray(greys / np.float32(255), np.float32)


def _framed(square: Floats) -> Floats:
    """A square picture at its own size, if a network can be trained at it, or else at 112."""
    if len(square) <= LIMITS.side:
        return square
    return resampled(square, FINE_SIDE, FINE_SIDE)


def _edge(grey: Floats) -> float:
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return float(np.median(edge))
