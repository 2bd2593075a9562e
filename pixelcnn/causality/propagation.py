"""What each value of a network can depend on, propagated layer by layer.

A reach is boolean and exact: one bit for each pair of a position and a source sub-pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pixelcnn.models.graph import Graph, Value
from pixelcnn.nn.attention import CausalAttention
from pixelcnn.nn.layers import ChannelNorm, TapConv2d, TapLayer, colour_of
from pixelcnn.nn.recurrence import Recurrence

Packed = NDArray[np.uint8]


@dataclass(frozen=True)
class Reach:
    """The sources that the channels of one value can depend on.

    Channels wired alike are stored once: `group[channel]` indexes `packed`, uint8
    `(groups, H, W, bytes)`, whose last axis holds one bit for each source sub-pixel `(C, H, W)`.
    """

    group: NDArray[np.intp]
    packed: Packed

    def union(self, other: Reach) -> Reach:
        """The union of two reaches, channel by channel."""
        if len(self.packed) == len(other.packed) == 1:
            return Reach(self.group, self.packed | other.packed)
        pairs, group = np.unique(np.stack([self.group, other.group]), axis=1, return_inverse=True)
        return Reach(group.ravel(), self.packed[pairs[0]] | other.packed[pairs[1]])

    def any_of(self, channels: slice) -> Packed:
        """The union over these channels: uint8 `(H, W, bytes)`."""
        union: Packed = np.bitwise_or.reduce(self.packed[np.unique(self.group[channels])])
        return union


def relations(graph: Graph, height: int, width: int) -> dict[int, Reach]:
    """The reach of every value of a graph, by index, on an image of the given size."""
    known: dict[int, Reach] = {}
    for value in graph.values:
        if value.op == "image":
            known[value.index] = _image_reach(value.channels, height, width)
        elif value.op == "constant":
            known[value.index] = _empty_reach(value.channels, known[0])
        else:
            inputs = [known[source.index] for source in value.inputs]
            known[value.index] = reach_of(value, inputs, height, width)
    return known


def reach_of(value: Value, inputs: list[Reach], height: int, width: int) -> Reach:
    """The reach of a value, from the reaches of its inputs."""
    if value.op == "taps":
        assert isinstance(value.layer, TapLayer)
        return _through_taps(inputs[0], value.layer, value.channels)
    if value.op == "norm":
        assert isinstance(value.layer, ChannelNorm)
        return _through_norm(inputs[0], value.layer)
    if value.op == "attention":
        assert isinstance(value.layer, CausalAttention)
        query, key, attended = inputs
        return _through_attention(query, key, attended, value.layer, value.channels)
    if value.op == "recurrence":
        assert isinstance(value.layer, Recurrence)
        return _through_recurrence(inputs[0], value.layer)
    if value.op == "upsample":
        return _through_upsampling(inputs[0], -(-height // value.scale), -(-width // value.scale))
    if value.op in ("add", "mul"):
        return inputs[0].union(inputs[1])
    if value.op == "cat":
        return _concatenate(inputs)
    if value.op == "slice":
        return Reach(inputs[0].group[value.start : value.start + value.channels], inputs[0].packed)
    return inputs[0]


def _image_reach(channels: int, height: int, width: int) -> Reach:
    identity = np.eye(channels * height * width, dtype=bool)
    packed = np.packbits(identity, axis=-1).reshape(channels, height, width, -1)
    return Reach(np.arange(channels), packed)


def _empty_reach(channels: int, image: Reach) -> Reach:
    """The empty reach, which broadcasts to any resolution."""
    nothing = np.zeros((1, 1, 1, image.packed.shape[-1]), np.uint8)
    return Reach(np.zeros(channels, np.intp), nothing)


def _concatenate(inputs: list[Reach]) -> Reach:
    offsets = np.cumsum([0] + [len(reach.packed) for reach in inputs[:-1]])
    group = np.concatenate(
        [reach.group + offset for reach, offset in zip(inputs, offsets, strict=True)]
    )
    room = np.broadcast_shapes(*(reach.packed.shape[1:] for reach in inputs))
    parts = [np.broadcast_to(reach.packed, (len(reach.packed), *room)) for reach in inputs]
    return Reach(group, np.concatenate(parts))


def _through_norm(source: Reach, norm: ChannelNorm) -> Reach:
    """Normalisation mixes all channels of one colour group at a position."""
    colours = colour_of(len(source.group), norm.colours).numpy()
    packed = np.stack(
        [
            np.bitwise_or.reduce(source.packed[np.unique(source.group[colours == colour])])
            for colour in range(norm.colours)
        ]
    )
    return Reach(colours, packed)


def _through_taps(source: Reach, layer: TapLayer, channels: int) -> Reach:
    """Each output channel sees, through each tap, what the inputs there see."""
    groups = len(source.packed)
    member = np.eye(groups, dtype=bool)[source.group]  # (C_in, groups)
    masks = layer.tap_masks()
    offsets = list(masks)
    stride = layer.stride[0] if isinstance(layer, TapConv2d) else 1
    height, width = (-(-size // stride) for size in source.packed.shape[1:3])
    room = (height, width, source.packed.shape[3])
    if not offsets:  # a single weight of type A: the layer has only its bias
        return Reach(np.zeros(channels, np.intp), np.zeros((1, *room), np.uint8))
    allowed = torch.stack(list(masks.values())).cpu().numpy()  # (taps, C_in, C_out)
    wires = member.T.astype(np.float32) @ allowed.astype(np.float32) > 0
    signature = wires.reshape(-1, channels)  # (taps * groups, C_out)
    if (signature == signature[:, :1]).all():  # grey: faster than np.unique
        unique, group = signature[:, :1], np.zeros(channels, np.intp)
    else:
        unique, group = np.unique(signature, axis=1, return_inverse=True)
    packed = np.zeros((unique.shape[1], *room), np.uint8)
    for output in range(unique.shape[1]):
        wired = unique[:, output].reshape(len(offsets), groups)
        for tap, origin in zip(*wired.nonzero(), strict=True):
            or_shifted(packed[output], source.packed[origin], offsets[tap], stride)
    return Reach(group.ravel(), packed)


def or_shifted(
    target: NDArray[Any], source: NDArray[Any], offset: tuple[int, int], stride: int = 1
) -> None:
    """`target[i, j] |= source[stride * i + dy, stride * j + dx]` where both are in the image.

    Both hold bits in unsigned integers of any width: `(rows, columns, bytes or words)`.
    """
    overlaps = []
    for shift, target_size, source_size in zip(offset, target.shape, source.shape, strict=False):
        first = max(0, -(shift // stride))
        stop = min(target_size, (source_size - 1 - shift) // stride + 1)
        if first >= stop:
            return
        start = first * stride + shift
        overlaps.append((slice(first, stop), slice(start, start + stride * (stop - first), stride)))
    (rows, from_rows), (columns, from_columns) = overlaps
    target[rows, columns] |= source[from_rows, from_columns]


def _through_upsampling(source: Reach, height: int, width: int) -> Reach:
    repeated = source.packed.repeat(2, axis=1).repeat(2, axis=2)
    return Reach(source.group, repeated[:, :height, :width])


def _through_attention(
    query: Reach, key: Reach, value: Reach, attention: CausalAttention, channels: int
) -> Reach:
    """A position sees through its query, and through all keys and values before it."""
    group = np.zeros(channels, np.intp)
    parts: list[Packed] = []
    size, width = channels // attention.heads, len(query.group) // attention.heads
    for head in range(attention.heads):
        inside = slice(head * width, (head + 1) * width)
        asking = query.any_of(inside)
        keys = key.any_of(inside)
        of_head = value.group[head * size : (head + 1) * size]
        for kind in np.unique(of_head):
            group[head * size : (head + 1) * size][of_head == kind] = len(parts)
            parts.append(asking | _so_far(keys | value.packed[kind], attention.strict))
            if attention.strict:
                parts[-1][0, 0] = 0  # nothing to attend to, so the query has no effect either
    return Reach(group, np.stack(parts))


def _so_far(packed: Packed, strict: bool) -> Packed:
    """The union over all positions up to each one, or strictly before it: `(H, W, bytes)`."""
    flat = packed.reshape(-1, packed.shape[-1])
    seen = np.bitwise_or.accumulate(flat, axis=0)
    if strict:
        seen = np.concatenate([np.zeros_like(seen[:1]), seen[:-1]])
    return seen.reshape(packed.shape)


def _through_recurrence(inputs: Reach, layer: Recurrence) -> Reach:
    """Each state sees its own inputs, and everything its neighbouring states have seen."""
    parts = inputs.group.reshape(-1, layer.hidden)  # (gates, hidden)
    kinds, group = np.unique(parts, axis=1, return_inverse=True)
    packed = np.bitwise_or.reduce(inputs.packed[kinds], axis=0)  # (kinds, H, W, bytes)
    height, width = packed.shape[1:3]
    states = np.bitwise_or.reduce(packed, axis=0)  # (H, W, bytes), to be completed
    backwards = any(dx > 0 for dy, dx in layer.offsets if dy == 0)
    for row in range(height):
        for column in reversed(range(width)) if backwards else range(width):
            for dy, dx in layer.offsets:
                if row + dy >= 0 and 0 <= column + dx < width:
                    seen = states[row + dy, column + dx]
                    states[row, column] |= seen
                    packed[:, row, column] |= seen
    return Reach(group.ravel(), packed)
