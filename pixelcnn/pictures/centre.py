"""A drawing in the form of MNIST's digits: as large as they are, and in the middle.

Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits": the ink fits into 20
of 28 pixels, its proportions kept, and its centre of mass is the centre of the picture. Deviations:
strokes that would be thinner than MNIST's are made wider, and the centre is met to a quarter of
MNIST's pixel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixelcnn.pictures.resampling import resampled
from pixelcnn.pictures.shrink import stroke_width, thickened

Floats = NDArray[np.float32]

BOX = 20 / 28  # of the side
_LEAST_STROKE = 2.2 / 20  # of the box: thinner ones are rare in MNIST
_FORM = (0.62, 0.8)  # of the side: the box of a picture that has the form already
_OFF_CENTRE = 0.045  # of the side: how far its centre of mass may be from the middle
_FORM_STROKE = 1.3 / 20  # of the box: with thinner strokes it has not the form
_COUNTS = 0.1  # of ink


def in_form(ink: Floats) -> bool:
    """Whether a drawing `(H, W)` has MNIST's form already, at whatever size."""
    if ink.shape[0] != ink.shape[1] or not (ink >= _COUNTS).any():
        return False
    side = len(ink)
    top, bottom, left, right = _box(ink)
    longer = max(bottom - top, right - left)
    centre = _centre_of_mass(ink)
    return (
        _FORM[0] <= longer / side <= _FORM[1]
        and all(abs(at / side - 0.5) <= _OFF_CENTRE for at in centre)
        and stroke_width(ink >= 0.5) >= _FORM_STROKE * longer
    )


def centred(ink: Floats, side: int) -> Floats:
    """A drawing in MNIST's form, `(side, side)`.

    Args:
        ink: `(H, W)`, 0 for paper to 1 for ink; some of it must be ink.
        side: of the result.
    """
    top, bottom, left, right = _box(ink)
    longer = max(bottom - top, right - left)
    margin = round(longer * _LEAST_STROKE)  # strokes may grow
    wide = thickened(np.pad(ink[top:bottom, left:right], margin), _LEAST_STROKE * longer)
    top, bottom, left, right = _box(wide)
    cropped = wide[top:bottom, left:right]
    scale = BOX * side / max(cropped.shape)
    height, width = (max(1, round(length * scale)) for length in cropped.shape)
    small = np.clip(resampled(cropped, height, width), 0, 1)
    canvas = np.zeros((side, side), np.float32)
    middle = _centre_of_mass(small)
    at_row, at_column = (
        int(np.clip(round(side / 2 - centre), 0, side - length))
        for centre, length in zip(middle, small.shape, strict=True)
    )
    canvas[at_row : at_row + height, at_column : at_column + width] = small
    return canvas


def _box(ink: Floats) -> tuple[int, int, int, int]:
    """The first row and column with ink, and those behind the last."""
    rows, columns = (np.flatnonzero((ink >= _COUNTS).any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _centre_of_mass(ink: Floats) -> tuple[float, float]:
    mass = ink.sum(dtype=np.float64)
    row, column = (
        float((ink.sum(axis=1 - axis, dtype=np.float64) * (np.arange(side) + 0.5)).sum() / mass)
        for axis, side in enumerate(ink.shape)
    )
    return row, column
