"""Runs a lowered program with torch: every activation is computed once and kept.

Buffers hold a result at every position of the picture, with a frame of zeros wide enough for
every tap, as the convolutions' padding has it. A step computes a stretch of one row: a single
column in the PIXEL phase, the whole row otherwise, or a run of known pixels at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from pixelcnn.devices import one_thread
from pixelcnn.likelihoods import draw, temper
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.lowering import Phase, Step, lower
from pixelcnn.sampling.request import Request

MAX_BATCH = 32
"""Images computed together: more would only take memory."""


class TorchEngine:
    """The cached sampler: the same images as the reference, in a small part of its time."""

    name = "torch"

    def __init__(self, model: AutoregressiveModel) -> None:
        self.model = model
        self.program = lower(model)
        self.kernels = {
            step: _Kernel.pack(step) for step in self.program.steps if step.op == "linear"
        }

        self.phases = {phase: self.program.in_phase(phase) for phase in Phase}
        offsets = [offset for step in self.program.steps for offset in step.taps]
        self.frame = (
            max((-dy for dy, _ in offsets), default=0),
            max((abs(dx) for _, dx in offsets), default=0),
        )

    @torch.no_grad()
    def run(self, request: Request) -> Tensor:
        """The filled images: uint8 `(n, C, H, W)`."""
        n, _, height, _ = request.images.shape
        starts = range(0, n, MAX_BATCH)
        with one_thread():
            parts = [
                _Pass(self, request, slice(start, start + MAX_BATCH)).run(
                    request, number * height, len(starts) * height
                )
                for number, start in enumerate(starts)
            ]
        return torch.cat(parts)


@dataclass(frozen=True)
class _Kernel:
    """A linear step's weights, as one matrix over a window of rows and columns."""

    rows: range
    columns: range
    matrix: Tensor  # (len(rows) * C_in * len(columns), C_out)

    @staticmethod
    def pack(step: Step) -> _Kernel:
        offsets = list(step.taps)
        rows = range(min(dy for dy, _ in offsets), max(dy for dy, _ in offsets) + 1)
        columns = range(min(dx for _, dx in offsets), max(dx for _, dx in offsets) + 1)
        first = step.taps[offsets[0]]
        window = first.new_zeros(len(rows), first.shape[0], len(columns), first.shape[1])
        for (dy, dx), weight in step.taps.items():
            window[dy - rows.start, :, dx - columns.start] = weight
        return _Kernel(rows, columns, window.flatten(0, 2).contiguous())


class _Pass:
    """One batch on its way from the first pixel to the last."""

    def __init__(self, engine: TorchEngine, request: Request, part: slice) -> None:
        self.engine, self.model, self.program = engine, engine.model, engine.program
        self.temperature = request.temperature
        device = next(self.model.parameters()).device
        self.images = request.images[part].to(device, copy=True)
        self.known = request.known[part].to(device)
        self.uniforms = request.uniforms[part].to(device)
        labels = None if request.labels is None else request.labels[part].to(device)
        batch, _, height, width = self.images.shape
        self.up, self.side = engine.frame
        self.buffers = {
            step: torch.zeros(
                batch, height + self.up, width + 2 * self.side, step.channels, device=device
            )
            for step in self.program.steps
        }
        for index, value in self.program.graph.constants(labels).items():
            for step in self.program.steps:
                if step.op == "constant" and step.constant == index:
                    picture = self.buffers[step][:, self.up :, self.side : self.side + width]
                    picture.copy_(value.permute(0, 2, 3, 1))  # (1|B, 1|H, 1|W, C), broadcast
                    if step.bias is not None:
                        picture += step.bias

    def run(self, request: Request, rows_before: int, rows: int) -> Tensor:
        _, _, height, width = self.images.shape
        given = self.known.all(dim=1).all(dim=0).tolist()  # (H, W)
        for row in range(height):
            request.advance(rows_before + row, rows)
            self._phase(Phase.ABOVE, row, 0, width)
            column = 0
            while column < width:
                stop = column
                while stop < width and given[row][stop]:
                    stop += 1
                if stop > column:
                    self._pass_over(row, column, stop)
                    column = stop
                else:
                    self._sample_pixel(row, column)
                    column += 1
            self._phase(Phase.ROW, row, 0, width)
        return self.images.cpu()

    def _pass_over(self, row: int, start: int, stop: int) -> None:
        """A run of pixels known in every image: all of it at once, and nothing to draw."""
        scaled = self.model.scale(self.images[:, :, row, start:stop])  # (B, C, columns)
        self._view(self.program.image, row, start, stop).copy_(scaled.transpose(1, 2))
        self._phase(Phase.PIXEL, row, start, stop)

    def _sample_pixel(self, row: int, column: int) -> None:
        likelihood = self.model.likelihood
        scaled = self._view(self.program.image, row, column, column + 1)[:, 0]  # (B, C)
        for channel in range(self.images.shape[1]):
            # Features of a later colour see the earlier ones, so each colour has its own turn.
            self._phase(Phase.PIXEL, row, column, column + 1)
            output = self._view(self.program.output, row, column, column + 1)[:, 0]
            parameters = self.model.unpack(output)[..., None, None]  # (B, P, C, 1, 1)
            pixel = self.images[:, :, row : row + 1, column : column + 1]
            log_probs = likelihood.level_log_probs(parameters, pixel)[:, :, channel, 0, 0]
            at = (slice(None), channel, row, column)
            drawn = draw(temper(log_probs, self.temperature), self.uniforms[at])
            self.images[at] = torch.where(self.known[at], self.images[at], drawn)
            scaled[:, channel] = self.model.scale(self.images[at])

    def _phase(self, phase: Phase, row: int, start: int, stop: int) -> None:
        for step in self.engine.phases[phase]:
            self._view(step, row, start, stop).copy_(self._compute(step, row, start, stop))

    def _view(self, step: Step, row: int, start: int, stop: int) -> Tensor:
        """A stretch of one row of a step's result: `(B, columns, C)`."""
        return self.buffers[step][:, row + self.up, self.side + start : self.side + stop]

    def _compute(self, step: Step, row: int, start: int, stop: int) -> Tensor:
        if step.op == "linear":
            return self._linear(step, row, start, stop)
        inputs = [self._view(source, row, start, stop) for source in step.inputs]
        if step.op == "norm":
            assert step.norm is not None
            normal = step.norm.normalize(inputs[0])
            return normal.relu_() if step.relu else normal
        if step.op == "slice":
            return inputs[0][..., step.first : step.first + step.channels]
        if step.op == "cat":
            return torch.cat(inputs, dim=-1)
        return _POSITIONWISE[step.op](*inputs)

    def _linear(self, step: Step, row: int, start: int, stop: int) -> Tensor:
        kernel = self.engine.kernels[step]
        source = self.buffers[step.inputs[0]]
        top, left = row + self.up + kernel.rows.start, self.side + start + kernel.columns.start
        right = left + stop - start + len(kernel.columns) - 1
        window = source[:, top : top + len(kernel.rows), left:right]
        patches = window.unfold(2, len(kernel.columns), 1)  # (B, rows, columns, C, kernel columns)
        flat = patches.transpose(1, 2).reshape(len(source), stop - start, -1)
        result = flat @ kernel.matrix
        if step.bias is not None:
            result += step.bias
        if step.base is not None:
            result += self._view(step.base, row, start, stop)
        if step.relu:
            result.relu_()
        if step.residual is not None:
            result += self._view(step.residual, row, start, stop)
        return result


def _gate(features: Tensor) -> Tensor:
    content, opening = features.chunk(2, dim=-1)
    return torch.tanh(content) * torch.sigmoid(opening)


_POSITIONWISE: dict[str, Callable[..., Tensor]] = {
    "relu": torch.relu,
    "elu": F.elu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "add": torch.add,
    "mul": torch.mul,
    "gate": _gate,
}
