"""Runs a lowered program with torch, computing every activation once."""

from __future__ import annotations

import torch
from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.nn.likelihoods import apply_temperature, classifier_free_guidance, draw
from pixelcnn.sampling.lowering import lower
from pixelcnn.sampling.request import Request
from pixelcnn.sampling.steps import Phase, Program
from pixelcnn.sampling.torch_steps import Buffers
from pixelcnn.system.devices import one_thread

MAX_BATCH = 32
"""Images per pass: more would only take memory."""


class TorchEngine:
    """The cached sampler: the same images as the reference, in a small part of its time.

    On CUDA, launching thousands of small kernels would dominate. From the second request of the
    same kind on (number of images, temperature, guidance), each row is captured as a CUDA graph
    and replayed, so reuse the engine. A graph has no branches: known pixels are then computed like
    the others, only not drawn.
    """

    name = "torch"

    def __init__(self, model: AutoregressiveModel) -> None:
        self.model = model
        self.program = lower(model)
        self.replays = next(model.parameters()).device.type == "cuda"
        self._kept: dict[tuple[int, float, float], _Pass] = {}

    @torch.no_grad()
    def run(self, request: Request) -> Tensor:
        """The filled images: uint8 `(n, C, H, W)`."""
        n, _, height, _ = request.images.shape
        starts = range(0, n, MAX_BATCH)
        parts = []
        with one_thread():
            for index, start in enumerate(starts):
                part = slice(start, start + MAX_BATCH)
                filling = self._pass(len(request.images[part]), request)
                filling.begin(request, part)
                parts.append(filling.run(request, index * height, len(starts) * height))
        return torch.cat(parts)

    def _pass(self, batch: int, request: Request) -> _Pass:
        key = (batch, request.temperature, request.guidance)
        if key in self._kept:
            return self._kept[key]
        filling = _Pass(self.model, self.program, batch, request.temperature, request.guidance)
        if self.replays:
            self._kept = {key: filling}  # only the latest kind, since it holds all activations
        return filling


class _Pass:
    """One pass over a batch, from the first pixel to the last; reusable for another batch.

    With guidance, the buffers hold each image twice: with its label, then without.
    """

    def __init__(
        self,
        model: AutoregressiveModel,
        program: Program,
        batch: int,
        temperature: float,
        guidance: float,
    ) -> None:
        self.model, self.program = model, program
        self.temperature, self.guidance = temperature, guidance
        config, device = model.config, next(model.parameters()).device
        shape = (batch, *config.image_shape)
        self.images = torch.zeros(shape, dtype=torch.uint8, device=device)
        self.known = torch.zeros(shape, dtype=torch.bool, device=device)
        self.uniforms = torch.zeros(shape, device=device)
        self.copies = 2 if guidance else 1
        self.buffers = Buffers(program, self.copies * batch, device)
        # Where a pixel waits for the one before it, a range of known pixels cannot be done at once.
        self.sequential = bool(program.in_phase(Phase.AFTER))
        self.runs = 0
        self.graphs: dict[int, torch.cuda.CUDAGraph] = {}

    def begin(self, request: Request, part: slice) -> None:
        """Load a request in place, since a captured graph refers to these tensors."""
        self.images.copy_(request.images[part])
        self.known.copy_(request.known[part])
        self.uniforms.copy_(request.uniforms[part])
        labels = None if request.labels is None else request.labels[part].to(self.images.device)
        if self.guidance:
            assert labels is not None
            labels = torch.cat([labels, torch.full_like(labels, self.model.config.no_label)])
        self.buffers.set_labels(labels)

    def run(self, request: Request, rows_before: int, rows: int) -> Tensor:
        height = self.images.shape[2]
        given = self.known.all(dim=1).all(dim=0).tolist()  # (H, W)
        # The first pass runs uncaptured, since libraries initialise themselves then.
        replaying = self.runs > 0 and self.images.is_cuda
        self.runs += 1
        for row in range(height):
            request.advance(rows_before + row, rows)
            if replaying:
                self._replay_row(row)
            else:
                self.fill_row(row, given[row])
        return self.images.cpu()

    def _replay_row(self, row: int) -> None:
        if row not in self.graphs:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                self.fill_row(row, [False] * self.images.shape[3])
            self.graphs[row] = graph
        self.graphs[row].replay()

    def fill_row(self, row: int, given: list[bool]) -> None:
        """Fill one row; pixels that are `given` in every image may be skipped."""
        width = self.images.shape[3]
        self.buffers.compute(Phase.ABOVE, row, 0, width)
        column = 0
        while column < width:
            stop = column
            while stop < width and given[stop] and not (self.sequential and stop > column):
                stop += 1
            if stop > column:
                self._pass_over(row, column, stop)
            else:
                stop = column + 1
                self._sample_pixel(row, column)
            self.buffers.compute(Phase.AFTER, row, column, stop)
            column = stop
        self.buffers.compute(Phase.ROW, row, 0, width)

    def _pass_over(self, row: int, start: int, stop: int) -> None:
        """Handle a range of pixels known in every image at once, without drawing."""
        self._show(row, start, stop)
        self.buffers.compute(Phase.PIXEL, row, start, stop)

    def _show(self, row: int, start: int, stop: int) -> None:
        """Write levels to the network's input."""
        scaled = self.model.scale(self.images[:, :, row, start:stop]).transpose(1, 2)
        image = self.buffers.view(self.program.image, row, start, stop)  # (B, columns, C)
        image.copy_(scaled.repeat(self.copies, 1, 1))

    def _sample_pixel(self, row: int, column: int) -> None:
        for channel in range(self.images.shape[1]):
            # Features of a later colour may depend on the earlier ones: compute them anew.
            if channel == 0 or self.program.sees_own_colours:
                self.buffers.compute(Phase.PIXEL, row, column, column + 1)
            at = (slice(None), channel, row, column)
            drawn = draw(
                apply_temperature(self._log_probs(row, column, channel), self.temperature),
                self.uniforms[at],
            )
            self.images[at] = torch.where(self.known[at], self.images[at], drawn)
            self._show(row, column, column + 1)

    def _log_probs(self, row: int, column: int, channel: int) -> Tensor:
        """Log-probability of each level of one sub-pixel: `(B, levels)`."""
        output = self.buffers.view(self.program.output, row, column, column + 1)[:, 0]
        parameters = self.model.unpack(output)[..., None, None]  # (B, P, C, 1, 1)
        pixel = self.images[:, :, row : row + 1, column : column + 1].repeat(self.copies, 1, 1, 1)
        log_probs = self.model.likelihood.level_log_probs(parameters, pixel)[:, :, channel, 0, 0]
        if not self.guidance:
            return log_probs
        conditional, unconditional = log_probs.chunk(2)
        return classifier_free_guidance(conditional, unconditional, self.guidance)
