"""Tiles: images that the compiled loop works on together, and their memory."""

from __future__ import annotations

import getpass
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from pixelcnn.sampling.numba.compiled import CompiledModel
from pixelcnn.sampling.numba.loop import copy_image, fill_row
from pixelcnn.sampling.request import Request
from pixelcnn.sampling.steps import Phase
from pixelcnn.sampling.tables import Floats, Tables
from pixelcnn.sampling.tiles import Canvas, Tile as AnyTile
from pixelcnn.system.devices import usable_cores

TILE = 16
"""Images per tile: enough to fill the registers, few enough to stay in the cache."""

_ALIGNMENT = 64  # bytes: a cache line, and the widest vector register
_PATIENCE_S = 120.0


def is_ready() -> bool:
    """Whether the loop is compiled."""
    return bool(fill_row.overloads)


@contextmanager
def _one_process_compiles() -> Iterator[None]:
    """Only one process compiles the loop; others (the server, its trainings) wait and load the
    cached result."""
    lock = FileLock(Path(tempfile.gettempdir()) / f"pixelcnn-compiling-{getpass.getuser()}.lock")
    with suppress(Timeout, OSError):  # at worst, several compile
        lock.acquire(timeout=_PATIENCE_S)
    try:
        yield
    finally:
        lock.release()


def parts_of(n: int) -> list[slice]:
    """Parts of nearly equal size: at most `TILE` images each, one per core if that fills them."""
    count = max(-(-n // TILE), min(usable_cores(), n // (TILE // 2)))
    bounds = np.linspace(0, n, count + 1).astype(int)
    return [slice(*pair) for pair in pairwise(bounds)]


class Tile:
    """A tile of images and its memory.

    `canvas` and `outputs` belong to all images; the tile works on `part` of
    them. `outputs`, unless None, are float32 `(1, n, H, W, C * P)`, with guidance
    `(2, n, H, W, C * P)`; each finished row is written to them.
    """

    def __init__(
        self,
        model: CompiledModel,
        request: Request,
        canvas: Canvas,
        part: slice,
        keep_all: bool = False,
        outputs: Floats | None = None,
    ) -> None:
        self.model, self.part = model, part
        # Views: writing here writes to the whole arrays.
        self.images, self.known = canvas.images[part], canvas.known[part]
        self.log_probs = canvas.log_probs[part]
        self.outputs = None if outputs is None else outputs[:, part]
        self.uniforms = np.ascontiguousarray(request.uniforms[part].numpy())
        self.temperature = np.float32(request.temperature)
        self.guidance = np.float32(request.guidance)
        self.batch = len(self.images) * (2 if request.guidance else 1)
        more_rows = model.program.height if keep_all else 0
        self.buffers, self.memory, self.scratch = _allocate(model.tables, self.batch, more_rows)
        self.taps = np.zeros(len(model.tables.offsets), np.int64)
        labels = None if request.labels is None else request.labels[part]
        if request.guidance:
            assert labels is not None
            labels = torch.cat([labels, torch.full_like(labels, model.no_label)])
        self.labels = None if labels is None else labels.numpy().copy()

    def fill(self, row: int, first_column: int) -> None:
        """Sample one row of every image in the tile, from a column on."""
        with nullcontext() if is_ready() else _one_process_compiles():
            self._sample(row, first_column)
        if self.outputs is not None:
            copies, _, _, _, channels = self.outputs.shape
            row_of_all = self._row(self.model.tables.output, row)[..., :channels]
            split = row_of_all.reshape(len(row_of_all), copies, -1, channels)  # (W, 1|2, n, C * P)
            self.outputs[:, :, row] = split.transpose(1, 2, 0, 3)

    def _sample(self, row: int, first_column: int) -> None:
        for buffer, constant in self.model.tables.constants:
            value = constant.at_row(row, self.labels)
            self._row(buffer, row)[..., : value.shape[-1]] = value
        if self.guidance == 0:
            self._fill(row, first_column, self.images, self.known, self.log_probs)
            return
        # The loop works on each image twice; the first half has the results.
        images, known, log_probs = (
            np.concatenate([array, array]) for array in (self.images, self.known, self.log_probs)
        )
        self._fill(row, first_column, images, known, log_probs)
        half = len(self.images)
        self.images[:], self.log_probs[:] = images[:half], log_probs[:half]

    def _fill(
        self,
        row: int,
        first_column: int,
        images: NDArray[np.uint8],
        known: NDArray[np.bool_],
        log_probs: Floats,
    ) -> None:
        tables = self.model.tables
        fill_row(
            tables.operations[Phase.ABOVE],
            tables.operations[Phase.PIXEL],
            tables.operations[Phase.AFTER],
            tables.operations[Phase.ROW],
            self.buffers,
            tables.offsets,
            self.memory,
            self.taps,
            self.scratch,
            row,
            first_column,
            tables.image,
            tables.output,
            self.model.likelihood,
            self.model.parameters,
            self.model.program.sees_own_colours,
            self.model.scaled,
            self.temperature,
            self.guidance,
            images,
            known,
            self.uniforms,
            log_probs,
        )

    def copy(self, place: int, other: AnyTile, other_place: int) -> None:
        """Copy the activations and the label of an image, from this tile or another."""
        assert isinstance(other, Tile), "a tile of the same engine"
        copy_image(
            self.buffers,
            self.memory,
            self.batch,
            place,
            other.buffers,
            other.memory,
            other.batch,
            other_place,
        )
        if self.labels is not None:
            assert other.labels is not None
            self.labels[place] = other.labels[other_place]

    def _row(self, buffer: int, row: int) -> Floats:
        """A view of one row of a buffer: `(W, batch, padded channels)`."""
        start, ring, left, columns, _, padded = self.buffers[buffer]
        size = ring * columns * self.batch * padded
        cells = self.memory[start : start + size].reshape(ring, columns, self.batch, padded)
        return cells[row % ring, left : left + self.model.program.width]


def _allocate(tables: Tables, batch: int, more_rows: int) -> tuple[NDArray[np.int64], Floats, int]:
    """The buffer table, the memory with the weights in it, and the address of free room.

    `more_rows` enlarges the ring buffers, so that no row of an image is overwritten.
    """
    line = _ALIGNMENT // 4
    start = tables.weights.size
    rows = []
    for buffer in tables.buffers:
        buffer = buffer._replace(rows=buffer.rows + more_rows)
        rows.append((start, *buffer))
        size = buffer.rows * buffer.columns * batch * buffer.padded
        start += size + -size % line
    widest = max(buffer.columns for buffer in tables.buffers)
    size = start + batch * widest * max(tables.gathered, 1)
    room = np.zeros(size + line, np.float32)
    first = (-room.ctypes.data % _ALIGNMENT) // 4
    memory = room[first : first + size]
    memory[: tables.weights.size] = tables.weights
    return np.array(rows, np.int64), memory, start
