"""Runs a lowered program on the CPU at nearly the speed of its arithmetic."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from itertools import pairwise, repeat

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.errors import ConfigError
from pixelcnn.likelihoods import Bernoulli, Categorical
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.lowering import Phase, lower
from pixelcnn.sampling.numba_loop import fill_row
from pixelcnn.sampling.numba_program import Floats, Tables, compile_tables
from pixelcnn.sampling.request import Request

TILE = 16
"""Images computed together: enough to fill the registers, few enough to stay in the cache."""

_ALIGNMENT = 64  # bytes: a cache line, and the widest vector register


class NumbaEngine:
    """The fast sampler for the CPU: the same images as the reference, hundreds of times faster.

    Sums run in another order than in torch, so a logit may differ in its last bits, and a draw
    whose uniform number lies that close to a boundary may fall on the other side.

    Raises:
        ConfigError: the model's likelihood or one of its layers has no operation here.
    """

    name = "numba"

    def __init__(self, model: AutoregressiveModel) -> None:
        likelihood = model.likelihood
        if not isinstance(likelihood, Bernoulli | Categorical):
            raise ConfigError(
                f"the numba engine cannot draw from a {type(likelihood).__name__}; "
                "use the torch engine."
            )
        self.parameters = likelihood.parameters
        self.program = lower(model)
        self.tables = compile_tables(self.program)
        levels = torch.arange(model.config.levels, dtype=torch.uint8)
        self.scaled = model.scale(levels).numpy()

    def run(self, request: Request) -> Tensor:
        """The filled images: uint8 `(n, C, H, W)`."""
        images = np.ascontiguousarray(request.images.numpy()).copy()
        n, _, height, _ = images.shape
        tiles = _tiles(n)
        passes = [_Pass(self, request, images, tile) for tile in tiles]
        if len(tiles) == 1:
            for row in range(height):
                request.advance(row, height)
                passes[0].fill(row)
            return torch.from_numpy(images)
        with ThreadPoolExecutor(min(len(tiles), os.cpu_count() or 1)) as threads:
            for row in range(height):
                request.advance(row, height)
                list(threads.map(_Pass.fill, passes, repeat(row)))
        return torch.from_numpy(images)


def _tiles(n: int) -> list[slice]:
    """Parts of nearly equal size, at most `TILE` each."""
    bounds = np.linspace(0, n, -(-n // TILE) + 1).astype(int)
    return [slice(*pair) for pair in pairwise(bounds)]


class _Pass:
    """One tile of images and the memory that it needs."""

    def __init__(
        self, engine: NumbaEngine, request: Request, images: NDArray[np.uint8], tile: slice
    ) -> None:
        self.engine = engine
        self.images = images[tile]
        self.known = np.ascontiguousarray(request.known[tile].numpy())
        self.uniforms = np.ascontiguousarray(request.uniforms[tile].numpy())
        self.temperature = np.float32(request.temperature)
        self.batch = len(self.images)
        self.buffers, self.memory, self.scratch = _allocate(engine.tables, self.batch)
        self.taps = np.zeros(len(engine.tables.offsets), np.int64)
        labels = None if request.labels is None else request.labels[tile]
        self.constants = self._constants(labels)

    def _constants(self, labels: Tensor | None) -> list[tuple[int, Floats]]:
        """(buffer, `(1|H, 1|W, 1|B, C)`) of every value that does not depend on the image."""
        values = self.engine.program.graph.constants(labels)
        found = []
        for step in self.engine.tables.constants:
            value = values[step.constant].float().permute(2, 3, 0, 1)
            value = value if step.bias is None else value + step.bias
            found.append((self.engine.tables.buffer_of[step], value.detach().cpu().numpy()))
        return found

    def fill(self, row: int) -> None:
        """Sample one row of every image of the tile."""
        for buffer, value in self.constants:
            self._row(buffer, row)[..., : value.shape[-1]] = value[row % len(value)]
        tables = self.engine.tables
        fill_row(
            tables.operations[Phase.ABOVE],
            tables.operations[Phase.PIXEL],
            tables.operations[Phase.ROW],
            self.buffers,
            tables.offsets,
            self.memory,
            self.taps,
            self.scratch,
            row,
            tables.image,
            tables.output,
            self.engine.parameters,
            self.engine.scaled,
            self.temperature,
            self.images,
            self.known,
            self.uniforms,
        )

    def _row(self, buffer: int, row: int) -> Floats:
        """A view of one row of a buffer: `(W, batch, padded channels)`."""
        start, ring, left, columns, _, padded = self.buffers[buffer]
        size = ring * columns * self.batch * padded
        cells = self.memory[start : start + size].reshape(ring, columns, self.batch, padded)
        return cells[row % ring, left : left + self.engine.program.width]


def _allocate(tables: Tables, batch: int) -> tuple[NDArray[np.int64], Floats, int]:
    """The buffer table, the memory with the weights in it, and where free room begins in it."""
    line = _ALIGNMENT // 4
    start = tables.weights.size
    rows = []
    for buffer in tables.buffers:
        rows.append((start, *astuple(buffer)))
        size = buffer.rows * buffer.columns * batch * buffer.padded
        start += size + -size % line
    widest = max(buffer.columns for buffer in tables.buffers)
    size = start + batch * widest * max(tables.gathered, 1)
    room = np.zeros(size + line, np.float32)
    first = (-room.ctypes.data % _ALIGNMENT) // 4
    memory = room[first : first + size]
    memory[: tables.weights.size] = tables.weights
    return np.array(rows, np.int64), memory, start


def is_ready() -> bool:
    """Whether the loop is compiled, so that a call costs no compilation."""
    return bool(fill_row.overloads)


def warm_up() -> None:
    """Compile the loop, or load it from the disk cache: some ten seconds once on a machine."""
    from pixelcnn.models import build_model
    from pixelcnn.sampling.request import make_request

    model = build_model("pixelcnn", height=4, width=4, hidden_channels=4, blocks=1).eval()
    NumbaEngine(model).run(make_request(model, 1, seed=0))
