"""What may a pixel see? Exact receptive fields, blind spots and leaks, from the taps alone.

A relation says which outputs can depend on which inputs, whatever the weights: it is found by
following the taps through the graph, one bit for each (target, source) pair. Nothing is sampled
and nothing is estimated, so a count is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import ConfigError
from pixelcnn.graph import Graph, Value, trace
from pixelcnn.layers import ChannelNorm, TapLayer, colour_of
from pixelcnn.models.base import AutoregressiveModel

BoolArray = NDArray[np.bool_]
Packed = NDArray[np.uint8]


@dataclass(frozen=True)
class AuditReport:
    """Who sees whom, counted over all (target, source) pairs of sub-pixels.

    Attributes:
        relation: bool `(C, H, W, C, H, W)`: the target (first three) can depend on the source.
        limit: the same at unlimited depth; equal to `relation` if the depth cannot be changed.
        names: which sub-pixel is meant, for messages: `(C, H, W)`.
    """

    relation: BoolArray
    limit: BoolArray

    @property
    def legal_map(self) -> BoolArray:
        """Pairs that the causal rule allows: the source comes before the target."""
        return legal_relation(*self.relation.shape[:3])

    @property
    def legal(self) -> int:
        """Number of pairs that the causal rule allows."""
        return int(self.legal_map.sum())

    @property
    def seen(self) -> int:
        """Legal pairs that this network uses."""
        return int((self.relation & self.legal_map).sum())

    @property
    def leaks(self) -> int:
        """Pairs that the causal rule forbids and this network uses all the same."""
        return int((self.relation & ~self.legal_map).sum())

    @property
    def never(self) -> int:
        """Legal pairs that no depth would use: the blind spot."""
        return int((self.legal_map & ~self.limit).sum())

    @property
    def seen_share(self) -> float:
        """Share of the legal pairs that is seen, 0 to 1."""
        return self.seen / max(self.legal, 1)

    @property
    def causal(self) -> bool:
        """Whether nothing leaks."""
        return self.leaks == 0

    def at(self, row: int, column: int, colour: int = 0) -> PixelReport:
        """The counts for one target sub-pixel."""
        target = (colour, row, column)
        legal = self.legal_map[target]
        seen, limit = self.relation[target], self.limit[target]
        return PixelReport(
            legal=int(legal.sum()),
            seen=int((seen & legal).sum()),
            not_yet=int((limit & legal & ~seen).sum()),
            never=int((legal & ~limit).sum()),
            leaks=int((seen & ~legal).sum()),
        )


@dataclass(frozen=True)
class PixelReport:
    """The counts for one target: sources that are legal, seen, reachable later, never, leaked."""

    legal: int
    seen: int
    not_yet: int
    never: int
    leaks: int


def audit(model: AutoregressiveModel) -> AuditReport:
    """Count what `model` sees, what it leaks, and what it could never see at any depth.

    Source: the blind spot of van den Oord et al. 2016b, section 2.2 and figure 1, made exact.
    """
    return AuditReport(sub_pixel_relation(trace(model), model), limit_reach(model))


def receptive_field(model: AutoregressiveModel, pixel: tuple[int, int] | None = None) -> BoolArray:
    """Which pixels the distribution at a pixel can depend on.

    Args:
        model: any model of the registry.
        pixel: (row, column) of one target, or None for all of them.

    Returns:
        bool `(H, W)` of sources for one target; else `(H, W, H, W)`: target, then source. With
        colours, a pixel sees another if any of its channels sees any channel of the other.

    Raises:
        ConfigError: the pixel lies outside the image.
    """
    relation: BoolArray = np.any(
        sub_pixel_relation(trace(model), model), axis=(0, 3)
    )  # (H, W, H, W)
    if pixel is None:
        return relation
    row, column = pixel
    height, width = relation.shape[:2]
    if not (0 <= row < height and 0 <= column < width):
        raise ConfigError(f"pixel = {pixel} lies outside a {height} x {width} image.")
    return relation[row, column]


def limit_reach(model: AutoregressiveModel) -> BoolArray:
    """What the same architecture would see at unlimited depth: bool `(C, H, W, C, H, W)`.

    Each block moves the view by at least one pixel, so as many blocks as the image has rows and
    columns reach whatever can be reached. The number of feature channels does not matter for
    the reach, so the deep model is built as thin as it goes.
    """
    config = model.config
    deep = type(model)(
        replace(
            config,
            blocks=max(config.blocks, min(config.height + config.width, 256)),
            hidden_channels=2 * config.channels,
            classes=0,
            levels=2,
            position=False,
        )
    )
    return sub_pixel_relation(trace(deep), deep)


def legal_relation(channels: int, height: int, width: int) -> BoolArray:
    """All pairs in which the source comes before the target, in raster order, R then G then B.

    Returns:
        bool `(C, H, W, C, H, W)`: target, then source.
    """
    order = np.arange(height * width * channels).reshape(height, width, channels)
    order = order.transpose(2, 0, 1)  # (C, H, W)
    shape = (channels, height, width)
    return (order.ravel()[None, :] < order.ravel()[:, None]).reshape(*shape, *shape)


def sub_pixel_relation(
    graph: Graph, model: AutoregressiveModel, size: tuple[int, int] | None = None
) -> BoolArray:
    """Which sub-pixel's parameters can depend on which sub-pixels: bool `(C, H, W, C, H, W)`.

    Args:
        graph: the model's trace.
        model: gives the number of colours and, unless `size` is given, the image size.
        size: (height, width) of another image to look at.
    """
    height, width = size or (model.config.height, model.config.width)
    colours = model.config.channels
    reach = relations(graph, height, width)[graph.output.index]
    colour = colour_of(graph.output.channels, colours).numpy()
    bits = colours * height * width
    rows = np.zeros((colours, height, width, -(-bits // 8)), np.uint8)
    for channel, group in enumerate(reach.group):
        rows[colour[channel]] |= reach.packed[group]
    unpacked = np.unpackbits(rows, axis=-1, count=bits).astype(bool)
    return unpacked.reshape(colours, height, width, colours, height, width)


@dataclass(frozen=True)
class Reach:
    """What the channels of one value can depend on.

    Channels wired alike are kept once: `group[channel]` indexes `packed`, uint8
    `(groups, H, W, bytes)`, whose last axis holds one bit for each source sub-pixel `(C, H, W)`.
    """

    group: NDArray[np.intp]
    packed: Packed

    def union(self, other: Reach) -> Reach:
        """Channel by channel, what either of the two depends on."""
        pairs, group = np.unique(np.stack([self.group, other.group]), axis=1, return_inverse=True)
        return Reach(group.ravel(), self.packed[pairs[0]] | other.packed[pairs[1]])


def relations(graph: Graph, height: int, width: int) -> dict[int, Reach]:
    """The reach of every value of a graph, by its index, on an image of the given size."""
    known: dict[int, Reach] = {}
    for value in graph.values:
        if value.op == "image":
            known[value.index] = _image_reach(value.channels, height, width)
        elif value.op == "constant":
            colours = graph.image.channels
            known[value.index] = _empty_reach(value.channels, colours, height, width)
        else:
            inputs = [known[source.index] for source in value.inputs]
            known[value.index] = reach_of(value, inputs)
    return known


def reach_of(value: Value, inputs: list[Reach]) -> Reach:
    """The reach of a value that is made of others, from theirs."""
    if value.op == "taps":
        assert isinstance(value.layer, TapLayer)
        return _through_taps(inputs[0], value.layer, value.channels)
    if value.op == "norm":
        assert isinstance(value.layer, ChannelNorm)
        return _through_norm(inputs[0], value.layer)
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


def _empty_reach(channels: int, colours: int, height: int, width: int) -> Reach:
    nothing = np.zeros((1, height, width, -(-colours * height * width // 8)), np.uint8)
    return Reach(np.zeros(channels, np.intp), nothing)


def _concatenate(inputs: list[Reach]) -> Reach:
    offsets = np.cumsum([0] + [len(reach.packed) for reach in inputs[:-1]])
    group = np.concatenate(
        [reach.group + offset for reach, offset in zip(inputs, offsets, strict=True)]
    )
    return Reach(group, np.concatenate([reach.packed for reach in inputs]))


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
    """Each of the output's channels sees, through each tap, what the inputs there see."""
    groups = len(source.packed)
    member = np.eye(groups, dtype=bool)[source.group]  # (C_in, groups)
    offsets, wires = [], []
    for offset, allowed in layer.tap_masks().items():
        offsets.append(offset)
        wires.append(member.T.astype(np.float32) @ allowed.cpu().numpy().astype(np.float32) > 0)
    if not offsets:  # a single weight of type A: the layer has nothing but its bias
        nothing = np.zeros((1, *source.packed.shape[1:]), np.uint8)
        return Reach(np.zeros(channels, np.intp), nothing)
    signature = np.concatenate(wires)  # (taps * groups, C_out)
    unique, group = np.unique(signature, axis=1, return_inverse=True)
    packed = np.zeros((unique.shape[1], *source.packed.shape[1:]), np.uint8)
    for output in range(unique.shape[1]):
        wired = unique[:, output].reshape(len(offsets), groups)
        for tap, origin in zip(*wired.nonzero(), strict=True):
            _or_shifted(packed[output], source.packed[origin], offsets[tap])
    return Reach(group.ravel(), packed)


def _or_shifted(target: Packed, source: Packed, offset: tuple[int, int]) -> None:
    """`target[row, column] |= source[row + dy, column + dx]` wherever both are in the picture."""
    height, width = target.shape[:2]
    dy, dx = offset
    rows = slice(max(0, -dy), min(height, height - dy))
    columns = slice(max(0, -dx), min(width, width - dx))
    if rows.start < rows.stop and columns.start < columns.stop:
        from_rows = slice(rows.start + dy, rows.stop + dy)
        from_columns = slice(columns.start + dx, columns.stop + dx)
        target[rows, columns] |= source[from_rows, from_columns]
