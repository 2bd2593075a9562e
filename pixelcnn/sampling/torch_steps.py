"""The steps of a sampling program in torch, for a range of columns of one row.

Buffers hold the results of all positions, with a frame of zeros wide enough for every tap, like a
convolution's padding. The range is a single column in the PIXEL phase, else the whole row or a run
of known pixels.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from pixelcnn.nn.attention import CausalAttention
from pixelcnn.nn.layers import ChannelNorm
from pixelcnn.nn.recurrence import Recurrence, gru_cell, lstm_cell
from pixelcnn.sampling.steps import Phase, Program, Step, spread


class Buffers:
    """All results of a program for one batch, and the methods that compute them."""

    def __init__(self, program: Program, batch: int, device: torch.device) -> None:
        self.program = program
        self.batch, self.height, self.width = batch, program.height, program.width
        offsets = [offset for step in program.steps for offset in step.taps]
        self.up = max((-dy for dy, _ in offsets), default=0)
        self.side = max((abs(dx) for _, dx in offsets), default=0)
        self.phases = {phase: program.in_phase(phase) for phase in Phase}
        self.weights = {
            step: torch.cat(list(step.taps.values())) for step in program.steps if step.taps
        }  # (taps * C_in, C_out)
        line = self.width + 2 * self.side
        self.offsets = {
            step: torch.tensor([dy * line + dx for dy, dx in step.taps], device=device)
            for step in self.weights
        }  # (taps,): where each tap reads in the flattened image
        self.results = {step: self._room(step.channels, device) for step in program.steps}
        self.memories = {
            step: self._room(step.channels, device)
            for step in program.steps
            if isinstance(step.layer, Recurrence)
        }

    def _room(self, channels: int, device: torch.device) -> Tensor:
        """`(B, H + up, W + 2 * side, C)`."""
        rows, columns = self.height + self.up, self.width + 2 * self.side
        return torch.zeros(self.batch, rows, columns, channels, device=device)

    def set_labels(self, labels: Tensor | None) -> None:
        """Compute what depends only on the labels, int64 `(B,)`."""
        constants = self.program.graph.constants(labels)
        for step in self.program.steps:
            if step.op == "constant":
                # (1|B, C, 1|H, 1|W) broadcasts to the inside of the frame.
                value = spread(constants[step.constant], self.height, self.width)
                inside = self.results[step][:, self.up :, self.side : self.side + self.width]
                inside.copy_(value.permute(0, 2, 3, 1))
                if step.bias is not None:
                    inside += step.bias

    def view(self, step: Step, row: int, start: int, stop: int) -> Tensor:
        """A range of one row of a step's results: `(B, columns, C)`."""
        return self._stretch(self.results[step], row, start, stop)

    def _stretch(self, room: Tensor, row: int, start: int, stop: int) -> Tensor:
        return room[:, row + self.up, self.side + start : self.side + stop]

    def compute(self, phase: Phase, row: int, start: int, stop: int) -> None:
        """Run all steps of a phase on a range of columns."""
        for step in self.phases[phase]:
            # A step of lower resolution has results only at multiples of its scale.
            first = -(-start // step.scale) * step.scale
            if row % step.scale == 0 and first < stop:
                self._run(step, row, first, stop)

    def _run(self, step: Step, row: int, start: int, stop: int) -> None:
        if step.op == "recurrence":
            self._recur(step, row, start, stop)
            return
        target = self._read(step, step, row, start, stop)
        if step.op == "linear":
            target.copy_(self._linear(step, row, start, stop))
        elif step.op == "upsample":
            target.copy_(self._upsampled(step, row, start, stop))
        elif step.op == "attention":
            target.copy_(self._attended(step, row, start, stop))
        else:
            inputs = [self._read(source, step, row, start, stop) for source in step.inputs]
            target.copy_(_at_each_position(step, inputs))

    def _read(self, source: Step, step: Step, row: int, start: int, stop: int) -> Tensor:
        """A source's results at the positions of a step: `(B, columns, C)`."""
        stretch = self.view(source, row, start, stop)
        return stretch if step.scale == 1 else stretch[:, :: step.scale]

    def _linear(self, step: Step, row: int, start: int, stop: int) -> Tensor:
        result = self._taken(step, self.results[step.inputs[0]], row, start, stop)
        if step.bias is not None:
            result += step.bias
        if step.base is not None:
            result += self._read(step.base, step, row, start, stop)
        if step.relu:
            result.relu_()
        if step.residual is not None:
            result += self._read(step.residual, step, row, start, stop)
        return result

    def _taken(self, step: Step, room: Tensor, row: int, start: int, stop: int) -> Tensor:
        """The sum over the taps: `(B, columns, C_out)`."""
        line = room.shape[2]
        first = (row + self.up) * line + self.side + start
        count = len(range(start, stop, step.scale))
        index = self.offsets[step] + first  # (taps,)
        if count > 1:
            further = torch.arange(0, stop - start, step.scale, device=room.device)
            index = (further[:, None] + index).flatten()  # (columns * taps,)
        patches = room.flatten(1, 2).index_select(1, index)
        return patches.view(len(room), count, -1) @ self.weights[step]

    def _upsampled(self, step: Step, row: int, start: int, stop: int) -> Tensor:
        """The source's result at the multiple of its scale at or before each position."""
        scale = step.inputs[0].scale
        columns = torch.arange(start, stop, step.scale, device=self.results[step].device)
        source = self.view(step.inputs[0], row - row % scale, 0, self.width)
        return source.index_select(1, columns // scale * scale)

    def _attended(self, step: Step, row: int, start: int, stop: int) -> Tensor:
        layer = step.layer
        assert isinstance(layer, CausalAttention)
        query = self._read(step.inputs[0], step, row, start, stop)  # (B, columns, C)
        rows = slice(self.up, self.up + row + 1, step.scale)
        side = slice(self.side, self.side + self.width, step.scale)
        key, value = (
            self.results[source][:, rows, side].flatten(1, 2) for source in step.inputs[1:]
        )
        q, k, v = (
            x.unflatten(2, (layer.heads, -1)).transpose(1, 2) for x in (query, key, value)
        )  # (B, heads, columns or positions, C / heads)
        across = len(range(0, self.width, step.scale))
        columns = torch.arange(start, stop, step.scale, device=q.device) // step.scale
        own = row // step.scale * across + columns
        seen = torch.arange(k.shape[2], device=q.device) < (own[:, None] + (not layer.strict))
        scores = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
        weights = scores.masked_fill(~seen, -torch.inf).softmax(dim=-1)
        # With strict attention, the first position has nothing to attend to.
        return (weights.nan_to_num(0.0) @ v).transpose(1, 2).flatten(2)

    def _recur(self, step: Step, row: int, start: int, stop: int) -> None:
        """Position by position, since each state needs the previous one."""
        layer = step.layer
        assert isinstance(layer, Recurrence)
        result, memory = self.results[step], self.memories[step]
        dy, dx = (step.scale * distance for distance in layer.carry)
        columns = range(start, stop, step.scale)
        for column in columns if dx <= 0 else reversed(columns):
            inputs = self.view(step.inputs[0], row, column, column + 1)  # (B, 1, gates * hidden)
            states = self._taken(step, result, row, column, column + 1)
            before = (row + dy, column + dx, column + dx + 1)
            if layer.cell == "lstm":
                carried = self._stretch(memory, *before)
                state, kept = lstm_cell(inputs + states, carried)
                self._stretch(memory, row, column, column + 1).copy_(kept)
            else:
                state = gru_cell(inputs, states, self._stretch(result, *before))
            self.view(step, row, column, column + 1).copy_(state)


def _at_each_position(step: Step, inputs: list[Tensor]) -> Tensor:
    """Pointwise steps: `(B, columns, C)` to the same."""
    if isinstance(step.layer, ChannelNorm):
        # Features are float32 here, whatever the precision of the model.
        x = inputs[0]
        normal = step.layer.normalize(x.to(step.layer.weight.dtype)).to(x.dtype)
        return normal.relu_() if step.relu else normal
    if step.op == "slice":
        return inputs[0][..., step.first : step.first + step.channels]
    if step.op == "cat":
        return torch.cat(inputs, dim=-1)
    return _FUNCTIONS[step.op](*inputs)


def _gate(features: Tensor) -> Tensor:
    content, opening = features.chunk(2, dim=-1)
    return torch.tanh(content) * torch.sigmoid(opening)


def _concat_elu(*features: Tensor) -> Tensor:
    both = torch.cat(features, dim=-1)
    return F.elu(torch.cat([both, -both], dim=-1))


def _gated_residual(features: Tensor, x: Tensor) -> Tensor:
    content, opening = features.chunk(2, dim=-1)
    return x + content * torch.sigmoid(opening)


_FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    "relu": torch.relu,
    "elu": F.elu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "neg": torch.neg,
    "add": torch.add,
    "mul": torch.mul,
    "gate": _gate,
    "concat_elu": _concat_elu,
    "gated_residual": _gated_residual,
}
