"""A lowered program as tables of numbers, for a compiled executor that serves every model.

All activations live in one array of float32, the weights first. A buffer holds, for each position
that is still needed, a row of channels for each image: [ring row][column][image][channel]. So the
images of one position, or of a whole row, are consecutive rows of one matrix product. Rows above
are kept in a ring as high as the highest tap; columns have a frame of zeros; channels are padded
with zeros to the width of a vector register.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.errors import ConfigError
from pixelcnn.nn.attention import CausalAttention
from pixelcnn.nn.layers import ChannelNorm, Offset
from pixelcnn.nn.recurrence import Recurrence
from pixelcnn.sampling.constants import Constant, Floats, constants_of
from pixelcnn.sampling.steps import Phase, Program, Step

Table = NDArray[np.int64]


class Op(IntEnum):
    """Operation codes of the executors."""

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
    ELU = 10
    NEG = 11
    CAT = 12
    CONCAT_ELU = 13
    UPSAMPLE = 14
    GATED_RESIDUAL = 15  # of the features and x
    ATTENTION = 16
    LSTM = 17
    GRU = 18


class Field(IntEnum):
    """Columns of the operation table.

    SOURCE, BASE and RESIDUAL are buffers: of a linear step what it reads, what its sum starts from
    and what is added last; of two operands, SOURCE and BASE; of an attention query, key and value;
    of a recurrence its inputs, what it carries over and room for the states' share of the gates.
    """

    OP = 0
    OUT = 1
    SOURCE = 2
    BASE = 3  # -1 for none
    RESIDUAL = 4  # -1 for none
    BIAS = 5  # places in the array
    WEIGHTS = 6
    FIRST_TAP = 7
    TAPS = 8
    TAPPED = 9  # the buffer that the taps read
    DEPTH = 10
    CLAMP = 11  # negative results become 0; of an attention: the position itself is left out
    FIRST_CHANNEL = 12
    GROUPS = 13  # of a norm; heads of an attention
    SCALE = 14  # it runs at multiples of this
    SOURCE_SCALE = 15
    CARRY_ROW = 16
    CARRY_COLUMN = 17
    IMAGE_WIDTH = 18


_NAMES = {
    "gate": Op.GATE,
    "relu": Op.RELU,
    "elu": Op.ELU,
    "tanh": Op.TANH,
    "sigmoid": Op.SIGMOID,
    "neg": Op.NEG,
    "add": Op.ADD,
    "mul": Op.MUL,
    "slice": Op.SLICE,
    "cat": Op.CAT,
    "concat_elu": Op.CONCAT_ELU,
    "gated_residual": Op.GATED_RESIDUAL,
    "upsample": Op.UPSAMPLE,
}


# The image's channels are not padded, so only operations that count channels may read it.
_READ_THE_IMAGE = ("linear", "slice", "cat", "concat_elu", "upsample")


class Buffer(NamedTuple):
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
    constants: tuple[tuple[int, Constant], ...]  # with the buffer of each
    image: int  # buffers
    output: int


def compile_tables(program: Program, lanes: int) -> Tables:
    """Pack a program and its weights for vector registers of `lanes` float32 numbers.

    Raises:
        ConfigError: a step that the executors have no operation for.
    """
    return _Packer(program, lanes).tables()


class _Packer:
    def __init__(self, program: Program, lanes: int) -> None:
        self.program, self.lanes = program, lanes
        self.steps = program.steps
        self.buffer_of = {step: index for index, step in enumerate(self.steps)}
        self.buffers = [self._buffer(step) for step in self.steps]
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
            buffers=tuple(self.buffers),
            operations=operations,
            offsets=np.array(self.offsets, np.int64),
            gathered=self.gathered,
            constants=tuple(
                (self.buffer_of[step], constant) for step, constant in constants_of(self.program)
            ),
            image=self.buffer_of[self.program.image],
            output=self.buffer_of[self.program.output],
        )

    def _buffer(self, step: Step) -> Buffer:
        offsets = [(0, 0)]
        for reader in self.steps:
            if reader.op == "recurrence" and reader is step:
                offsets += [*reader.taps, _carry(reader)]
            elif reader.op == "linear" and reader.inputs[0] is step:
                offsets += reader.taps
            elif reader.op == "upsample" and reader.inputs[0] is step:
                offsets.append((1 - step.scale, 1 - step.scale))
            elif reader.op == "attention" and step in reader.inputs[1:]:
                offsets.append((1 - self.program.height, 0))
        return self._framed(offsets, step.channels, self._padded(step))

    def _framed(self, offsets: list[Offset], channels: int, padded: int) -> Buffer:
        """A buffer high and wide enough to be read at these offsets."""
        up = max(-dy for dy, _ in offsets)
        left, right = max(-dx for _, dx in offsets), max(dx for _, dx in offsets)
        return Buffer(up + 1, left, left + self.program.width + right, channels, padded)

    def _row(self, step: Step) -> list[int]:
        row = dict.fromkeys(Field, 0)
        row[Field.OUT] = self.buffer_of[step]
        row[Field.SOURCE] = row[Field.TAPPED] = self.buffer_of[step.inputs[0]]
        row[Field.BASE] = row[Field.RESIDUAL] = row[Field.BIAS] = -1
        row[Field.IMAGE_WIDTH] = self.program.width
        row[Field.SCALE], row[Field.SOURCE_SCALE] = step.scale, step.inputs[0].scale
        if step.op == "linear":
            self._linear(step, row)
        elif isinstance(step.layer, ChannelNorm):
            self._norm(step, step.layer, row)
        elif isinstance(step.layer, CausalAttention):
            row[Field.OP] = Op.ATTENTION
            row[Field.BASE], row[Field.RESIDUAL] = (self.buffer_of[x] for x in step.inputs[1:])
            row[Field.GROUPS], row[Field.CLAMP] = step.layer.heads, int(step.layer.strict)
        elif isinstance(step.layer, Recurrence):
            self._recurrence(step, step.layer, row)
        elif step.op in _NAMES and len(step.inputs) <= 2:
            row[Field.OP] = _NAMES[step.op]
            row[Field.FIRST_CHANNEL] = step.first
            if len(step.inputs) > 1:
                row[Field.BASE] = self.buffer_of[step.inputs[1]]
        else:
            raise ConfigError(f"the compiled engines have no operation for {step.op!r}.")
        if any(source.op == "image" for source in step.inputs) and step.op not in _READ_THE_IMAGE:
            raise ConfigError(f"the compiled engines cannot take {step.op!r} of the image itself.")
        return [int(row[field]) for field in Field]

    def _linear(self, step: Step, row: dict[Field, int]) -> None:
        source, columns = step.inputs[0], self._padded(step)
        row[Field.CLAMP] = int(step.relu)
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
        if source.op == "image":
            row[Field.OP] = Op.GATHER
            row[Field.FIRST_TAP] = len(self.offsets)
            row[Field.TAPS] = len(step.taps)
            self.offsets.extend(step.taps)
            depth = len(step.taps) * source.channels
            row[Field.DEPTH] = depth + depth % 2
            self.gathered = max(self.gathered, row[Field.DEPTH])
            stacked = np.concatenate([_array(weight) for weight in step.taps.values()])
            row[Field.WEIGHTS] = self._place(_grown(stacked, row[Field.DEPTH], columns))
        else:
            row[Field.OP] = Op.LINEAR
            self._taps(step, row, columns)

    def _norm(self, step: Step, layer: ChannelNorm, row: dict[Field, int]) -> None:
        row[Field.OP] = Op.NORM
        row[Field.CLAMP] = int(step.relu)
        row[Field.GROUPS] = layer.colours
        row[Field.WEIGHTS] = self._place(_array(layer.weight))
        row[Field.BIAS] = self._place(_array(layer.bias))

    def _recurrence(self, step: Step, layer: Recurrence, row: dict[Field, int]) -> None:
        gates = self.buffers[self.buffer_of[step.inputs[0]]]
        row[Field.OP] = Op.LSTM if layer.cell == "lstm" else Op.GRU
        row[Field.TAPPED] = row[Field.OUT]
        row[Field.CARRY_ROW], row[Field.CARRY_COLUMN] = carry = _carry(step)
        row[Field.BASE] = row[Field.OUT]
        if layer.cell == "lstm":
            row[Field.BASE] = self._more(
                self._framed([(0, 0), carry], step.channels, self._padded(step))
            )
        row[Field.RESIDUAL] = self._more(self._framed([(0, 0)], gates.channels, gates.padded))
        row[Field.BIAS] = self._place(np.zeros(gates.padded, np.float32))
        self._taps(step, row, gates.padded)

    def _more(self, buffer: Buffer) -> int:
        """The index of one more buffer, which is no step's result."""
        self.buffers.append(buffer)
        return len(self.buffers) - 1

    def _taps(self, step: Step, row: dict[Field, int], columns: int) -> None:
        """The weights of all taps, one block below the other."""
        row[Field.FIRST_TAP] = len(self.offsets)
        row[Field.TAPS] = len(step.taps)
        self.offsets.extend(step.taps)
        blocks = [_array(weight) for weight in step.taps.values()]
        row[Field.DEPTH] = len(blocks[0]) + len(blocks[0]) % 2
        grown = [_grown(block, row[Field.DEPTH], columns) for block in blocks]
        row[Field.WEIGHTS] = self._place(np.concatenate(grown))

    def _place(self, numbers: Floats) -> int:
        start = self.size
        fill = -numbers.size % self.lanes
        self.weights.append(np.pad(numbers.ravel(), (0, fill)))
        self.size += numbers.size + fill
        return start

    def _padded(self, step: Step) -> int:
        if step.op == "image":
            return step.channels
        return -(-step.channels // self.lanes) * self.lanes


def _array(tensor: Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy())


def _grown(matrix: Floats, rows: int, columns: int) -> Floats:
    return np.pad(matrix, ((0, rows - matrix.shape[0]), (0, columns - matrix.shape[1])))


def _carry(step: Step) -> Offset:
    """Where a recurrence carries its memory over from, in pixels of the image."""
    assert isinstance(step.layer, Recurrence)
    dy, dx = step.layer.carry
    return dy * step.scale, dx * step.scale
