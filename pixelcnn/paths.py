"""The way from one pixel to another through the layers of a network, found backwards.

A pixel is seen if some way leads from it to the target: from layer to layer, each time along a tap.
The exact reach of every value of the network says which turns lead to the source, so that no turn
is ever taken back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import ConfigError
from pixelcnn.graph import Graph, Value
from pixelcnn.layers import TapLayer
from pixelcnn.propagation import relations
from pixelcnn.reach import BoolArray

Cell = tuple[int, int]
"""Row and column."""

_CANNOT_FOLLOW = ("attention", "recurrence", "upsample")


@dataclass(frozen=True)
class Step:
    """Where the information stands after a layer.

    Attributes:
        row: of the pixel.
        column: of the pixel.
        layer: the name of the convolution that brought it here; empty at the source itself.
        depth: which layer that is: 0 for the first, 1 for the first block, and so on; -1 at the
            source.
    """

    row: int
    column: int
    layer: str = ""
    depth: int = -1


@dataclass(frozen=True)
class _Place:
    """One channel of one value at one pixel."""

    value: Value
    channel: int
    row: int
    column: int


class Paths:
    """Finds ways through one network, for grey images.

    Args:
        graph: the trace of a model that is made of convolutions alone.
        height: rows of the image, in pixels.
        width: its columns.

    Raises:
        ConfigError: the network has layers that need no path, or that change the size.
    """

    def __init__(self, graph: Graph, height: int, width: int) -> None:
        for value in graph.values:
            if value.op in _CANNOT_FOLLOW or value.scale != 1:
                raise ConfigError(f"a path cannot be followed through {value.name} ({value.op}).")
        self._graph, self._width = graph, width
        self._reach = relations(graph, height, width)

    def find(self, source: Cell, target: Cell) -> tuple[Step, ...]:
        """The way from source to target by as few blocks as possible, both ends included.

        Empty if there is none.
        """
        output = self._graph.output
        starts = (_Place(output, channel, *target) for channel in range(output.channels))
        place = next((start for start in starts if self._sees(start, source)), None)
        if place is None:
            return ()
        backwards = []
        while place.value.op != "image":
            if _looks_around(place.value):
                name = place.value.name
                backwards.append(Step(place.row, place.column, name, _depth(name)))
            place = self._turn(place, source)
        return (Step(*source), *reversed(backwards))

    def _turn(self, place: _Place, source: Cell) -> _Place:
        """From where, one operation earlier: as near the source as possible, else as early."""
        ways = [way for way in self._ways(place) if self._sees(way, source)]
        return min(
            ways, key=lambda way: (_distance((way.row, way.column), source), way.value.index)
        )

    def _ways(self, place: _Place) -> Iterator[_Place]:
        """What the value at this place is made of directly."""
        value, channel, row, column = place.value, place.channel, place.row, place.column
        if isinstance(value.layer, TapLayer):
            height, width = self._reach[0].packed.shape[1:3]
            for (dy, dx), allowed in value.layer.tap_masks().items():
                if 0 <= row + dy < height and 0 <= column + dx < width:
                    for read in allowed[:, channel].nonzero().flatten().tolist():
                        yield _Place(value.inputs[0], read, row + dy, column + dx)
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

    def _sees(self, place: _Place, source: Cell) -> bool:
        """Whether the image's pixel `source` plays a part there."""
        if place.value.op == "constant":
            return False
        reach = self._reach[place.value.index]
        packed = reach.packed[reach.group[place.channel]]
        pixel = source[0] * self._width + source[1]
        return bool(packed[place.row, place.column, pixel // 8] >> (7 - pixel % 8) & 1)


def stack_path(
    heard: NDArray[np.int16], later: BoolArray, source: Cell, target: Cell, *, dilation: int = 1
) -> tuple[Step, ...]:
    """The same way as `Paths.find` gives, in one stack of masked convolutions, without a network.

    Args:
        heard: `(H, W)` of `first_heard` for this source.
        later: bool `(k, k)`: the weights that each layer after the first keeps.
        source: where the way begins.
        target: where it ends.
        dilation: of the later layers.
    """
    if heard[target] < 0:
        return ()
    centre = len(later) // 2
    moves = [(int(row - centre), int(column - centre)) for row, column in np.argwhere(later)]
    backwards, place = [], target
    while heard[place] > 0:
        depth = int(heard[place])
        backwards.append(Step(*place, f"blocks.{depth - 1}.conv", depth))
        row, column = place
        ways = [(row + dy * dilation, column + dx * dilation) for dy, dx in moves]
        place = min(
            (way for way in ways if _inside(way, heard) and 0 <= heard[way] < depth),
            key=lambda way: _distance(way, source),
        )
    return (Step(*source), *reversed([*backwards, Step(*place, "first", 0)]))


def _inside(cell: Cell, picture: NDArray[np.int16]) -> bool:
    return 0 <= cell[0] < picture.shape[0] and 0 <= cell[1] < picture.shape[1]


def first_heard(sees: BoolArray) -> NDArray[np.int16]:
    """After which layer each pixel sees a source: `(H, W)`, 0 for the first, -1 for never.

    Args:
        sees: bool `(layers, H, W)`: who sees the source after each layer; of the relations of a
            `Growth`, that is `relations[:, :, :, row, column]`.
    """
    found: NDArray[np.int16] = np.where(sees.any(axis=0), sees.argmax(axis=0), -1).astype(np.int16)
    return found


def _looks_around(value: Value) -> bool:
    """Whether it is a convolution that reads other pixels than its own, or a shift."""
    return isinstance(value.layer, TapLayer) and set(value.layer.tap_masks()) - {(0, 0)} != set()


def _distance(cell: Cell, source: Cell) -> int:
    return (cell[0] - source[0]) ** 2 + (cell[1] - source[1]) ** 2


def _depth(name: str) -> int:
    """Which layer a module belongs to: `first` and `layers.0` are 0, `blocks.0` is 1."""
    number = re.match(r"(blocks|layers)\.(\d+)", name)
    if number is None:
        return 0
    return int(number[2]) + (number[1] == "blocks")
