"""Images that one executor keeps, to be drawn row by row and changed."""

from __future__ import annotations

import numpy as np

from pixelcnn.sampling.request import Request
from pixelcnn.sampling.tiles import Canvas, Tile
from pixelcnn.sampling.wasm.executor import Executor, Shape
from pixelcnn.sampling.wasm.portable import Portable


class WasmTile:
    """Some images of a request, in an executor of their own: see `tiles.Tile`."""

    def __init__(
        self,
        program: Portable,
        request: Request,
        canvas: Canvas,
        part: slice,
        *,
        no_label: int,
        keep_all: bool,
    ) -> None:
        self.part = part
        # Views: writing here writes to the whole arrays.
        self._canvas = Canvas(canvas.images[part], canvas.known[part], canvas.log_probs[part])
        self._executor = Executor(program)
        guided = request.guidance > 0
        self._executor.prepare(Shape(part.stop - part.start, guided=guided, keep_rows=keep_all))
        start(self._executor, request, part, no_label=no_label, log_probs=True)

    def fill(self, row: int, first_column: int) -> None:
        """Draw one row of every image in the tile, from a column on."""
        canvas, executor = self._canvas, self._executor
        executor.array("images")[:] = canvas.images
        executor.array("known")[:] = canvas.known
        executor.rows(row, first_column, row + 1)
        canvas.images[:, :, row] = executor.array("images")[:, :, row]
        told = executor.array("log_probs")
        canvas.log_probs[:, :, row, first_column:] = told[:, :, row, first_column:]

    def copy(self, place: int, other: Tile, other_place: int) -> None:
        """Copy the activations and the label of an image, from this tile or another."""
        assert isinstance(other, WasmTile), "a tile of the same engine"
        self._executor.load_image(place, other._executor.saved_image(other_place))


def start(
    executor: Executor, request: Request, part: slice, *, no_label: int, log_probs: bool
) -> None:
    """Write what is asked for into a prepared executor, up to its first row."""
    executor.options(request.temperature, request.guidance, log_probs)
    executor.array("images")[:] = request.images[part].numpy()
    executor.array("known")[:] = request.known[part].numpy()
    executor.array("uniforms")[:] = request.uniforms[part].numpy()
    if request.labels is not None:
        labels = request.labels[part].numpy()
        none = np.full_like(labels, no_label)
        both = np.concatenate([labels, none])
        executor.array("labels")[:] = both if request.guidance > 0 else labels
    executor.begin()
