"""Orders in which the pixels of an image can be generated, and the receptive fields in each.

A masked network always works in raster order: row by row, left to right. For another order the
image is transformed so that its pixels come in raster order, and the result is transformed back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pixelcnn.causality.reach import BoolArray
from pixelcnn.system.checks import check_name

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
    """One of `order_names` for square images of `size` pixels a side.

    Raises:
        ConfigError: unknown order.
    """
    check_name("order", name, _ORDERS)
    return _ORDERS[name](size)


def in_order(relations: BoolArray, order: Order) -> BoolArray:
    """The relation of a raster network on an image transformed to this order.

    The pixel of step i is where raster order has its step i in the transformed image.

    Args:
        relations: bool `(..., H, W, H, W)` of the network, target then source.
        order: the step of each pixel.

    Returns:
        The same relation, indexed by the pixels of the original image.
    """
    pixels = order.size
    flat = relations.reshape(*relations.shape[:-4], pixels, pixels)
    steps = order.ravel()
    return flat[..., steps[:, None], steps[None, :]].reshape(relations.shape)
