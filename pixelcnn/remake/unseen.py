"""Digits of MNIST's test set, for `pixelcnn.scores.unseen`."""

import numpy as np

from pixelcnn.data.registry import load_data
from pixelcnn.system.arrays import npz_bytes

# Every tenth digit, since the first half of the test set is easier.
_EVERY = 10


def unseen_digits_npz() -> bytes:
    """1,000 digits as the content of an `.npz`."""
    test = load_data("mnist", levels=256).test
    images, labels = test.images[::_EVERY, 0].numpy(), test.labels[::_EVERY].numpy()
    return npz_bytes(images=images, labels=labels.astype(np.uint8))
