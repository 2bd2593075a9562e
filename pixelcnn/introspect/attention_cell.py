"""One cell of an attention's map: the pixels it attends to, and the sum that gives its value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelcnn.introspect.cell import Cell, value_at
from pixelcnn.introspect.wiring import Numbers, Wiring
from pixelcnn.nn.attention import CausalAttention


@dataclass(frozen=True, eq=False)
class Lookup:
    """weight x value = sum, for one cell of an attention.

    Attributes:
        head: index of the attention head.
        weights: attention weights of the pixels, float64 `(H, W)`: they sum to 1, or to 0 where
            there is nothing to attend to; NaN at masked pixels.
        values: this map of the values; NaN at the same pixels.
    """

    head: int
    weights: NDArray[np.float64]
    values: NDArray[np.float64]

    @property
    def products(self) -> NDArray[np.float64]:
        """The contribution of each pixel, float64 `(H, W)`; NaN at masked pixels."""
        return self.weights * self.values

    @property
    def total(self) -> float:
        """The cell's value, up to rounding in the network."""
        return float(np.nansum(self.products))

    @property
    def strongest(self) -> list[tuple[int, int]]:
        """The attended pixels, largest absolute contribution first."""
        sizes = np.abs(self.products)
        seen = np.argwhere(~np.isnan(sizes)).tolist()
        return sorted(((row, column) for row, column in seen), key=lambda at: -sizes[at])


def looked_up(wiring: Wiring, numbers: Numbers, place: str, cell: Cell) -> Lookup | None:
    """How an attention computed one of its cells; None for other kinds of layers.

    Args:
        wiring: of the model.
        numbers: its values, from `numbers_of`.
        place: the layer.
        cell: within its maps.

    Raises:
        ConfigError: there is no such place or cell.
    """
    value = value_at(wiring, place, cell)
    layer = value.layer
    if not isinstance(layer, CausalAttention):
        return None
    channel, row, column = cell
    query, key, attended = (numbers[source.index].double() for source in value.inputs)
    head = channel * layer.heads // value.channels
    shape = attended.shape[1:]
    target = row * shape[1] + column
    weights = layer.weights(query[None], key[None])[0, head, target].reshape(shape).numpy()
    hidden = np.arange(weights.size).reshape(shape) > target - layer.strict
    values = np.where(hidden, np.nan, attended[channel].numpy())
    return Lookup(head, np.where(hidden, np.nan, weights), values)
