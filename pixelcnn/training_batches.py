"""Which images a step trains on: a function of the seed and the step alone.

So a training that goes on from step 1000 sees what it would have seen without the break, and
several processes agree without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from pixelcnn.data import DataSet, Split

# Streams of random numbers that must not repeat one another.
_ORDER, _BINARIZATION, _SAMPLES = range(3)


class Batches:
    """The batches of a training, by step: every image once an epoch, in an order drawn anew.

    Images that do not fill a last batch wait for the next epoch.
    """

    def __init__(self, data: DataSet, batch_size: int, seed: int) -> None:
        self._data = data
        self._size = batch_size
        self._seed = seed
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def __getitem__(self, step: int) -> Split:
        """The batch of the step after `step` others, on the CPU."""
        count = len(self._data.train.images)
        epoch, position = divmod(step, max(1, count // self._size))
        if epoch != self._epoch:
            generator = _generator(self._seed, _ORDER, epoch)
            self._epoch, self._order = epoch, torch.randperm(count, generator=generator)
        indices = self._order[position * self._size : (position + 1) * self._size]
        return self._data.batch(indices, _generator(self._seed, _BINARIZATION, step))


def sampling_uniforms(shape: tuple[int, ...], seed: int) -> Tensor:
    """The random numbers in `[0, 1)` behind the images drawn while training: always the same."""
    return torch.rand(shape, generator=_generator(seed, _SAMPLES, 0))


def _generator(seed: int, stream: int, number: int) -> torch.Generator:
    """Random numbers that depend on these three only, and differ where any of them differs."""
    mixed = np.random.SeedSequence([seed, stream, number]).generate_state(1)[0]
    return torch.Generator().manual_seed(int(mixed))
