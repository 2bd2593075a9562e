"""Orders in which the pixels of a picture can be generated, and what a network knows in each.

A masked network always works in raster order: row by row, left to right. For another order the
picture is transformed, so that its pixels come in raster order, and the result is transformed
back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pixelcnn.causality.reach import BoolArray
from pixelcnn.errors import ConfigError

Order = NDArray[np.int32]
"""`(H, W)`: the step at which each pixel is generated, counted from 0."""


def _raster(size: int) -> Order:
    return np.arange(size * size, dtype=np.int32).reshape(size, size)


def _serpentine(size: int) -> Order:
    order = _raster(size)
    order[1::2] = order[1::2, ::-1]
    return order


_ORDERS: Mapping[str, Callable[[int], Order]] = MappingProxyType(
    {
        "raster": _raster,
        "columns": lambda size: np.ascontiguousarray(_raster(size).T),
        "reversed": lambda size: np.ascontiguousarray(_raster(size)[::-1, ::-1]),
        "serpentine": _serpentine,
    }
)


def order_names() -> list[str]:
    """`raster`, `columns` (transposed), `reversed` (turned by 180 degrees), `serpentine`."""
    return list(_ORDERS)


def generation_order(name: str, size: int) -> Order:
    """One of `order_names` for square pictures of `size` pixels a side.

    Raises:
        ConfigError: an order that is not known.
    """
    if name not in _ORDERS:
        raise ConfigError(f"order {name!r} is unknown; use one of {', '.join(_ORDERS)}.")
    return _ORDERS[name](size)


def in_order(relations: BoolArray, order: Order) -> BoolArray:
    """What a raster network sees of a picture that was transformed to this order first.

    The pixel of step i stands in the transformed picture where raster order has its step i.

    Args:
        relations: bool `(..., H, W, H, W)` of the network, target then source.
        order: the step of each pixel.

    Returns:
        The same relation in the places of the picture before it was transformed.
    """
    pixels = order.size
    flat = relations.reshape(*relations.shape[:-4], pixels, pixels)
    steps = order.ravel()
    return flat[..., steps[:, None], steps[None, :]].reshape(relations.shape)
