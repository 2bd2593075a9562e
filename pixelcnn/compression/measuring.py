"""Bytes an image, measured: the files themselves, by a model and by general formats."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pixelcnn.compression.codec import Codec
from pixelcnn.compression.yardsticks import mosaic, yardsticks
from pixelcnn.models.base import AutoregressiveModel

Progress = Callable[[int, int], None]
_BATCH = 50


@dataclass(frozen=True)
class Measured:
    """Mean bytes an image.

    Attributes:
        ideal: -log2 p over 8, of the image given its label.
        alone: a stream for each image, whose reader knows the label.
        labelled: the same with the label in the stream.
        together: all images and their labels in one stream.
        encode_ms: to write a stream of one image, milliseconds of processor time.
        decode_ms: to read it.
        equal: of all images, how many came back as they were, in each way.
    """

    images: int
    ideal: float
    alone: float
    labelled: float
    together: float
    encode_ms: float
    decode_ms: float
    equal: int


def measure(
    model: AutoregressiveModel,
    images: Tensor,
    labels: Tensor | None,
    progress: Progress | None = None,
) -> Measured:
    """Compress and decompress images, each alone and all together.

    Args:
        model: see `compress`.
        images: uint8 `(n, C, H, W)`.
        labels: int64 `(n,)`, or None for a model without classes.
        progress: told (images done, images).

    Raises:
        ConfigError: the executor has no operation for a layer.
        DataError: images or labels that do not fit.
    """
    codec = Codec(model)
    alone, labelled, seconds, same = [], [], [0.0, 0.0], []
    for place in range(len(images)):
        one = images[place : place + 1]
        label = None if labels is None else labels[place : place + 1]
        start = time.process_time()
        data = codec.compress(one, label, tell_labels=label is not None)
        middle = time.process_time()
        same.append(torch.equal(codec.decompress(data, label).images, one))
        seconds[0] += middle - start
        seconds[1] += time.process_time() - middle
        alone.append(len(data))
        if label is not None:
            data = codec.compress(one, label)
            same[-1] &= torch.equal(codec.decompress(data).images, one)
        labelled.append(len(data))
        if progress is not None:
            progress(place + 1, len(images))
    stream = codec.compress(images, labels)
    read = codec.decompress(stream).images
    equal = sum(
        alike and torch.equal(one, other)
        for alike, one, other in zip(same, read, images, strict=True)
    )
    n = len(images)
    return Measured(
        images=n,
        ideal=_ideal(model, images, labels),
        alone=float(np.mean(alone)),
        labelled=float(np.mean(labelled)),
        together=len(stream) / n,
        encode_ms=1000 * seconds[0] / n,
        decode_ms=1000 * seconds[1] / n,
        equal=equal,
    )


@dataclass(frozen=True)
class General:
    """Mean bytes an image by a general format: each image a file, and all on one sheet."""

    name: str
    about: str
    alone: float
    sheet: float


def measure_general(images: Tensor, levels: int) -> list[General]:
    """The same images, uint8 `(n, C, H, W)`, in every format that this machine can write."""
    sheet = mosaic(images)
    return [
        General(
            way.name,
            way.about,
            float(np.mean([len(way.data(image, levels)) for image in images.numpy()])),
            len(way.data(sheet, levels)) / len(images),
        )
        for way in yardsticks(levels, images.shape[1])
    ]


def _ideal(model: AutoregressiveModel, images: Tensor, labels: Tensor | None) -> float:
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(images), _BATCH):
            some = slice(start, start + _BATCH)
            log_prob = model.log_prob(images[some], None if labels is None else labels[some])
            total -= float(log_prob.double().sum())
    return total / math.log(2) / 8 / len(images)
