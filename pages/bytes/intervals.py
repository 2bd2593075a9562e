"""Arithmetic coding drawn to scale: each pixel keeps a part of the interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from pixelcnn.models.base import AutoregressiveModel

STEPS = 12
_CERTAIN = 0.7  # half a bit
_BEFORE = 3


@dataclass(frozen=True)
class Split:
    """What a pixel does to the interval that is left.

    Attributes:
        row: of the pixel.
        column: of the pixel.
        start: where its level's part begins, from 0 to 1 of what was left.
        share: the part's width.
        level: of the pixel.
        bits: of the file so far, pixels from the first one shown.
    """

    row: int
    column: int
    start: float
    share: float
    level: int
    bits: float


def splits(model: AutoregressiveModel, image: NDArray[np.uint8], label: int | None) -> list[Split]:
    """`STEPS` pixels, one after the other, around the first that costs half a bit.

    Args:
        model: of grey images.
        image: uint8 `(1, H, W)`.
        label: the class, or None.
    """
    batch = torch.from_numpy(image[None])
    labels = None if label is None else torch.tensor([label])
    with torch.no_grad():
        log_probs = model.likelihood.level_log_probs(model(batch, labels), batch)
    shares = log_probs[0, :, 0].exp().flatten(1).double().numpy()  # (levels, H * W)
    levels = image.ravel()
    own = shares[levels, np.arange(levels.size)]
    uncertain = np.flatnonzero(own < _CERTAIN)
    first = max(int(uncertain[0]) - _BEFORE, 0) if len(uncertain) else 0
    found, bits = [], 0.0
    for place in range(first, min(first + STEPS, levels.size)):
        bits -= float(np.log2(max(own[place], 1e-300)))
        row, column = divmod(place, image.shape[2])
        level = int(levels[place])
        start = float(shares[:level, place].sum())
        found.append(Split(row, column, start, float(own[place]), level, bits))
    return found
