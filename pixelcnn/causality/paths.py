"""Paths from one pixel to another through the layers of a network, found backwards.

A pixel is seen if a path leads from it to the target: from layer to layer, each time along a tap,
from state to state of a recurrence, or in one jump of attention. The exact reach of every value
tells which turns lead to the source, so the search never backtracks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelcnn.causality.propagation import relations
from pixelcnn.causality.reach import BoolArray
from pixelcnn.models.graph import Graph, Value
from pixelcnn.nn.attention import CausalAttention
from pixelcnn.nn.layers import TapConv2d, TapLayer
from pixelcnn.nn.recurrence import Recurrence

Cell = tuple[int, int]
"""Row and column."""


@dataclass(frozen=True)
class Step:
    """The position of the information after a layer.

    Attributes:
        row: of the pixel; of the upper left one, at a lower resolution.
        column: likewise.
        layer: name of the layer that led here; empty at the source.
        depth: of that layer: 0 for the first, 1 for the first block, and so on; -1 at the source.
            In a PixelCNN++, blocks of all resolutions count as one, whose depth is the number of
            blocks at each resolution.
        scale: pixels per row or column at the layer's resolution.
    """

    row: int
    column: int
    layer: str = ""
    depth: int = -1
    scale: int = 1


@dataclass(frozen=True)
class _Place:
    """One channel of one value at one position."""

    value: Value
    channel: int
    row: int
    column: int

    @property
    def pixel(self) -> Cell:
        """The position in the image."""
        return self.row * self.value.scale, self.column * self.value.scale


class Paths:
    """Finds paths through one network, for grey images.

    Args:
        graph: the trace of any model.
        height: rows of the image, in pixels.
        width: its columns.
    """

    def __init__(self, graph: Graph, height: int, width: int) -> None:
        self._graph, self._width = graph, width
        self._reach = relations(graph, height, width)
        names = [value.name for value in graph.values]
        # A Gated PixelCNN counts its layers from the first; others have a separate first layer.
        self._apart = any(name.startswith("first") for name in names)
        # A PixelCNN++ has one more block at each resolution on its way up.
        down = [name for name in names if not name.startswith("way_up")]
        self._blocks = max((_number(name) + 1 for name in down), default=0)

    def find(self, source: Cell, target: Cell) -> tuple[Step, ...]:
        """The path from source to target with the fewest blocks, both ends included.

        Empty if there is none.
        """
        output = self._graph.output
        starts = (_Place(output, channel, *target) for channel in range(output.channels))
        place = next((start for start in starts if self._sees(start, source)), None)
        if place is None:
            return ()
        backwards = []
        while place.value.op != "image":
            before = self._turn(place, source)
            if _looks_around(place.value) or before.pixel != place.pixel:
                name, scale = place.value.name, place.value.scale
                backwards.append(Step(*place.pixel, name, self._depth(name), scale))
            place = before
        return (Step(*source), *reversed(backwards))

    def _turn(self, place: _Place, source: Cell) -> _Place:
        """The place one operation earlier: as near the source as possible, else as early."""
        candidates = [way for way in self._ways(place) if self._sees(way, source)]
        return min(candidates, key=lambda way: (_distance(way.pixel, source), way.value.index))

    def _ways(self, place: _Place) -> Iterator[_Place]:
        """The places that the value at this place is computed from."""
        value, channel, row, column = place.value, place.channel, place.row, place.column
        if isinstance(value.layer, TapLayer):
            yield from self._through_taps(place, value.layer)
        elif isinstance(value.layer, CausalAttention):
            yield from self._through_attention(place, value.layer)
        elif isinstance(value.layer, Recurrence):
            yield from self._through_recurrence(place, value.layer)
        elif value.op == "upsample":
            yield _Place(value.inputs[0], channel, row // 2, column // 2)
        elif value.op == "norm":  # all channels of a grey value
            for read in range(value.inputs[0].channels):
                yield _Place(value.inputs[0], read, row, column)
        elif value.op == "cat":
            for source in value.inputs:
                if 0 <= channel < source.channels:
                    yield _Place(source, channel, row, column)
                channel -= source.channels
        else:
            for source in value.inputs:
                yield _Place(source, value.start + channel, row, column)

    def _through_taps(self, place: _Place, layer: TapLayer) -> Iterator[_Place]:
        read_from = place.value.inputs[0]
        stride = layer.stride[0] if isinstance(layer, TapConv2d) else 1
        height, width = self._reach[read_from.index].packed.shape[1:3]
        for (dy, dx), allowed in layer.tap_masks().items():
            row, column = place.row * stride + dy, place.column * stride + dx
            if 0 <= row < height and 0 <= column < width:
                for read in allowed[:, place.channel].nonzero().flatten().tolist():
                    yield _Place(read_from, read, row, column)

    def _through_attention(self, place: _Place, layer: CausalAttention) -> Iterator[_Place]:
        """Keys and values of its head at every earlier pixel, and its own query."""
        query, key, attended = place.value.inputs
        width = self._reach[place.value.index].packed.shape[2]
        head = place.channel * layer.heads // place.value.channels
        last = place.row * width + place.column + (0 if layer.strict else 1)
        for value in (key, attended):
            for read in self._one_of_each(value, head, layer.heads):
                for at in range(last):
                    yield _Place(value, read, at // width, at % width)
        for read in self._one_of_each(query, head, layer.heads):
            yield _Place(query, read, place.row, place.column)

    def _through_recurrence(self, place: _Place, layer: Recurrence) -> Iterator[_Place]:
        """The inputs of this state's gates, and its neighbouring states."""
        gates, (height, width) = place.value.inputs[0], self._reach[0].packed.shape[1:3]
        for read in range(place.channel, gates.channels, layer.hidden):
            yield _Place(gates, read, place.row, place.column)
        for dy, dx in layer.offsets:
            row, column = place.row + dy, place.column + dx
            if 0 <= row < height and 0 <= column < width:
                for read in self._one_of_each(place.value):
                    yield _Place(place.value, read, row, column)

    def _one_of_each(self, value: Value, part: int = 0, parts: int = 1) -> list[int]:
        """A channel for each kind of wiring in one of the equal parts of a value."""
        size = value.channels // parts
        group = self._reach[value.index].group[part * size : (part + 1) * size]
        first: list[int] = np.unique(group, return_index=True)[1].tolist()
        return [part * size + channel for channel in first]

    def _sees(self, place: _Place, source: Cell) -> bool:
        """Whether the value at this place depends on the image's pixel `source`."""
        if place.value.op == "constant":
            return False
        reach = self._reach[place.value.index]
        packed = reach.packed[reach.group[place.channel]]
        pixel = source[0] * self._width + source[1]
        return bool(packed[place.row, place.column, pixel // 8] >> (7 - pixel % 8) & 1)

    def _depth(self, name: str) -> int:
        """The depth of a module; see `Step`."""
        if name.startswith("first"):
            return 0
        if name.startswith("way_"):  # blocks of all resolutions count as one
            return self._blocks
        return _number(name) + self._apart


def stack_path(
    first_seen: NDArray[np.int16],
    later: BoolArray,
    source: Cell,
    target: Cell,
    *,
    dilation: int = 1,
) -> tuple[Step, ...]:
    """As `Paths.find`, for one stack of masked convolutions, without a network.

    Args:
        first_seen: `(H, W)` of `first_seen_depth` for this source.
        later: bool `(k, k)`: the weights that each layer after the first keeps.
        source: start of the path.
        target: its end.
        dilation: of the later layers.
    """
    if first_seen[target] < 0:
        return ()
    centre = len(later) // 2
    moves = [(int(row - centre), int(column - centre)) for row, column in np.argwhere(later)]
    backwards, place = [], target
    while first_seen[place] > 0:
        depth = int(first_seen[place])
        backwards.append(Step(*place, f"blocks.{depth - 1}.conv", depth))
        row, column = place
        cells = [(row + dy * dilation, column + dx * dilation) for dy, dx in moves]
        place = min(
            (way for way in cells if _inside(way, first_seen) and 0 <= first_seen[way] < depth),
            key=lambda way: _distance(way, source),
        )
    return (Step(*source), *reversed([*backwards, Step(*place, "first", 0)]))


def _inside(cell: Cell, picture: NDArray[np.int16]) -> bool:
    return 0 <= cell[0] < picture.shape[0] and 0 <= cell[1] < picture.shape[1]


def first_seen_depth(sees: BoolArray) -> NDArray[np.int16]:
    """The depth from which each pixel sees a source: `(H, W)`, 0 for the first layer, -1 for never.

    Args:
        sees: bool `(layers, H, W)`: the pixels that see the source after each layer, such as
            `ReceptiveFields.relations[:, :, :, row, column]`.
    """
    depths: NDArray[np.int16] = np.where(sees.any(axis=0), sees.argmax(axis=0), -1).astype(np.int16)
    return depths


def _looks_around(value: Value) -> bool:
    """Whether it is a shift, or a convolution that reads other pixels than its own."""
    return isinstance(value.layer, TapLayer) and set(value.layer.tap_masks()) - {(0, 0)} != set()


def _distance(cell: Cell, source: Cell) -> int:
    return (cell[0] - source[0]) ** 2 + (cell[1] - source[1]) ** 2


def _number(name: str) -> int:
    """The index of the block that a module belongs to; -1 if none."""
    match = re.search(r"(?:blocks|layers|attentions)\.(\d+)", name)
    return -1 if match is None else int(match[1])
