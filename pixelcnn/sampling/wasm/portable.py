"""The portable form of a program: one run of bytes that `executor.wasm` runs on any machine.

All numbers are little endian:

- 32 int32 of header, `HEADER`;
- the tables, int32: the shape of each buffer (`tables.Buffer`), the operations of each phase
  (`tables.Field`, then FIXED and UNITS), the offsets of the taps, and the constants
  (buffer, whether a function, place, channels, labels, kinds of rows and of columns, then the kinds
  of all rows and of all columns, see `constants.py`);
- the weights, float32, and what is kept beside them: constants, what each level reads as, and for
  16-bit products the scale of each buffer (0 where none reads it) and the units of their columns;
- 16-bit weights, int16.

The matrix of a product lies in panels of 8 columns, one row of a panel behind the other (the last
panel may have 4); of 16-bit weights each two rows alternate, so that a pair shares 32 bits.
Registers are 4 numbers wide whatever machine writes it. `source/check.h` refuses what is not
whole, and what would read or write outside its buffers.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.constants import Constant, Floats
from pixelcnn.sampling.likelihood_kinds import likelihood_kind
from pixelcnn.sampling.lowering import lower
from pixelcnn.sampling.steps import Phase, Program
from pixelcnn.sampling.tables import Field, Op, Table, Tables, compile_tables

MAGIC, VERSION = 0x4E434C50, 1
# fmt: off
HEADER = (
    "magic", "version", "size", "checksum", "kind", "height", "width", "colours", "levels",
    "likelihood", "parameters", "sees_own_colours", "labels", "buffers", "above", "pixel", "after",
    "row", "taps", "constants", "floats", "shorts", "image", "output", "gathered", "scaled",
    "scales",
)
# fmt: on
HEADER_BYTES = 128

_LANES, _PANEL = 4, 8
_PRODUCTS = (Op.LINEAR, Op.GATHER, Op.LSTM, Op.GRU)

LARGEST = 4095
"""Of a 16-bit input: 13 bits with the sign. Weights take what 32 bits then leave for their sum."""
_HEADROOM = 1.25  # for numbers above the largest one seen

Shorts = NDArray[np.int16]


@dataclass(frozen=True)
class Portable:
    """A program ready to be run, or to be written to a file."""

    header: dict[str, int]
    data: bytes


def portable(model: AutoregressiveModel, peaks: Floats | None = None) -> Portable:
    """The portable form of a model with its present weights.

    Args:
        model: any model of the registry.
        peaks: float32 `(buffers,)`: the largest size of a number in each buffer. With it, products
            are of 16-bit integers: see `sixteen_bits`.

    Raises:
        ConfigError: the network is not causal, or the executor has no operation for a step.
    """
    program = lower(model)
    return _Packer(model, program, compile_tables(program, _LANES), peaks).packed()


class _Packer:
    """Collects the tables and the weights."""

    def __init__(
        self, model: AutoregressiveModel, program: Program, tables: Tables, peaks: Floats | None
    ) -> None:
        self.model, self.program, self.tables, self.peaks = model, program, tables, peaks
        self.scales = np.zeros(len(tables.buffers), np.float32)  # of buffers that 16 bits stand for
        self.floats: list[Floats] = []
        self.shorts: list[Shorts] = []
        self.size = self.short_size = 0

    def packed(self) -> Portable:
        model, program, tables = self.model, self.program, self.tables
        operations = {
            phase: np.array(
                [self._operation(row) for row in tables.operations[phase]], np.int64
            ).reshape(-1, len(Field) + 2)
            for phase in Phase
        }
        constants = [self._constant(buffer, constant) for buffer, constant in tables.constants]
        levels = torch.arange(model.config.levels, dtype=torch.uint8)
        scaled = self._place(model.scale(levels).float().numpy())
        scales = self._place(self.scales)
        self._place(np.zeros(_LANES, np.float32))  # a vector may be read over the end
        integers = [
            np.array(tables.buffers, np.int64),
            *operations.values(),
            tables.offsets,
            *constants,
        ]
        body = b"".join(
            [
                *(table.astype("<i4").tobytes() for table in integers),
                *(numbers.astype("<f4").tobytes() for numbers in self.floats),
                *(numbers.astype("<i2").tobytes() for numbers in self.shorts),
            ]
        )
        header = {
            "magic": MAGIC,
            "version": VERSION,
            "size": HEADER_BYTES + len(body),
            "checksum": 0,
            "kind": int(self.peaks is not None),
            "height": program.height,
            "width": program.width,
            "colours": model.config.channels,
            "levels": model.config.levels,
            "likelihood": likelihood_kind(model.likelihood),
            "parameters": model.likelihood.parameters,
            "sees_own_colours": int(program.sees_own_colours),
            "labels": program.labels,
            "buffers": len(tables.buffers),
            **{phase.name.lower(): len(operations[phase]) for phase in Phase},
            "taps": len(tables.offsets),
            "constants": len(constants),
            "floats": self.size,
            "shorts": self.short_size,
            "image": tables.image,
            "output": tables.output,
            "gathered": tables.gathered,
            "scaled": scaled,
            "scales": scales,
        }
        return Portable(header, sealed(header, body))

    def _operation(self, row: Table) -> list[int]:
        """A row of a table of operations, and its weights among the others."""
        row, fixed, units = row.copy(), -1, -1
        op, weights = Op(row[Field.OP]), self.tables.weights
        is_cell = op in (Op.LSTM, Op.GRU)
        columns = self.tables.buffers[row[Field.SOURCE if is_cell else Field.OUT]].padded
        start = int(row[Field.WEIGHTS])
        if op in _PRODUCTS:
            depth = int(row[Field.DEPTH] * (1 if op == Op.GATHER else row[Field.TAPS]))
            matrix = weights[start : start + depth * columns].reshape(depth, columns)
            if self.peaks is not None and op != Op.GATHER:
                fixed, units = self._in_16_bits(matrix, int(row[Field.TAPPED]))
                row[Field.WEIGHTS] = 0
            else:
                row[Field.WEIGHTS] = self._place(_in_panels(matrix))
        elif op == Op.NORM:
            row[Field.WEIGHTS] = self._place(weights[start : start + columns])
        if row[Field.BIAS] >= 0 and (op in _PRODUCTS or op == Op.NORM):
            bias = int(row[Field.BIAS])
            row[Field.BIAS] = self._place(weights[bias : bias + columns])
        return [*row.tolist(), fixed, units]

    def _in_16_bits(self, matrix: Floats, tapped: int) -> tuple[int, int]:
        """Places of the rounded weights, and of what one unit of each column's sum stands for."""
        assert self.peaks is not None
        self.scales[tapped] = LARGEST / max(_HEADROOM * float(self.peaks[tapped]), 1e-6)
        depth = len(matrix)
        most, total = np.abs(matrix).max(axis=0), np.abs(matrix).sum(axis=0)
        scale = np.minimum(
            32767 / np.maximum(most, 1e-9), (2**31 / LARGEST - depth) / np.maximum(total, 1e-9)
        )
        pairs = np.rint(matrix * scale).astype(np.int16).reshape(depth // 2, 2, -1)
        panels = _in_panels(pairs.transpose(0, 2, 1))  # (depth / 2, columns, 2)
        place = self.short_size
        self.shorts.append(panels)
        self.short_size += panels.size
        return place, self._place((1 / (scale * self.scales[tapped])).astype(np.float32))

    def _constant(self, buffer: int, constant: Constant) -> Table:
        """A row of the table of constants, and its numbers among the others."""
        numbers = constant.numbers
        shape = (1, 1, 1) if constant.is_function else numbers.shape[:3]
        kinds = [np.zeros(self.program.height, np.int64), np.zeros(self.program.width, np.int64)]
        if not constant.is_function:
            kinds = [constant.row_kinds, constant.column_kinds]
        place = self._place(numbers.ravel())
        fields = (buffer, int(constant.is_function), place, numbers.shape[-1], *shape)
        return np.concatenate([np.array(fields, np.int64), *kinds])

    def _place(self, numbers: Floats) -> int:
        start = self.size
        self.floats.append(np.ascontiguousarray(numbers, np.float32))
        self.size += numbers.size
        return start


def checksum(program: Portable) -> int:
    """The CRC-32 of all that a program holds."""
    return int.from_bytes(program.data[12:16], "little")


def sealed(header: dict[str, int], body: bytes) -> bytes:
    """Header and body as bytes, with the checksum of what follows it."""
    numbers = [header[name] for name in HEADER]
    rest = np.array(numbers[4:] + [0] * (HEADER_BYTES // 4 - len(numbers)), "<i4").tobytes()
    first = np.array([*numbers[:3], zlib.crc32(rest + body)], "<u4").tobytes()
    return first + rest + body


def _in_panels(matrix: NDArray[Any]) -> NDArray[Any]:
    """The columns in panels of 8, one row of a panel behind the other."""
    columns = matrix.shape[1]
    return np.concatenate([matrix[:, n : n + _PANEL].ravel() for n in range(0, columns, _PANEL)])
