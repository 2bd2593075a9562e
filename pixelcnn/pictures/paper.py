"""A sheet of paper in a photograph of more than the sheet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from pixelcnn.pictures.resampling import resampled

Floats = NDArray[np.float32]

_SIDE = 96  # on which the sheet is looked for
_CONTRAST = 0.15  # between the sheet and what it lies on
_LEAST = 0.2  # of the picture: smaller ones may be strokes
_RECTANGULAR = 0.85  # of the rectangle around it; a bold nought fills 0.79
_INK = (0.003, 0.35)  # of the sheet
_INSET = 0.04  # of the sheet: its edge is not needed


def on_its_sheet(grey: Floats) -> Floats:
    """The part of a photograph `(H, W)` that shows the sheet of paper, if there is more around it.

    A sheet is one area, lighter or darker than the edge of the picture, nearly a rectangle, with
    something on it.
    """
    height, width = grey.shape
    factor = min(1.0, _SIDE / max(height, width))
    small = resampled(grey, max(3, round(height * factor)), max(3, round(width * factor)))
    if np.ptp(small) < _CONTRAST:
        return grey
    bright = small > threshold_otsu(small)
    edge = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    sheet = bright if edge.mean() < 0.5 else ~bright
    parts, count = ndimage.label(sheet)
    if not count:
        return grey
    largest = parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    filled = ndimage.binary_fill_holes(largest)
    rows, columns = (np.flatnonzero(filled.any(axis=axis)) for axis in (1, 0))
    top, left, tall, wide = rows[0], columns[0], len(rows), len(columns)
    area = int(filled.sum())
    ink = 1 - largest.sum() / area
    if (
        area < _LEAST * filled.size
        or area < _RECTANGULAR * tall * wide
        or not _INK[0] <= ink <= _INK[1]
        or min(tall, wide) < 8
    ):
        return grey
    inset = max(1, round(_INSET * min(tall, wide)))
    box = [top + inset, top + tall - inset, left + inset, left + wide - inset]
    above, below, before, behind = (round(at / factor) for at in box)
    return np.ascontiguousarray(grey[above:below, before:behind])
