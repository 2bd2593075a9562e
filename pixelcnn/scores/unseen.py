"""Digits of MNIST's test set, from which no model of the lab has learned: 500, and 500 others.

The bundled 5,000 digits are part of MNIST's *training* set, so a model trained on the complete
MNIST has seen even those held out there. Comparing scores needs digits unseen by both models.
`python -m pixelcnn remake unseen` writes them.
"""

from __future__ import annotations

import numpy as np
import torch

from pixelcnn.data.dataset import Split
from pixelcnn.data.levels import draw_binary_once, quantize, resize
from pixelcnn.system.arrays import read_npz
from pixelcnn.system.shipped import UNSEEN

_SEED = 2


def unseen_digits(
    levels: int = 2, size: int = 28, binarize: str | None = "threshold", *, others: bool = False
) -> Split:
    """The digits in a model's form: uint8 `(500, 1, size, size)` and their classes.

    Args:
        levels: 2 to 256.
        size: rows and columns, in pixels.
        binarize: for two levels, "threshold", or anything else for a fixed Bernoulli draw.
        others: the second 500 instead of the first, to score real digits.

    Raises:
        ConfigError: levels out of range.
        DataError: the file of the digits is missing or damaged.
    """
    arrays = read_npz(UNSEEN)
    greys = resize(torch.from_numpy(arrays["images"])[int(others) :: 2, None], size)
    labels = torch.from_numpy(arrays["labels"].astype(np.int64))[int(others) :: 2]
    if levels > 2 or binarize == "threshold":
        return Split(quantize(greys, levels), labels)
    return Split(draw_binary_once(greys, _SEED), labels)
