"""Runs a lowered program on the CPU at nearly the speed of its arithmetic."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, replace
from itertools import pairwise, repeat

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.devices import usable_cores
from pixelcnn.errors import ConfigError, DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.lowering import lower
from pixelcnn.sampling.numba_draw import kind_of
from pixelcnn.sampling.numba_loop import fill_row
from pixelcnn.sampling.numba_program import Floats, Tables, compile_tables
from pixelcnn.sampling.request import Request
from pixelcnn.sampling.steps import Phase, spread

TILE = 16
"""Images computed together: enough to fill the registers, few enough to stay in the cache."""

_TILES_AT_ONCE = 8
"""Tiles whose activations are kept in memory at the same time: the others wait."""

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
        kind = kind_of(model.likelihood)
        if kind is None:
            raise ConfigError(
                f"the numba engine cannot draw from a {type(model.likelihood).__name__}; "
                "use the torch engine."
            )
        self.model = model
        self.likelihood = kind
        self.parameters = model.likelihood.parameters
        self.program = lower(model)
        self.tables = compile_tables(self.program)
        levels = torch.arange(model.config.levels, dtype=torch.uint8)
        self.scaled = model.scale(levels).numpy()

    def run(self, request: Request) -> Tensor:
        """The filled images: uint8 `(n, C, H, W)`."""
        images = request.images.numpy().copy()
        spared = np.zeros((len(images), 0, 0, 0), np.float32)
        known = np.ascontiguousarray(request.known.numpy())
        parts, height = _parts(len(images)), images.shape[2]
        groups = [
            parts[start : start + _TILES_AT_ONCE] for start in range(0, len(parts), _TILES_AT_ONCE)
        ]
        for number, group in enumerate(groups):
            tiles = [_Tile(self, request, images, known, spared, part) for part in group]
            _fill(tiles, request, (0, 0), height, number * height, len(groups) * height)
        return torch.from_numpy(images)

    def paint(self, request: Request) -> Painting:
        """The filled images, with all that is needed to change them and go on from any pixel."""
        return Painting(self, request)


class Painting:
    """Finished images that can be changed at any pixel and drawn anew from there.

    Every activation is kept at every position (some 3 MB an image for the notebook's model), so
    nothing before the change is computed again.
    """

    def __init__(self, engine: NumbaEngine, request: Request) -> None:
        self._model, self._request = engine.model, request
        self._images = request.images.numpy().copy()
        self._known = request.known.numpy().copy()
        self._log_probs = np.zeros(self._images.shape, np.float32)
        self._tiles = [
            _Tile(engine, request, self._images, self._known, self._log_probs, part, keep_all=True)
            for part in _parts(len(self._images))
        ]
        _fill(self._tiles, request, (0, 0), self._images.shape[2])

    @property
    def images(self) -> Tensor:
        """Uint8 `(n, C, H, W)`."""
        return torch.from_numpy(self._images.copy())

    @property
    def log_probs(self) -> Tensor:
        """Log-probabilities under the model itself (temperature 1), in nats: `(n, C, H, W)`."""
        return torch.from_numpy(self._log_probs.copy())

    def log_prob(self, pixels: int | None = None) -> Tensor:
        """Log-probability of the first `pixels` pixels in raster order, in nats: `(n,)`.

        None for all of them. Nothing is computed for it: each sub-pixel's share is kept.
        """
        in_order = self.log_probs.sum(dim=1).flatten(1)  # (n, H * W)
        return in_order[:, :pixels].sum(dim=1)

    def change(self, pixel: tuple[int, int, int], levels: Tensor) -> None:
        """Set one sub-pixel of every image and draw all later ones anew.

        Later sub-pixels that were given at first have their given level again.

        Args:
            pixel: (channel, row, column).
            levels: uint8 `(n,)`, or one level for all.

        Raises:
            DataError: levels that the model does not know.
        """
        channel, row, column = pixel
        images, known = self._request.images.clone(), self._request.known.clone()
        # The pixel is gone through as a whole, so its earlier colours are held as they are.
        images[:, :channel, row, column] = self.images[:, :channel, row, column]
        images[:, channel, row, column] = levels
        known[:, : channel + 1, row, column] = True
        self.redraw((row, column), images, known)

    def redraw(
        self, first: tuple[int, int], images: Tensor, known: Tensor, rows: int | None = None
    ) -> None:
        """Draw all from the pixel `first` on anew, with the same uniform numbers as before.

        Args:
            first: (row, column); all pixels before it must be as they are now.
            images: uint8 `(n, C, H, W)`: the levels of what is given.
            known: bool `(n, C, H, W)`: what is given, from `first` on.
            rows: stop after this many rows of the image; below them nothing is touched.

        Raises:
            DataError: images that do not fit the model, or known of another shape.
        """
        row, column = first
        height = self._images.shape[2]
        self._model.check_images(images)
        if known.shape != images.shape or known.dtype != torch.bool:
            raise DataError(f"known must be torch.bool of shape {tuple(images.shape)}.")
        later = np.zeros(self._images.shape, bool)
        later[:, :, row, column:] = True
        later[:, :, row + 1 :] = True
        np.copyto(self._known, known.numpy(), where=later)
        np.copyto(self._images, images.numpy(), where=later & self._known)
        _fill(self._tiles, self._request, first, height if rows is None else rows)


def _fill(
    tiles: list[_Tile],
    request: Request,
    first: tuple[int, int],
    rows: int,
    rows_before: int = 0,
    rows_in_all: int | None = None,
) -> None:
    """Fill all tiles from a pixel to the end of a row, tiles side by side on several threads."""
    row, column = first
    with ThreadPoolExecutor(min(len(tiles), usable_cores())) as threads:
        while row < rows:
            request.advance(rows_before + row, rows_in_all or rows)
            if len(tiles) == 1:
                tiles[0].fill(row, column)
            else:
                list(threads.map(_Tile.fill, tiles, repeat(row), repeat(column)))
            row, column = row + 1, 0


def _parts(n: int) -> list[slice]:
    """Parts of nearly equal size, at most `TILE` each, and one for each core if that fills them."""
    count = max(-(-n // TILE), min(usable_cores(), n // (TILE // 2)))
    bounds = np.linspace(0, n, count + 1).astype(int)
    return [slice(*pair) for pair in pairwise(bounds)]


class _Tile:
    """Images that are computed together, and the memory that this needs."""

    def __init__(
        self,
        engine: NumbaEngine,
        request: Request,
        images: NDArray[np.uint8],
        known: NDArray[np.bool_],
        log_probs: Floats,
        part: slice,
        keep_all: bool = False,
    ) -> None:
        self.engine = engine
        # Views: what is written here is written there.
        self.images, self.known, self.log_probs = images[part], known[part], log_probs[part]
        self.uniforms = np.ascontiguousarray(request.uniforms[part].numpy())
        self.temperature = np.float32(request.temperature)
        self.guidance = np.float32(request.guidance)
        self.batch = len(self.images) * (2 if request.guidance else 1)
        more_rows = engine.program.height if keep_all else 0
        self.buffers, self.memory, self.scratch = _allocate(engine.tables, self.batch, more_rows)
        self.taps = np.zeros(len(engine.tables.offsets), np.int64)
        labels = None if request.labels is None else request.labels[part]
        if request.guidance:
            assert labels is not None
            labels = torch.cat([labels, torch.full_like(labels, engine.model.config.no_label)])
        self.constants = self._constants(labels)

    def _constants(self, labels: Tensor | None) -> list[tuple[int, Floats]]:
        """(buffer, `(1|H, 1|W, 1|B, C)`) of every value that does not depend on the image."""
        values = self.engine.program.graph.constants(labels)
        found = []
        for step in self.engine.tables.constants:
            program = self.engine.program
            value = spread(values[step.constant].float(), program.height, program.width)
            value = value.permute(2, 3, 0, 1)
            value = value if step.bias is None else value + step.bias
            found.append((self.engine.tables.buffer_of[step], value.detach().cpu().numpy()))
        return found

    def fill(self, row: int, first_column: int) -> None:
        """Sample one row of every image of the tile, from a column on."""
        for buffer, value in self.constants:
            self._row(buffer, row)[..., : value.shape[-1]] = value[row % len(value)]
        if self.guidance == 0:
            self._fill(row, first_column, self.images, self.known, self.log_probs)
            return
        # The loop works on each image twice, and what it wrote is taken from the first half.
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
        tables = self.engine.tables
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
            self.engine.likelihood,
            self.engine.parameters,
            self.engine.program.sees_own_colours,
            self.engine.scaled,
            self.temperature,
            self.guidance,
            images,
            known,
            self.uniforms,
            log_probs,
        )

    def _row(self, buffer: int, row: int) -> Floats:
        """A view of one row of a buffer: `(W, batch, padded channels)`."""
        start, ring, left, columns, _, padded = self.buffers[buffer]
        size = ring * columns * self.batch * padded
        cells = self.memory[start : start + size].reshape(ring, columns, self.batch, padded)
        return cells[row % ring, left : left + self.engine.program.width]


def _allocate(tables: Tables, batch: int, more_rows: int) -> tuple[NDArray[np.int64], Floats, int]:
    """The buffer table, the memory with the weights in it, and where free room begins in it.

    `more_rows` makes the rings so much higher, so that no row of an image is overwritten.
    """
    line = _ALIGNMENT // 4
    start = tables.weights.size
    rows = []
    for buffer in tables.buffers:
        buffer = replace(buffer, rows=buffer.rows + more_rows)
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
