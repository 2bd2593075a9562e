"""Batches, noise and hidden labels of a step, as functions of the seed and the step alone.

So a run that resumes at step 1000 sees the batches of an uninterrupted one, and the ranks of a
process group agree without communicating.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from pixelcnn.models.scan_orders import ORDERS, label_in, turn

if TYPE_CHECKING:
    from pixelcnn.data.dataset import DataSet, Split

# Streams of random numbers that must not repeat one another.
_ORDER, _BINARIZATION, _SAMPLES, _HIDDEN_LABELS, _NOISE, _TURNS = range(6)


class Batches:
    """Training batches by step: every image once per epoch, in a new order each time.

    Images that do not fill a last batch wait for the next epoch.
    """

    def __init__(self, data: DataSet, batch_size: int, seed: int) -> None:
        self._data = data
        self._size = batch_size
        self._seed = seed
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def __getitem__(self, step: int) -> Split:
        """The batch that follows `step` earlier ones, on the CPU."""
        count = len(self._data.train.images)
        epoch, position = divmod(step, max(1, count // self._size))
        if epoch != self._epoch:
            generator = _generator(self._seed, _ORDER, epoch)
            self._epoch, self._order = epoch, torch.randperm(count, generator=generator)
        indices = self._order[position * self._size : (position + 1) * self._size]
        return self._data.batch(indices, _generator(self._seed, _BINARIZATION, step))


def sampling_uniforms(shape: tuple[int, ...], seed: int) -> Tensor:
    """Uniform numbers in `[0, 1)` for the samples drawn during training: always the same."""
    return torch.rand(shape, generator=_generator(seed, _SAMPLES, 0))


def hide_labels(labels: Tensor, share: float, no_label: int, seed: int, step: int) -> Tensor:
    """Replace each label of a batch `(B,)` by `no_label` with probability `share`.

    One model then learns to draw with and without a label, as classifier-free guidance requires
    (Ho & Salimans 2022, section 3.2).
    """
    uniforms = torch.rand(labels.shape, generator=_generator(seed, _HIDDEN_LABELS, step))
    return torch.where(uniforms < share, no_label, labels)


def turn_batch(batch: Split, classes: int, seed: int, step: int) -> Split:
    """Turn each image of a batch to one of the eight orders, and set its label accordingly."""
    orders = torch.randint(ORDERS, batch.labels.shape, generator=_generator(seed, _TURNS, step))
    images = batch.images.clone()
    for order in range(1, ORDERS):
        images[orders == order] = turn(images[orders == order], order)
    labels = label_in(order=orders, label=batch.labels, classes=classes)
    return batch._replace(images=images, labels=labels)


@contextmanager
def seeded_noise(seed: int, step: int, device: torch.device, rank: int = 0) -> Iterator[None]:
    """Seed PyTorch's global random numbers (used by dropout) from seed, step and rank.

    On exit, those of the CPU and of CUDA continue as if nothing had been drawn.
    """
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(noise_generator(seed, step, rank).initial_seed())
        yield


def noise_generator(seed: int, step: int, rank: int = 0) -> torch.Generator:
    """Random numbers for the network itself in one step."""
    return _generator(seed, _NOISE, step, rank)


def _generator(seed: int, stream: int, index: int, rank: int = 0) -> torch.Generator:
    """A generator that differs whenever any of these differs."""
    mixed = np.random.SeedSequence([seed, stream, index, rank]).generate_state(1)[0]
    return torch.Generator().manual_seed(int(mixed))
