"""Checks of a page's arguments to a widget, and of the values that a browser sends back.

Wrong arguments raise `ValueError`. Values from a browser are never trusted: an invalid one counts
as no choice.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MAX_LEVELS = 256


def checked_levels(levels: int) -> int:
    """`levels` as an int in 2..256."""
    if not 2 <= levels <= MAX_LEVELS:
        raise ValueError(f"levels must lie between 2 and {MAX_LEVELS}, not {levels}.")
    return int(levels)


def checked_shape(name: str, given: npt.ArrayLike, *shapes: tuple[int | None, ...]) -> Array:
    """`given` as an array whose shape is one of `shapes`, where None stands for any size."""
    array = np.asarray(given)
    if not any(_fits(array.shape, shape) for shape in shapes):
        wanted = " or ".join(_described(shape) for shape in shapes)
        raise ValueError(f"{name} must have shape {wanted}, not {array.shape}.")
    if array.size == 0:
        raise ValueError(f"{name} is empty: its shape is {array.shape}.")
    return array


def checked_images(
    name: str, given: npt.ArrayLike, levels: int, *shapes: tuple[int | None, ...]
) -> npt.NDArray[np.uint8]:
    """`given` as uint8 levels in [0, levels), with one of `shapes`."""
    array = checked_shape(name, given, *shapes)
    if array.dtype != np.uint8:
        raise ValueError(f"{name} must be uint8 levels, not {array.dtype}.")
    if array.max() >= levels:
        raise ValueError(
            f"{name} has the level {array.max()}, but with {levels} levels the highest is "
            f"{levels - 1}."
        )
    return array


def checked_mask(
    name: str, given: npt.ArrayLike, *shapes: tuple[int | None, ...]
) -> npt.NDArray[np.bool_]:
    """`given` as a bool array with one of `shapes`."""
    array = checked_shape(name, given, *shapes)
    if array.dtype != np.bool_:
        raise ValueError(f"{name} must be bool, not {array.dtype}.")
    return array


def checked_floats(
    name: str, given: npt.ArrayLike, *shapes: tuple[int | None, ...]
) -> npt.NDArray[np.float32]:
    """`given` as float32 with one of `shapes`; NaN is allowed (it is drawn as unknown)."""
    array = checked_shape(name, given, *shapes)
    if not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise ValueError(f"{name} must hold real numbers, not {array.dtype}.")
    return array.astype(np.float32)


def checked_cell(
    name: str, cell: tuple[int, int] | None, height: int, width: int
) -> list[int] | None:
    """A (row, column) inside a grid, or None."""
    if cell is None:
        return None
    row, column = (int(index) for index in cell)
    if not (0 <= row < height and 0 <= column < width):
        raise ValueError(f"{name} {(row, column)} lies outside the {height} x {width} grid.")
    return [row, column]


def sent_index(value: object, size: int) -> int | None:
    """A whole number in [0, size) that a browser sent, or None."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < size:
        return None
    return value


def sent_cell(value: object, height: int, width: int) -> tuple[int, int] | None:
    """A [row, column] that a browser sent, or None."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    row, column = sent_index(value[0], height), sent_index(value[1], width)
    return None if row is None or column is None else (row, column)


def sent_mapping(value: object) -> Mapping[str, Any]:
    """An object that a browser sent, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def sent_bytes(value: object, size: int) -> npt.NDArray[np.uint8] | None:
    """`size` base64-coded bytes that a browser sent, or None."""
    if not isinstance(value, str):
        return None
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return np.frombuffer(raw, np.uint8).copy() if len(raw) == size else None


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        size is None or size == have for have, size in zip(shape, wanted, strict=True)
    )


def _described(shape: tuple[int | None, ...]) -> str:
    sizes = ", ".join("any" if size is None else str(size) for size in shape)
    return f"({sizes})"
