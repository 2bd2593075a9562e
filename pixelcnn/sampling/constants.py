"""What does not depend on the image, as formulas of label, row and column.

A sampler then needs neither the network nor torch for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from pixelcnn.sampling.steps import Program, Step, spread

Floats = NDArray[np.float32]
_EXACT = 1e-5
"""By how much a formula may miss a number of the network."""


@dataclass(frozen=True, eq=False)
class Constant:
    """One constant of a program at every position of the image.

    Attributes:
        numbers: float32. Of a table `(labels or 1, row kinds, column kinds, C)`. Of a quadratic
            function of the position `(6, C)`: the factors of 1, y, x, y * y, x * x and y * x, where
            the rows y and the columns x run from -1 to 1.
        row_kinds: int64 `(H,)`: the place of each row in a table. Empty for a function.
        column_kinds: int64 `(W,)`: the same of each column.
    """

    numbers: Floats
    row_kinds: NDArray[np.int64]
    column_kinds: NDArray[np.int64]
    width: int
    height: int

    @property
    def is_function(self) -> bool:
        """Whether it is a quadratic function of the position, not a table."""
        return self.numbers.ndim == 2

    @cached_property
    def _everywhere(self) -> Floats:
        """The values of a function at every position: `(H, W, 1, C)`."""
        planes = _planes(self.height, self.width).astype(np.float32)  # (H, W, 6)
        return (planes @ self.numbers)[:, :, None]

    def at_row(self, row: int, labels: NDArray[np.int64] | None) -> Floats:
        """The values in one row of the image for these labels: `(W or 1, B or 1, C)`."""
        if self.is_function:
            return self._everywhere[row]
        values = self.numbers[:, self.row_kinds[row]]  # (labels or 1, column kinds, C)
        if len(values) > 1:
            assert labels is not None, "a table of several labels needs the labels of the batch"
            values = values[labels]
        if values.shape[1] > 1:
            values = values[:, self.column_kinds]
        return values.transpose(1, 0, 2)


def constants_of(program: Program) -> Iterator[tuple[Step, Constant]]:
    """Every constant step of a program, with the bias that was merged into it."""
    labels = torch.arange(program.labels) if program.labels else None
    values = program.graph.constants(labels, exact=True)
    for step in program.steps:
        if step.op == "constant":
            value = spread(values[step.constant].detach(), program.height, program.width)
            if step.bias is not None:
                value = value + step.bias.detach().cpu().double()[:, None, None]
            yield step, _formula(_rounded(value.numpy()), program.height, program.width)


def _rounded(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest multiples of 2^-20.

    The last digits of a sum depend on the machine and on the number of threads. A stream that one
    machine has encoded must be decoded by another, with the same program to the bit.
    """
    return np.rint(numbers * 2**20) / 2**20


def _formula(value: NDArray[np.float64], height: int, width: int) -> Constant:
    """From `(labels or 1, C, H or 1, W or 1)`."""
    if len(value) > 1 and np.ptp(value, axis=0).max() == 0:
        value = value[:1]
    if len(value) == 1 and value.shape[2] > 1:
        planes = _planes(height, width).reshape(-1, 6)
        flat = value[0].reshape(value.shape[1], -1).T  # (H * W, C)
        factors = np.linalg.lstsq(planes, flat, rcond=None)[0]
        if np.abs(planes @ factors - flat).max() < _EXACT:
            nowhere = np.zeros(0, np.int64)
            return Constant(_rounded(factors).astype(np.float32), nowhere, nowhere, width, height)
    table = value.transpose(0, 2, 3, 1)  # (labels, H or 1, W or 1, C)
    rows, row_kinds = _kinds(table, 1)
    columns, column_kinds = _kinds(table, 2)
    numbers = np.ascontiguousarray(table[:, rows][:, :, columns]).astype(np.float32)
    if len(row_kinds) == 1:
        row_kinds, column_kinds = np.zeros(height, np.int64), np.zeros(width, np.int64)
    return Constant(numbers, row_kinds, column_kinds, width, height)


def _kinds(table: NDArray[np.float64], axis: int) -> tuple[list[int], NDArray[np.int64]]:
    """The places along an axis that differ, and which of them stands for each place."""
    lines = np.moveaxis(table, axis, 0)
    different: list[int] = []
    kinds = []
    for index, line in enumerate(lines):
        for kind, other in enumerate(different):
            if np.abs(line - lines[other]).max() < _EXACT / 10:
                kinds.append(kind)
                break
        else:
            kinds.append(len(different))
            different.append(index)
    return different, np.array(kinds, np.int64)


@lru_cache(maxsize=16)
def _planes(height: int, width: int) -> NDArray[np.float64]:
    """1, y, x, y * y, x * x and y * x at every position: `(H, W, 6)`."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([np.ones_like(y), y, x, y * y, x * x, y * x], axis=-1)
