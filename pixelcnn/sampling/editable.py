"""Finished images that can be changed at any pixel and redrawn from there."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pixelcnn.errors import DataError
from pixelcnn.sampling.request import Request
from pixelcnn.sampling.tiles import Canvas, TileEngine, fill_tiles


class EditableSamples:
    """Finished images that can be changed at any pixel and redrawn from there.

    All activations are kept (about 3 MB per image for the notebook's model), so nothing before the
    change is computed again.
    """

    def __init__(self, engine: TileEngine, request: Request) -> None:
        self._model, self._request = engine.model, request
        self._canvas = Canvas.of(request)
        self._tiles = engine.tiles(request, self._canvas, keep_all=True)
        fill_tiles(self._tiles, request, (0, 0), self._canvas.images.shape[2])

    @property
    def images(self) -> Tensor:
        """Uint8 `(n, C, H, W)`."""
        return torch.from_numpy(self._canvas.images.copy())

    @property
    def log_probs(self) -> Tensor:
        """Log-probabilities under the model itself (temperature 1), in nats: `(n, C, H, W)`."""
        return torch.from_numpy(self._canvas.log_probs.copy())

    def log_prob(self, pixels: int | None = None) -> Tensor:
        """Log-probability of the first `pixels` pixels in raster order, in nats: `(n,)`.

        None for all of them. A sum of stored values: the network does not run.
        """
        in_order = self.log_probs.sum(dim=1).flatten(1)  # (n, H * W)
        return in_order[:, :pixels].sum(dim=1)

    def change(self, pixel: tuple[int, int, int], levels: Tensor) -> None:
        """Set one sub-pixel of every image and redraw all later ones.

        Later sub-pixels that were given keep their given level.

        Args:
            pixel: (channel, row, column).
            levels: uint8 `(n,)`, or one level for all.

        Raises:
            DataError: levels outside the model's range.
        """
        channel, row, column = pixel
        images, known = self._request.images.clone(), self._request.known.clone()
        # The pixel is redrawn as a whole, so its earlier colours are held fixed.
        images[:, :channel, row, column] = self.images[:, :channel, row, column]
        images[:, channel, row, column] = levels
        known[:, : channel + 1, row, column] = True
        self.redraw((row, column), images, known)

    def redraw(
        self, first: tuple[int, int], images: Tensor, known: Tensor, rows: int | None = None
    ) -> None:
        """Redraw everything from the pixel `first` on, with the same uniform numbers.

        Args:
            first: (row, column); all earlier pixels must be unchanged.
            images: uint8 `(n, C, H, W)`: the levels of known sub-pixels.
            known: bool `(n, C, H, W)`: which sub-pixels are known, from `first` on.
            rows: stop after this many rows of the image; the rows below stay untouched.

        Raises:
            DataError: images that do not fit the model, or `known` of another shape.
        """
        row, column = first
        height = self._canvas.images.shape[2]
        self._model.check_images(images)
        if known.shape != images.shape or known.dtype != torch.bool:
            raise DataError(f"known must be torch.bool of shape {tuple(images.shape)}.")
        later = np.zeros(self._canvas.images.shape, bool)
        later[:, :, row, column:] = True
        later[:, :, row + 1 :] = True
        np.copyto(self._canvas.known, known.numpy(), where=later)
        np.copyto(self._canvas.images, images.numpy(), where=later & self._canvas.known)
        fill_tiles(self._tiles, self._request, first, height if rows is None else rows)
