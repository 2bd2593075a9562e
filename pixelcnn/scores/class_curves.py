"""Class accuracy and surprise of a model, by the number of pixels it has read.

A class-conditional image model is also a classifier: by Bayes' rule, p(class | x) is p(x | class)
divided by its sum over classes, also for any prefix of x. Measuring this on a whole test set takes
minutes, so `python -m pixelcnn read NAME --data mnist` measures the shipped models once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.errors import CheckpointError, DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.system.arrays import npz_bytes, read_npz
from pixelcnn.system.output import write_output
from pixelcnn.system.shipped import CHECKPOINTS

CLASS_CURVES = CHECKPOINTS / "readings"
_QUANTILES = 101


@dataclass(frozen=True, eq=False)
class ClassCurves:
    """Curves over the number of pixels of the test images that a model has read.

    Attributes:
        right: float32 `(pixels + 1,)`: the share of right guesses of the class; empty without
            classes.
        bits: float32 `(rows + 1, 101)`: percentiles of the surprise after each row, in bits.
        width: pixels per row.
        images: number of test images.
    """

    right: NDArray[np.float32]
    bits: NDArray[np.float32]
    width: int
    images: int

    def accuracy(self, pixels: int) -> float | None:
        """The share of right guesses after `pixels` pixels; None without classes."""
        return float(self.right[pixels]) if self.right.size else None

    def percentile(self, bits: float, pixels: int) -> float:
        """The percentage of images whose first `pixels` pixels have a surprise below `bits`.

        Interpolates between rows.
        """
        row, rest = divmod(pixels, self.width)
        share = rest / self.width
        here = self.bits[row]
        if rest:
            here = (1 - share) * here + share * self.bits[row + 1]
        # Before the first surprise all are equal: count half of them as lower.
        low, high = np.searchsorted(here, bits, "left"), np.searchsorted(here, bits, "right")
        return float(np.clip((low + high) / 2, 0, _QUANTILES - 1))

    def save(self, name: str, folder: Path = CLASS_CURVES) -> Path:
        """Write to `<folder>/<name>.npz`; returns the file.

        Raises:
            LabError: the file cannot be written.
        """
        path = folder / f"{name}.npz"
        write_output(path, npz_bytes(**vars(self)))
        return path


def load_class_curves(name: str, folder: Path = CLASS_CURVES) -> ClassCurves | None:
    """The shipped curves of a model; None if there are none.

    Raises:
        CheckpointError: the file cannot be read.
    """
    path = folder / f"{name}.npz"
    if not path.is_file():
        return None
    try:
        file = read_npz(path)
        return ClassCurves(file["right"], file["bits"], int(file["width"]), int(file["images"]))
    except (ValueError, TypeError, KeyError) as error:
        raise CheckpointError(
            f"{path.name} cannot be read ({error}). Make it again: python -m pixelcnn read {name}"
        ) from error


def measure_class_curves(
    model: AutoregressiveModel,
    images: Tensor,
    labels: Tensor,
    *,
    batch_size: int = 20,
    progress: Callable[[int, int], None] | None = None,
) -> ClassCurves:
    """Measure a model's curves on labelled images.

    Args:
        model: any model of the registry.
        images: uint8 `(N, C, H, W)`.
        labels: int64 `(N,)`: their classes, for a model with classes to guess.
        batch_size: images per batch, each under every class.
        progress: called with (images done, images in all).

    Raises:
        DataError: no images, or images that do not fit the model.
    """
    if len(images) == 0:
        raise DataError("There are no images to measure.")
    classes, width = model.config.classes, model.config.width
    right = torch.zeros(images[0, 0].numel() + 1)
    bits = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size]
        nats = _nats_so_far(model, batch)  # (B, classes or 1, pixels + 1)
        if classes:
            guesses = (-nats).argmax(dim=1)  # (B, pixels + 1)
            right += (guesses == labels[start : start + batch_size, None]).sum(dim=0)
        log_mean = torch.logsumexp(-nats, dim=1) - math.log(nats.shape[1])
        surprise = (-log_mean / math.log(2)).clamp(min=0) + 0.0  # before any pixel: 0 bits, not -0
        bits.append(surprise[:, ::width])  # (B, rows + 1)
        if progress is not None:
            progress(start + len(batch), len(images))
    steps = torch.linspace(0, 1, _QUANTILES, dtype=torch.float64)
    quantiles = torch.cat(bits).quantile(steps, dim=0).T  # (rows + 1, 101)
    accuracy = right / len(images) if classes else torch.empty(0)
    return ClassCurves(
        accuracy.numpy().astype(np.float32),
        quantiles.numpy().astype(np.float32),
        width,
        len(images),
    )


@torch.inference_mode()
def _nats_so_far(model: AutoregressiveModel, images: Tensor) -> Tensor:
    """-log p(first pixels | class): float64 `(B, classes or 1, pixels + 1)`."""
    classes = model.config.classes
    copies = max(classes, 1)
    repeated = images.repeat_interleave(copies, dim=0)
    labels = torch.arange(classes).repeat(len(images)) if classes else None
    log_probs = model.likelihood.log_prob(model(repeated, labels), repeated)
    by_pixel = log_probs.sum(dim=1).flatten(1).double()  # (B * copies, pixels)
    so_far = torch.nn.functional.pad(-by_pixel.cumsum(dim=1), (1, 0))
    return so_far.view(len(images), copies, -1)
