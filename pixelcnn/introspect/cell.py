"""One cell of a feature map: where it looks in the image, and how its number came about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.errors import ConfigError
from pixelcnn.introspect.layer_titles import layer_label
from pixelcnn.introspect.wiring import Numbers, Wiring
from pixelcnn.models.graph import Value
from pixelcnn.nn.layers import TapConv2d

Cell = tuple[int, int, int]
"""Channel, row and column of a number in a feature map."""

_BEFORE_A_NAME = {
    "relu": "ReLU of",
    "elu": "ELU of",
    "norm": "normalised",
    "neg": "−",
    "taps": "one row up in",  # the shift of a vertical stack
    "upsample": "doubled",
}
_FOLLOWED = ("relu", "elu", "tanh", "sigmoid", "neg", "add", "mul")


@dataclass(frozen=True, eq=False)
class Convolution:
    """kernel x patch = sum, for one cell of a convolution.

    Attributes:
        reads: what the layer reads, in words.
        source: the channel of it that is written out below.
        patch: what the kernel lies on in that channel, float64 `(kernel rows, kernel columns)`; 0
            outside the picture.
        kernel: its weights there; NaN where masked.
        products: patch times kernel; NaN where masked.
        sums: what each channel adds, float64 `(C_in,)`; `sums[source]` is the sum of `products`.
        bias: what is added besides.
    """

    reads: str
    source: int
    patch: NDArray[np.float64]
    kernel: NDArray[np.float64]
    products: NDArray[np.float64]
    sums: NDArray[np.float64]
    bias: float

    @property
    def total(self) -> float:
        """The cell's value, to the rounding of the network's arithmetic."""
        return float(self.sums.sum()) + self.bias


@dataclass(frozen=True)
class Term:
    """A number and how it is made of others.

    Attributes:
        op: `relu`, `elu`, `tanh`, `sigmoid`, `neg`, `add` or `mul` of `parts`; `number` where it
            is followed no further.
        value: the number.
        name: "comes from layer 2, map 3", where it is followed no further.
        parts: what it is made of.
    """

    op: str
    value: float
    name: str = ""
    parts: tuple[Term, ...] = ()

    @property
    def leaves(self) -> list[Term]:
        """The numbers that it comes from, from left to right."""
        return [leaf for part in self.parts for leaf in part.leaves] if self.parts else [self]


def window(wiring: Wiring, place: str, cell: Cell) -> NDArray[np.bool_]:
    """The pixels that a cell can depend on, whatever the weights: its exact receptive field.

    Args:
        wiring: of the model.
        place: one of its `places`.
        cell: within the maps there.

    Returns:
        bool `(H, W)`, with the colours of a pixel taken together.

    Raises:
        ConfigError: there is no such place or cell.
    """
    value = value_at(wiring, place, cell)
    channel, row, column = cell
    reach = wiring.reaches[value.index]
    rows, columns = reach.packed.shape[1:3]  # one of each for what the image does not change
    packed = reach.packed[reach.group[channel], min(row, rows - 1), min(column, columns - 1)]
    config = wiring.model.config
    shape = (config.channels, config.height, config.width)
    seen = np.unpackbits(packed, count=int(np.prod(shape))).astype(bool).reshape(shape)
    together: NDArray[np.bool_] = np.any(seen, axis=0)
    return together


def convolution(
    wiring: Wiring, numbers: Numbers, place: str, cell: Cell, source: int | None = None
) -> Convolution | None:
    """How a convolution made one of its cells; None for another kind of layer.

    Args:
        wiring: of the model.
        numbers: what it computed, from `numbers_of`.
        place: the layer.
        cell: within its maps.
        source: which input channel to write out; by default the one that adds most, in size.

    Raises:
        ConfigError: there is no such place, cell or channel.
    """
    value = value_at(wiring, place, cell)
    layer = value.layer
    if not isinstance(layer, TapConv2d):
        return None
    channel, row, column = cell
    patches = _patches(layer, numbers[value.inputs[0].index], row, column)
    weight, mask = (tensor[channel].detach().cpu() for tensor in (layer.weight, layer.mask))
    products = (patches * weight.double()).masked_fill(~mask, 0)
    sums = products.sum(dim=(1, 2))
    if source is None:
        source = int(sums.abs().argmax())
    if not 0 <= source < len(sums):
        raise ConfigError(f"source = {source} is unknown; {place} reads {len(sums)} maps.")
    hidden = ~mask[source]
    return Convolution(
        reads=described(wiring, value.inputs[0]),
        source=source,
        patch=patches[source].numpy(),
        kernel=weight[source].double().masked_fill(hidden, torch.nan).numpy(),
        products=products[source].masked_fill(hidden, torch.nan).numpy(),
        sums=sums.numpy(),
        bias=0.0 if layer.bias is None else float(layer.bias[channel].detach()),
    )


def made_of(wiring: Wiring, numbers: Numbers, place: str, cell: Cell) -> Term:
    """How a cell's number follows from those of other layers: sums, products, gates.

    Arguments and errors as for `convolution`. A layer with weights of its own is followed no
    further, and gives a single number: for these there are `convolution`, `looked_up` (attention)
    and `remembered` (recurrence).
    """
    value = value_at(wiring, place, cell)
    return _term(wiring, numbers, value, cell, first=True)


def value_at(wiring: Wiring, place: str, cell: Cell) -> Value:
    """The value at a place of a network, after a look whether the cell lies within its maps.

    Raises:
        ConfigError: there is no such place or cell.
    """
    value = wiring.places.get(place)
    if value is None:
        raise ConfigError(f"{place} is no place of this network that leads to its prediction.")
    config = wiring.model.config
    shape = (value.channels, *(-(-size // value.scale) for size in (config.height, config.width)))
    if not all(0 <= at < size for at, size in zip(cell, shape, strict=True)):
        raise ConfigError(f"cell = {cell} lies outside the maps of {place}, which are {shape}.")
    return value


def _patches(layer: TapConv2d, maps: Tensor, row: int, column: int) -> Tensor:
    """What the kernel lies on, 0 outside: `(C, H, W)` to float64 `(C, kernel rows, columns)`."""
    rows, columns = layer.kernel_size
    step, stride = layer.dilation[0], layer.stride[0]
    patches = torch.zeros(len(maps), rows, columns, dtype=torch.float64)
    for i in range(rows):
        for j in range(columns):
            y = row * stride + (i - rows // 2) * step
            x = column * stride + (j - columns // 2) * step
            if 0 <= y < maps.shape[1] and 0 <= x < maps.shape[2]:
                patches[:, i, j] = maps[:, y, x]
    return patches


def _term(
    wiring: Wiring, numbers: Numbers, value: Value, cell: Cell, *, first: bool = False
) -> Term:
    channel, row, column = cell
    maps = numbers[value.index]
    at = tuple(min(index, size - 1) for index, size in zip(cell, maps.shape, strict=True))
    number = float(maps[at])
    named = value.index in wiring.names and not first
    if value.op == "slice":
        return _term(wiring, numbers, value.inputs[0], (channel + value.start, row, column))
    if value.op == "cat" and not named:
        for part in value.inputs:
            if channel < part.channels:
                return _term(wiring, numbers, part, (channel, row, column))
            channel -= part.channels
    if named or value.op not in _FOLLOWED:
        what = described(wiring, value)
        # A number that the image does not change, and one for all channels, has no map.
        where = "" if value.op == "constant" else f", map {channel}"
        return Term("number", number, f"comes from {what}{where}")
    parts = [_term(wiring, numbers, part, cell) for part in value.inputs]
    if value.op == "add":  # (a + b) + c reads as a + b + c
        parts = [one for part in parts for one in (part.parts if part.op == "add" else (part,))]
    return Term(value.op, number, parts=tuple(parts))


def described(wiring: Wiring, value: Value) -> str:
    """A value in a few words."""
    if value.op == "image":
        return "the image"
    if value.op == "constant":
        return "label or position"
    if value.index in wiring.names:
        return layer_label(wiring.names[value.index])
    inside = [described(wiring, source) for source in value.inputs]
    if value.op in ("add", "cat"):
        return (" + " if value.op == "add" else " and ").join(dict.fromkeys(inside))
    if value.op == "mul":
        return f"gated {inside[0].removeprefix('tanh of ')}"
    if value.op == "slice":
        return inside[0]
    return f"{_BEFORE_A_NAME.get(value.op, f'{value.op} of')} {inside[0]}"
