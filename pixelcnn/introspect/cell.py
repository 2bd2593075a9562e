"""One cell of a feature map: its receptive field in the image, and how its value is computed."""

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
"""Channel, row and column of a value in a feature map."""

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
        reads: the layer's input, in words.
        source: the input channel shown below.
        patch: the part of that channel under the kernel, float64 `(kernel rows, kernel columns)`; 0
            outside the image.
        kernel: its weights; NaN where masked.
        products: patch times kernel; NaN where masked.
        sums: contribution of each channel, float64 `(C_in,)`; `sums[source]` sums `products`.
        bias: added to the sums.
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
        """The cell's value, up to rounding in the network."""
        return float(self.sums.sum()) + self.bias


@dataclass(frozen=True)
class Term:
    """A value and the expression that gives it.

    Attributes:
        op: `relu`, `elu`, `tanh`, `sigmoid`, `neg`, `add` or `mul` of `parts`; `number` for a
            leaf.
        value: the value.
        name: origin of a leaf, such as "comes from layer 2, map 3".
        parts: the operands.
    """

    op: str
    value: float
    name: str = ""
    parts: tuple[Term, ...] = ()

    @property
    def leaves(self) -> list[Term]:
        """All leaves, from left to right."""
        return [leaf for part in self.parts for leaf in part.leaves] if self.parts else [self]


def window(wiring: Wiring, place: str, cell: Cell) -> NDArray[np.bool_]:
    """The exact receptive field of a cell: the pixels it can depend on, for any weights.

    Args:
        wiring: of the model.
        place: one of its `places`.
        cell: within the maps there.

    Returns:
        bool `(H, W)`; the colours of a pixel are taken together.

    Raises:
        ConfigError: there is no such place or cell.
    """
    value = value_at(wiring, place, cell)
    channel, row, column = cell
    reach = wiring.reaches[value.index]
    rows, columns = reach.packed.shape[1:3]  # 1 x 1 where the image has no effect
    packed = reach.packed[reach.group[channel], min(row, rows - 1), min(column, columns - 1)]
    shape = wiring.model.config.image_shape
    seen = np.unpackbits(packed, count=int(np.prod(shape))).astype(bool).reshape(shape)
    together: NDArray[np.bool_] = np.any(seen, axis=0)
    return together


def convolution(
    wiring: Wiring, numbers: Numbers, place: str, cell: Cell, source: int | None = None
) -> Convolution | None:
    """How a convolution computed one of its cells; None for other kinds of layers.

    Args:
        wiring: of the model.
        numbers: its values, from `numbers_of`.
        place: the layer.
        cell: within its maps.
        source: the input channel to show; by default the one with the largest contribution.

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
    """A cell's value as an expression of other layers' values: sums, products, gates.

    Arguments and errors as for `convolution`. Layers with weights of their own become leaves; for
    these see `convolution`, `looked_up` (attention) and `remembered` (recurrence).
    """
    value = value_at(wiring, place, cell)
    return _term(wiring, numbers, value, cell, first=True)


def value_at(wiring: Wiring, place: str, cell: Cell) -> Value:
    """The value at a place of a network, if the cell lies within its maps.

    Raises:
        ConfigError: there is no such place or cell.
    """
    value = wiring.places.get(place)
    if value is None:
        raise ConfigError(f"{place} is not a layer that leads to this network's prediction.")
    config = wiring.model.config
    shape = (value.channels, *(-(-size // value.scale) for size in (config.height, config.width)))
    if not all(0 <= at < size for at, size in zip(cell, shape, strict=True)):
        raise ConfigError(f"cell = {cell} is outside the maps of {place}, which are {shape}.")
    return value


def _patches(layer: TapConv2d, maps: Tensor, row: int, column: int) -> Tensor:
    """The input under the kernel, 0 outside: `(C, H, W)` to float64 `(C, kernel rows, columns)`."""
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
    result = float(maps[at])
    is_leaf = value.index in wiring.names and not first
    if value.op == "slice":
        return _term(wiring, numbers, value.inputs[0], (channel + value.start, row, column))
    if value.op == "cat" and not is_leaf:
        for part in value.inputs:
            if channel < part.channels:
                return _term(wiring, numbers, part, (channel, row, column))
            channel -= part.channels
    if is_leaf or value.op not in _FOLLOWED:
        what = described(wiring, value)
        # A value independent of the image, and shared by all channels, has no map.
        where = "" if value.op == "constant" else f", map {channel}"
        return Term("number", result, f"comes from {what}{where}")
    parts = [_term(wiring, numbers, part, cell) for part in value.inputs]
    if value.op == "add":  # (a + b) + c reads as a + b + c
        parts = [term for part in parts for term in (part.parts if part.op == "add" else (part,))]
    return Term(value.op, result, parts=tuple(parts))


def described(wiring: Wiring, value: Value) -> str:
    """A value in words."""
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
