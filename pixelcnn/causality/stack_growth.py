"""The receptive fields of one stack with arbitrary masks, in a few milliseconds.

`receptive_field_by_depth` follows the trace of any network. A plain stack needs no network: all its
layers after the first read the same offsets, so each one adds the same few shifts of bits.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from pixelcnn.causality.depth_growth import ReceptiveFields
from pixelcnn.causality.paths import first_seen_depth
from pixelcnn.causality.propagation import or_shifted
from pixelcnn.causality.reach import BoolArray
from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.registry import build_model
from pixelcnn.nn.layers import MaskedConv2d, Offset, TapConv2d

Words = NDArray[np.uint64]


def stack_receptive_field(
    first: BoolArray,
    later: BoolArray,
    *,
    size: int = 28,
    dilation: int = 1,
    layers: int | None = None,
) -> ReceptiveFields:
    """The receptive fields of a stack of masked convolutions on square grey images.

    Each layer after the first adds to its input, as in `BottleneckBlock`: a pixel keeps what it has
    seen, whatever the mask's centre.

    Args:
        first: bool `(k, k)`, k odd: the weights kept in the first layer.
        later: the same for each later layer.
        size: rows and columns of the image, in pixels; 2 or more.
        dilation: distance in pixels between neighbouring weights of the later layers.
        layers: number of later layers to report; by default size - 1. The limit is that of
            unlimited depth in any case.

    Raises:
        ConfigError: masks without a centre, or invalid sizes.
    """
    if size < 2:
        raise ConfigError(f"size = {size}: a view can grow from 2 x 2 pixels on.")
    if dilation < 1:
        raise ConfigError(f"dilation = {dilation}: neighbouring weights are 1 pixel apart or more.")
    layers = size - 1 if layers is None else layers
    views = list(_views(_first_view(first, _each_alone(size)), _offsets(later, dilation)))
    shown = views[: layers + 1]
    shown += views[-1:] * (layers + 1 - len(shown))  # what has stopped growing stays
    relations = _relations(np.stack([*shown, views[-1]]), size)
    return ReceptiveFields(relations[:-1], limit=relations[-1])


def stack_first_seen_depth(
    first: BoolArray, later: BoolArray, source: tuple[int, int], *, size: int, dilation: int = 1
) -> NDArray[np.int16]:
    """After how many later layers each pixel sees the source, however many that takes.

    Args: as for `stack_receptive_field`.

    Returns:
        `(size, size)`, as `first_seen_depth` has it: -1 for never.
    """
    alone = np.zeros((size, size, 1), np.uint64)
    alone[source] = 1
    views = _views(_first_view(first, alone), _offsets(later, dilation))
    return first_seen_depth(np.stack(list(views))[..., 0] > 0)


def masked_stack(
    first: BoolArray, later: BoolArray, *, size: int, blocks: int, dilation: int = 1
) -> AutoregressiveModel:
    """The same stack as a network: as thin as it can be, with `blocks` layers after the first.

    Raises:
        ConfigError: masks or sizes that cannot work.
    """
    model = build_model(
        "pixelcnn",
        block="bottleneck",
        hidden_channels=2,
        height=size,
        width=size,
        blocks=blocks,
        first_kernel_size=len(first),
        kernel_size=len(later),
        dilations=(dilation,),
    )
    for path, layer in list(model.named_modules()):
        if isinstance(layer, MaskedConv2d) and (path == "first" or path.endswith(".conv")):
            kept = torch.from_numpy(first if path == "first" else later)
            mask = kept.expand(layer.mask.shape).clone()
            model.set_submodule(path, TapConv2d(mask, dilation=layer.dilation[0]))
    return model


def _offsets(mask: BoolArray, dilation: int) -> list[Offset]:
    """Where a layer with this mask reads: (rows, columns) from the pixel, in pixels."""
    if mask.ndim != 2 or mask.shape[0] != mask.shape[1] or mask.shape[0] % 2 == 0:
        raise ConfigError(f"a mask of shape {mask.shape} has no centre; use (k, k) with an odd k.")
    centre = len(mask) // 2
    return [
        ((int(row) - centre) * dilation, (int(column) - centre) * dilation)
        for row, column in zip(*mask.nonzero(), strict=True)
    ]


def _each_alone(size: int) -> Words:
    """Each pixel by itself: `(size, size, words)`, a bit for each source."""
    pixels = size * size
    identity = np.zeros((size, size, -(-pixels // 64) * 64), bool)
    identity.reshape(pixels, -1)[:, :pixels] = np.eye(pixels, dtype=bool)
    return np.packbits(identity, axis=-1).view(np.uint64)


def _first_view(first: BoolArray, alone: Words) -> Words:
    """What each pixel sees after the first layer."""
    seen = np.zeros_like(alone)
    for offset in _offsets(first, 1):
        or_shifted(seen, alone, offset)
    return seen


def _views(seen: Words, moves: list[Offset]) -> Iterator[Words]:
    """What is seen after the first layer and after each further one that adds something."""
    before = None
    while before is None or not np.array_equal(seen, before):
        yield seen
        before, seen = seen, seen.copy()
        for move in moves:
            or_shifted(seen, before, move)


def _relations(steps: Words, size: int) -> BoolArray:
    """Bits to bool `(layers, H, W, H, W)`."""
    bits = np.unpackbits(steps.view(np.uint8), axis=-1, count=size * size)
    return bits.view(bool).reshape(len(steps), size, size, size, size)
