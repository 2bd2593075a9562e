"""The eight reading orders of a square image: by rows or by columns, from each corner.

A network reads in raster order. To read in another order, the image is turned or mirrored so that
this order becomes the raster order, and the result is turned back. A model with
`ModelConfig.orders` = 8 has learned all eight of these images, under labels of their own.

Source: Jain et al. 2020, "Locally Masked Convolution for Autoregressive Models", who train one
model on eight orders so that an image can be completed from any side. They change the network's
masks with the order; here the image is turned and the network stays the same.
"""

from __future__ import annotations

from typing import overload

import torch
from torch import Tensor

ORDERS = 8
RASTER = 0
_MIRRORED, _UPSIDE_DOWN, _TRANSPOSED = 1, 2, 4


def turn(picture: Tensor, order: int) -> Tensor:
    """Turn an image so that `order` becomes the raster order: `(..., H, W)`, H = W.

    Args:
        picture: of any dtype; its last two dimensions are rows and columns.
        order: 0 to 7, where 0 is the raster order.
    """
    if order & _TRANSPOSED:
        picture = picture.transpose(-1, -2)
    return picture.flip(_flipped(order)).contiguous()


def turn_back(picture: Tensor, order: int) -> Tensor:
    """The inverse of `turn`."""
    picture = picture.flip(_flipped(order))
    if order & _TRANSPOSED:
        picture = picture.transpose(-1, -2)
    return picture.contiguous()


@overload
def label_in(*, order: int, label: int, classes: int) -> int: ...
@overload
def label_in(*, order: int | Tensor, label: Tensor, classes: int) -> Tensor: ...
def label_in(*, order: int | Tensor, label: int | Tensor, classes: int) -> int | Tensor:
    """The label of a class in one of the eight orders.

    In raster order that is the class itself.
    """
    return label + order * classes


def best_order(known_mask: Tensor) -> int:
    """The order with most known pixels before the first unknown one; the first of several.

    Args:
        known_mask: bool `(..., H, W)`; leading dimensions must agree.
    """
    given = known_mask.flatten(0, -3).all(dim=0) if known_mask.dim() > 2 else known_mask

    def beginning(order: int) -> int:
        return int(turn(given, order).flatten().long().cumprod(dim=0).sum())

    return max(range(ORDERS), key=beginning)


def in_words(order: int) -> str:
    """An order in words."""
    steps = turn_back(torch.arange(4).view(2, 2), order)
    row, column = divmod(int(steps.argmin()), 2)
    lines = "column by column" if order & _TRANSPOSED else "row by row"
    return f"{lines}, from the {('top', 'bottom')[row]} {('left', 'right')[column]}"


def _flipped(order: int) -> list[int]:
    return [-1] * bool(order & _MIRRORED) + [-2] * bool(order & _UPSIDE_DOWN)
