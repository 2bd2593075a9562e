"""Bytes an image of the shipped models and of general formats, as `bench bytes` measured them.

`python -m pixelcnn bench bytes --output checkpoints/scores/bytes.json` measures them again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from pixelcnn.compression.codec import Codec
from pixelcnn.compression.measuring import measure_general
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.system.shipped import BYTES

_IMAGES = 50


@dataclass(frozen=True)
class FileSizes:
    """Mean bytes of a file that holds one image.

    Attributes:
        own: by the model, whose reader knows the label.
        general: by each general format, by its name.
        images: how many were measured.
    """

    own: float
    general: Mapping[str, float]
    images: int

    @property
    def best(self) -> str:
        """The general format with the smallest files."""
        return min(self.general, key=lambda name: self.general[name])


def in_words(sizes: FileSizes) -> str:
    """For a card: the model's file beside those of general formats."""
    names = dict.fromkeys(("PNG", sizes.best))
    others = ", ".join(f"{name} {sizes.general[name]:.1f}" for name in names)
    return f"{sizes.own:.2f} in files of their own; {others} ({sizes.images} test images)"


def recorded_sizes(name: str) -> FileSizes | None:
    """Of a shipped model; None if it was not measured."""
    figures: list[dict[str, Any]] = json.loads(BYTES.read_text())
    for found in figures:
        if found.get("model") == name:
            general = {
                other["format"]: other["alone"]
                for other in figures
                if "format" in other and other["data"] == found["data"]
            }
            return FileSizes(found["alone"], general, found["images"])
    return None


def file_sizes(model: AutoregressiveModel, images: Tensor, labels: Tensor | None) -> FileSizes:
    """Measured on the first 50 images, each a file.

    Args:
        model: any model that the executor in WebAssembly supports.
        images: uint8 `(n, C, H, W)`.
        labels: int64 `(n,)`, or None for a model without classes.

    Raises:
        ConfigError: the executor has no operation for a layer.
        DataError: images or labels that do not fit.
    """
    codec = Codec(model)
    images = images[:_IMAGES]
    total = 0
    for place in range(len(images)):
        some = slice(place, place + 1)
        label = None if labels is None else labels[some]
        total += len(codec.compress(images[some], label, tell_labels=label is not None))
    general = measure_general(images, model.config.levels)
    return FileSizes(
        total / len(images), {found.name: found.alone for found in general}, len(images)
    )
