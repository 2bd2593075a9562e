"""Exact receptive fields, blind spots and leaks, from the taps alone.

A relation says which outputs can depend on which inputs, for any weights. It follows the taps
through the graph, one bit for each (target, source) pair. Nothing is sampled or estimated, so
counts are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelcnn.causality.propagation import relations
from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import Graph, trace
from pixelcnn.nn.layers import colour_of

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class AuditReport:
    """The dependences of a network, counted over all (target, source) pairs of sub-pixels.

    Attributes:
        relation: bool `(C, H, W, C, H, W)`: the target (first three) can depend on the source.
        limit: the same at unlimited depth; equal to `relation` if the depth is fixed.
        names: of the sub-pixels, for messages: `(C, H, W)`.
    """

    relation: BoolArray
    limit: BoolArray

    @property
    def legal_map(self) -> BoolArray:
        """Pairs that the causal rule allows: the source precedes the target."""
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
        """Pairs that the causal rule forbids but this network uses."""
        return int((self.relation & ~self.legal_map).sum())

    @property
    def never(self) -> int:
        """Legal pairs unseen at any depth: the blind spot."""
        return int((self.legal_map & ~self.limit).sum())

    @property
    def seen_share(self) -> float:
        """Share of the legal pairs that are seen, 0 to 1."""
        return self.seen / max(self.legal, 1)

    @property
    def causal(self) -> bool:
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
    """The counts for one target: sources that are legal, seen, reachable, never seen, leaked."""

    legal: int
    seen: int
    not_yet: int
    never: int
    leaks: int


def audit(model: AutoregressiveModel) -> AuditReport:
    """Count what `model` sees, leaks, and could not see at any depth.

    Source: the blind spot of van den Oord et al. 2016b, section 2.2 and figure 1, made exact.
    """
    relation = sub_pixel_relation(trace(model), model)
    # A network that sees everything would see no more if it were deeper.
    sees_all = np.array_equal(relation, legal_relation(*relation.shape[:3]))
    return AuditReport(relation, relation if sees_all else limit_reach(model))


def receptive_field(model: AutoregressiveModel, pixel: tuple[int, int] | None = None) -> BoolArray:
    """The pixels that the distribution at a pixel can depend on.

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
    """The relation of the same architecture at unlimited depth: bool `(C, H, W, C, H, W)`.

    Builds the model with `saturating_blocks` and as few channels as possible, since these do not
    affect the reach.
    """
    deep = type(model)(model.config.deepest())
    return sub_pixel_relation(trace(deep), deep)


def legal_relation(channels: int, height: int, width: int) -> BoolArray:
    """All pairs where the source comes before the target, in raster order, R then G then B.

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
    """The relation of parameters to sub-pixels: bool `(C, H, W, C, H, W)`, target then source.

    Args:
        graph: the model's trace.
        model: gives the number of colours and, unless `size` is given, the image size.
        size: (height, width) of another image size.
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
    relation = unpacked.reshape(colours, height, width, colours, height, width)
    if model.likelihood.coupled:
        for row, column in np.ndindex(height, width):
            relation[:, row, column, :, row, column] |= np.tri(colours, k=-1, dtype=bool)
    return relation
