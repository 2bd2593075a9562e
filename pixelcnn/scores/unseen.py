"""Digits of MNIST's test set, from which no model of the lab has learned: 500, and 500 others.

The bundled 5,000 digits are part of MNIST's *training* set, so a model trained on the complete
MNIST has seen even those held out there. Comparing scores needs digits unseen by both models.
`python -m pixelcnn.scores.unseen` writes them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from pixelcnn.data.dataset import Split
from pixelcnn.data.levels import draw_binary_once, quantize, resize
from pixelcnn.system.arrays import read_npz
from pixelcnn.system.shipped import CHECKPOINTS

UNSEEN = CHECKPOINTS / "scores" / "unseen-digits.npz"
COMMAND = "python -m pixelcnn.scores.unseen"

# Every tenth digit, since the first half of the test set is easier.
_EVERY = 10
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


@dataclass(frozen=True)
class Unseen:
    """Take every tenth digit of MNIST's test set, and write them for the page Compare.

    Attributes:
        output: the file to write.
    """

    output: Path = UNSEEN

    def run(self) -> None:
        """Read, write and print."""
        from pixelcnn.data.registry import load_data

        test = load_data("mnist", levels=256).test
        images, labels = test.images[::_EVERY, 0].numpy(), test.labels[::_EVERY].numpy()
        np.savez_compressed(self.output, images=images, labels=labels.astype(np.uint8))
        print(f"{len(images)} digits written to {self.output}")


if __name__ == "__main__":
    from pixelcnn.system.command import run_command

    sys.exit(run_command(Unseen, COMMAND))
