"""Images that are drawn together row by row, and can be resampled between rows."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from pixelcnn.sampling.request import Request
from pixelcnn.sampling.tiles import Canvas, Tile, TileEngine, fill_tiles


class ParticleBatch:
    """The particles of a particle filter: images drawn row by row, resampled between rows.

    A copy of an image continues from its activations, with the random numbers of its own index.
    """

    def __init__(self, engine: TileEngine, request: Request) -> None:
        self._engine, self._request = engine, request
        self._canvas = Canvas.of(request)
        self._tiles = engine.tiles(request, self._canvas, keep_all=False)
        self.rows = 0
        """Number of rows drawn so far."""

    @property
    def images(self) -> Tensor:
        """Uint8 `(n, C, H, W)`; rows from `rows` on are not drawn yet."""
        return torch.from_numpy(self._canvas.images.copy())

    @property
    def log_probs(self) -> Tensor:
        """Log-probabilities of the last row drawn, in nats: `(n, C, W)`."""
        return torch.from_numpy(self._canvas.log_probs[:, :, self.rows - 1].copy())

    def draw_row(self) -> None:
        """Draw the next row of every image."""
        fill_tiles(self._tiles, self._request, (self.rows, 0), self.rows + 1)
        self.rows += 1

    def replace(self, sources: Tensor) -> None:
        """Replace image i by a copy of image `sources[i]`: int64 `(n,)`.

        A source must keep its place, `sources[sources[i]] == sources[i]`, so that the order of
        copies does not matter and nothing is moved needlessly.
        """
        assert bool((sources[sources] == sources).all()), "a source is itself replaced"
        copies = [(i, source) for i, source in enumerate(sources.tolist()) if i != source]
        for target, source in copies:
            self._canvas.images[target] = self._canvas.images[source]
        self._copy(copies, self)

    def take(self, chosen: Tensor) -> ParticleBatch:
        """A batch of copies of these images, int64 `(m,)`, to draw on from here.

        Copy j has the random numbers of image j.
        """
        m, request = len(chosen), self._request
        images = torch.from_numpy(self._canvas.images)[chosen]
        known = request.known[chosen].clone()
        known[:, :, : self.rows] = True
        images = torch.where(known, images, torch.zeros((), dtype=torch.uint8))
        labels = None if request.labels is None else request.labels[chosen]
        fewer = dataclasses.replace(
            request, images=images, known=known, uniforms=request.uniforms[:m], labels=labels
        )
        copies = ParticleBatch(self._engine, fewer)
        copies.rows = self.rows
        copies._copy(list(enumerate(chosen.tolist())), self)
        return copies

    def _copy(self, copies: list[tuple[int, int]], origin: ParticleBatch) -> None:
        """Copy activations and labels for (target, source) pairs of images; sources in `origin`."""
        for target, source in copies:
            tile, place = self._at(target)
            other, other_place = origin._at(source)
            tile.copy(place, other, other_place)

    def _at(self, index: int) -> tuple[Tile, int]:
        """The tile of an image, and its index there."""
        tile = next(tile for tile in self._tiles if index < tile.part.stop)
        return tile, index - tile.part.start
