"""A lowered program as tables of numbers, for one compiled function that serves every model.

All activations live in one array of float32, the weights first. A buffer holds, for each position
that is still needed, a row of channels for each image: [ring row][column][image][channel]. So the
images of one position, or of a whole row, are consecutive rows of one matrix product. Rows above
are kept in a ring as high as the highest tap; columns have a frame of zeros; channels are padded
with zeros to the width of a vector register.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.errors import ConfigError
from pixelcnn.sampling.lowering import Phase, Program, Step
from pixelcnn.sampling.microkernel import LANES

Table = NDArray[np.int64]
Floats = NDArray[np.float32]


class Op(IntEnum):
    """Operation codes of the compiled loop."""

    LINEAR = 0
    GATHER = 1  # linear on few channels: the taps' inputs are collected into one row first
    NORM = 2
    GATE = 3
    RELU = 4
    TANH = 5
    SIGMOID = 6
    ADD = 7
    MUL = 8
    SLICE = 9


class Field(IntEnum):
    """Columns of the operation table."""

    OP = 0
    OUT = 1  # buffers
    SOURCE = 2
    BASE = 3  # second operand or linear base; -1 for none
    RESIDUAL = 4  # -1 for none
    BIAS = 5  # places in the array
    WEIGHTS = 6
    FIRST_TAP = 7
    TAPS = 8
    DEPTH = 9
    RELU = 10
    FIRST_CHANNEL = 11
    GROUPS = 12


_NAMES = {
    "gate": Op.GATE,
    "relu": Op.RELU,
    "tanh": Op.TANH,
    "sigmoid": Op.SIGMOID,
    "add": Op.ADD,
    "mul": Op.MUL,
    "slice": Op.SLICE,
}


@dataclass(frozen=True)
class Buffer:
    """The shape of one step's kept results."""

    rows: int  # ring of rows: this one and those above that are still read
    left: int  # columns of zeros
    columns: int  # with the frame
    channels: int
    padded: int  # channels, up to a full vector register


@dataclass(frozen=True)
class Tables:
    """Everything that does not depend on the batch."""

    weights: Floats
    buffers: tuple[Buffer, ...]
    operations: dict[Phase, Table]  # (operations, fields)
    offsets: Table  # (taps, 2): dy, dx
    gathered: int  # longest collected row
    constants: tuple[Step, ...]
    image: int  # buffers
    output: int
    buffer_of: dict[Step, int]


def compile_tables(program: Program) -> Tables:
    """Pack a program and its weights.

    Raises:
        ConfigError: a step that the compiled loop has no operation for.
    """
    return _Packer(program).tables()


class _Packer:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.steps = program.steps
        self.buffer_of = {step: index for index, step in enumerate(self.steps)}
        self.weights: list[Floats] = []
        self.size = 0
        self.offsets: list[tuple[int, int]] = [(0, 0)]
        self.gathered = 0

    def tables(self) -> Tables:
        operations = {
            phase: np.array(
                [
                    self._row(step)
                    for step in self.steps
                    if step.phase == phase and step.op not in ("image", "constant")
                ],
                np.int64,
            ).reshape(-1, len(Field))
            for phase in Phase
        }
        return Tables(
            weights=np.concatenate(self.weights),
            buffers=tuple(self._buffer(step) for step in self.steps),
            operations=operations,
            offsets=np.array(self.offsets, np.int64),
            gathered=self.gathered,
            constants=tuple(step for step in self.steps if step.op == "constant"),
            image=self.buffer_of[self.program.image],
            output=self.buffer_of[self.program.output],
            buffer_of=self.buffer_of,
        )

    def _buffer(self, step: Step) -> Buffer:
        readers = [
            offset
            for reader in self.steps
            if reader.inputs and reader.inputs[0] is step
            for offset in reader.taps
        ]
        up = max((-dy for dy, _ in readers), default=0)
        left = max((-dx for _, dx in readers), default=0)
        right = max((dx for _, dx in readers), default=0)
        left, right = max(left, 0), max(right, 0)
        return Buffer(up + 1, left, left + self.program.width + right, step.channels, _padded(step))

    def _row(self, step: Step) -> list[int]:
        row = dict.fromkeys(Field, 0)
        row[Field.OUT] = self.buffer_of[step]
        row[Field.SOURCE] = self.buffer_of[step.inputs[0]]
        row[Field.BASE] = row[Field.RESIDUAL] = row[Field.BIAS] = -1
        if step.op == "linear":
            self._linear(step, row)
        elif step.op == "norm":
            self._norm(step, row)
        elif step.op in _NAMES:
            row[Field.OP] = _NAMES[step.op]
            row[Field.FIRST_CHANNEL] = step.first
            if len(step.inputs) > 1:
                row[Field.BASE] = self.buffer_of[step.inputs[1]]
        else:
            raise ConfigError(f"the numba engine has no operation for {step.op!r}.")
        return [int(row[field]) for field in Field]

    def _linear(self, step: Step, row: dict[Field, int]) -> None:
        source, columns = step.inputs[0], _padded(step)
        row[Field.RELU] = int(step.relu)
        if step.residual is not None:
            row[Field.RESIDUAL] = self.buffer_of[step.residual]
        if step.base is not None:
            row[Field.BASE] = self.buffer_of[step.base]
            assert step.bias is None, "lowering leaves a bias to the step that makes the base"
        else:
            bias = np.zeros(columns, np.float32)
            if step.bias is not None:
                bias[: step.channels] = _array(step.bias)
            row[Field.BIAS] = self._place(bias)
        row[Field.FIRST_TAP] = len(self.offsets)
        row[Field.TAPS] = len(step.taps)
        self.offsets.extend(step.taps)
        if source.op == "image":
            row[Field.OP] = Op.GATHER
            depth = len(step.taps) * source.channels
            row[Field.DEPTH] = depth + depth % 2
            self.gathered = max(self.gathered, row[Field.DEPTH])
            stacked = np.concatenate([_array(weight) for weight in step.taps.values()])
            row[Field.WEIGHTS] = self._place(_grown(stacked, row[Field.DEPTH], columns))
        else:
            row[Field.OP] = Op.LINEAR
            row[Field.DEPTH] = source.channels + source.channels % 2
            blocks = [
                _grown(_array(weight), row[Field.DEPTH], columns) for weight in step.taps.values()
            ]
            row[Field.WEIGHTS] = self._place(np.concatenate(blocks))

    def _norm(self, step: Step, row: dict[Field, int]) -> None:
        assert step.norm is not None
        row[Field.OP] = Op.NORM
        row[Field.RELU] = int(step.relu)
        row[Field.GROUPS] = step.norm.colours
        row[Field.WEIGHTS] = self._place(_array(step.norm.weight))
        row[Field.BIAS] = self._place(_array(step.norm.bias))

    def _place(self, numbers: Floats) -> int:
        start = self.size
        fill = -numbers.size % LANES
        self.weights.append(np.pad(numbers.ravel(), (0, fill)))
        self.size += numbers.size + fill
        return start


def _array(tensor: Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy())


def _grown(matrix: Floats, rows: int, columns: int) -> Floats:
    return np.pad(matrix, ((0, rows - matrix.shape[0]), (0, columns - matrix.shape[1])))


def _padded(step: Step) -> int:
    if step.op == "image":
        return step.channels
    return -(-step.channels // LANES) * LANES
