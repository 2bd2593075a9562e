"""Orders in which a network may generate its pixels, and in which of them it looks ahead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelcnn.causality.reach import BoolArray
from pixelcnn.errors import ConfigError

Order = NDArray[np.int64]
"""`(H, W)`: the step at which each pixel is generated, counted from 0."""


def named_orders(height: int, width: int) -> Mapping[str, Order]:
    """The orders that are recognised, by their names: the eight orders and serpentines."""
    rows = np.arange(height * width).reshape(height, width)
    columns = np.arange(height * width).reshape(width, height).T
    snake = rows.copy()
    snake[1::2] = snake[1::2, ::-1]
    column_snake = np.arange(height * width).reshape(width, height)
    column_snake[1::2] = column_snake[1::2, ::-1]
    column_snake = column_snake.T
    return {
        "raster": rows,
        "columns": columns,
        "reversed": rows[::-1, ::-1],
        "rows-from-top-right": rows[:, ::-1],
        "rows-from-bottom-left": rows[::-1],
        "columns-from-top-right": columns[:, ::-1],
        "columns-from-bottom-left": columns[::-1],
        "columns-reversed": columns[::-1, ::-1],
        "serpentine": snake,
        "serpentine-from-top-right": snake[:, ::-1],
        "serpentine-from-bottom-left": snake[::-1],
        "serpentine-reversed": snake[::-1, ::-1],
        "column-serpentine": column_snake,
        "column-serpentine-from-top-right": column_snake[:, ::-1],
        "column-serpentine-from-bottom-left": column_snake[::-1],
        "column-serpentine-reversed": column_snake[::-1, ::-1],
    }


ORDER_NAMES = tuple(named_orders(2, 2))


def read_order(text: str, height: int, width: int) -> Order:
    """A named order, or one from a file.

    Args:
        text: a name of `ORDER_NAMES`, or a file with the step of each pixel, row by row: `.npy`,
            `.json` (nested lists), or numbers with spaces or commas between.
        height: rows of the image.
        width: columns of the image.

    Raises:
        ConfigError: an unknown name, a file that cannot be read, or one that is no permutation.
    """
    named = named_orders(height, width)
    if text in named:
        return np.ascontiguousarray(named[text])
    path = Path(text)
    if not path.is_file():
        raise ConfigError(
            f"--order {text} is neither a file nor one of {', '.join(named)}. A file gives the "
            "step of each pixel, counted from 0, row by row."
        )
    try:
        if path.suffix == ".npy":
            steps = np.load(path, allow_pickle=False)
        elif path.suffix == ".json":
            steps = np.array(json.loads(path.read_text(encoding="utf-8")))
        else:
            steps = np.array(
                [float(one) for one in path.read_text(encoding="utf-8").replace(",", " ").split()]
            )
    except (OSError, ValueError) as error:
        raise ConfigError(f"--order {text} cannot be read: {error}.") from error
    if steps.size != height * width or sorted(steps.ravel().tolist()) != list(range(steps.size)):
        raise ConfigError(
            f"--order {text} must hold each step from 0 to {height * width - 1} once, for an image "
            f"of {height} x {width}; set --size to the size that it is for."
        )
    return steps.astype(np.int64).reshape(height, width)


def legal_in(order: Order, channels: int) -> BoolArray:
    """Pairs in which the source is generated before the target: bool `(C, H, W, C, H, W)`."""
    colours = np.arange(channels)[:, None, None]
    steps = (order[None] * channels + colours).ravel()
    shape = (channels, *order.shape)
    return (steps[None, :] < steps[:, None]).reshape(*shape, *shape)


def leaks_in(relation: BoolArray, order: Order) -> int:
    """Pairs of a relation that look at a pixel itself or ahead."""
    return int((relation & ~legal_in(order, relation.shape[0])).sum())


def recognise(relation: BoolArray) -> tuple[str, Order] | None:
    """The first named order in which nothing leaks, raster before the others; None without one."""
    for name, order in named_orders(*relation.shape[1:3]).items():
        if leaks_in(relation, order) == 0:
            return name, np.ascontiguousarray(order)
    return None


def some_order(relation: BoolArray) -> bool:
    """Whether there is any order at all in which nothing leaks: no pixel sees itself by a circle.

    Colours within a pixel must come in the order R, G, B.
    """
    pixels = relation.any(axis=(0, 3)).reshape(relation.shape[1] * relation.shape[2], -1)
    pixels = pixels & ~np.eye(len(pixels), dtype=bool)
    inside = relation & ~legal_in(np.zeros(relation.shape[1:3], np.int64), relation.shape[0])
    height, width = relation.shape[1:3]
    rows, columns = np.indices((height, width))
    if inside[:, rows, columns, :, rows, columns].any():
        return False
    left = np.ones(len(pixels), bool)
    while left.any():
        free = left & ~(pixels[:, left].any(axis=1))
        if not free.any():
            return False
        left &= ~free
    return True


def next_pixel(relation: BoolArray, order: Order) -> BoolArray:
    """The relation of a network whose output at step i predicts the pixel of step i + 1.

    The first pixel is predicted from nothing. With colours the steps are those of sub-pixels.
    """
    channels = relation.shape[0]
    colours = np.arange(channels)[:, None, None]
    steps = (order[None] * channels + colours).ravel()
    flat = relation.reshape(steps.size, -1)
    by_step = np.empty(steps.size, np.int64)
    by_step[steps] = np.arange(steps.size)
    shifted = np.zeros_like(flat)
    shifted[by_step[1:]] = flat[by_step[:-1]]
    return shifted.reshape(relation.shape)
