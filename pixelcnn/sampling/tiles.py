"""Images that an engine fills part by part: `EditableSamples` and `ParticleBatch` stand on them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.request import Request
from pixelcnn.system.devices import usable_cores


@dataclass(frozen=True)
class Canvas:
    """The arrays of all images; each tile writes to its part of them.

    Attributes:
        images: uint8 `(n, C, H, W)`.
        known: bool `(n, C, H, W)`: sub-pixels that are given.
        log_probs: float32 `(n, C, H, W)`: of each level under the model itself, in nats.
    """

    images: NDArray[np.uint8]
    known: NDArray[np.bool_]
    log_probs: NDArray[np.float32]

    @classmethod
    def of(cls, request: Request) -> Canvas:
        """Copies of what a request says; no log-probabilities yet."""
        images = request.images.numpy().copy()
        return cls(images, request.known.numpy().copy(), np.zeros(images.shape, np.float32))


class Tile(Protocol):
    """Some of the images, with all that is kept of the network for them."""

    part: slice
    """Which of them."""

    def fill(self, row: int, first_column: int) -> None:
        """Draw one row of every image in the tile, from a column on."""
        ...

    def copy(self, place: int, other: Tile, other_place: int) -> None:
        """Take over the activations and the label of an image of another tile, or of this one.

        Both tiles come from engines of the same kind.
        """
        ...


@runtime_checkable
class TileEngine(Protocol):
    """An engine whose images can be left and taken up again."""

    name: str
    model: AutoregressiveModel

    def run(self, request: Request) -> Tensor:
        """The filled images: uint8 `(n, C, H, W)`."""
        ...

    def tiles(self, request: Request, canvas: Canvas, *, keep_all: bool) -> Sequence[Tile]:
        """Tiles for all images of a request.

        With `keep_all` no row of activations is overwritten by a later one, so that `Tile.fill` may
        begin again at any pixel.
        """
        ...


def fill_tiles(
    tiles: Sequence[Tile],
    request: Request,
    first: tuple[int, int],
    rows: int,
    rows_before: int = 0,
    rows_in_all: int | None = None,
) -> None:
    """Fill all tiles from a pixel to the end of a row, each in a thread."""
    row, column = first
    with ThreadPoolExecutor(min(len(tiles), usable_cores())) as threads:
        while row < rows:
            request.advance(rows_before + row, rows_in_all or rows)
            if len(tiles) == 1:
                tiles[0].fill(row, column)
            else:
                list(threads.map(_fill, tiles, repeat(row), repeat(column)))
            row, column = row + 1, 0


def _fill(tile: Tile, row: int, column: int) -> None:
    tile.fill(row, column)
