"""One cell of an attention's map: where its pixel looks, and the sum that makes its number."""

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
        head: which head made it, from 0.
        weights: how much it takes from each pixel, float64 `(H, W)`: they sum to 1, or to 0 where
            there is nothing to look at; NaN at pixels that it may not look at.
        values: what stands there in this map of the values; NaN at the same pixels.
    """

    head: int
    weights: NDArray[np.float64]
    values: NDArray[np.float64]

    @property
    def products(self) -> NDArray[np.float64]:
        """What each pixel adds, float64 `(H, W)`; NaN at the same pixels."""
        return self.weights * self.values

    @property
    def total(self) -> float:
        """The cell's number, to the rounding of the network's arithmetic."""
        return float(np.nansum(self.products))

    @property
    def strongest(self) -> list[tuple[int, int]]:
        """The pixels that are looked at, by the size of what they add, greatest first."""
        sizes = np.abs(self.products)
        seen = np.argwhere(~np.isnan(sizes)).tolist()
        return sorted(((row, column) for row, column in seen), key=lambda at: -sizes[at])


def looked_up(wiring: Wiring, numbers: Numbers, place: str, cell: Cell) -> Lookup | None:
    """How an attention made one of its cells; None for another kind of layer.

    Args:
        wiring: of the model.
        numbers: what it computed, from `numbers_of`.
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
