"""Feature maps of one image under early and later weights of a run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.introspect.feature_maps import activations
from pixelcnn.introspect.layer_titles import layer_label, layer_part
from pixelcnn.runs.directory import Run
from pixelcnn.runs.snapshots import load_snapshot

_PARTS = ("stack", "horizontal stack", "right stream")
_NOT_NOTICING = ("head", "output")


def snapshot_maps(run: Run, step: int, image: Tensor, label: Tensor) -> tuple[str, NDArray]:
    """The feature maps of the last block, under the weights after `step`.

    Args:
        run: must have a snapshot of that step.
        step: one of `snapshot_steps`.
        image: uint8 `(1, C, H, W)`.
        label: int64 `(1,)`, used by a conditional model only.

    Returns:
        The layer's name in words, and its maps: float32 `(channels, H, W)`.

    Raises:
        RunError, CheckpointError: these weights are missing or unreadable.
        DataError: the image does not fit the model.
    """
    model = load_snapshot(run, step)
    layers = activations(model, image, label if model.config.classes else None)
    name = [
        name
        for name, maps in layers.items()
        if layer_part(name) in _PARTS
        and not name.startswith(_NOT_NOTICING)
        and maps.shape[2:] == image.shape[2:]
    ][-1]
    return layer_label(name), layers[name][0].numpy()


def as_levels(maps: NDArray, low: NDArray, high: NDArray) -> NDArray[np.uint8]:
    """Maps `(channels, H, W)` as levels 0..255 between `low` and `high` `(channels,)`."""
    span = np.maximum(high - low, 1e-6)[:, None, None]
    return (255 * ((maps - low[:, None, None]) / span).clip(0, 1)).round().astype(np.uint8)
