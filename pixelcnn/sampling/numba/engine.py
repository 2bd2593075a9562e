"""Runs a lowered program on the CPU at nearly the speed of its arithmetic."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.errors import DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.numba.compiled import compile_model
from pixelcnn.sampling.numba.tiles import Tile, fill_tiles, parts_of
from pixelcnn.sampling.request import Request

_TILES_AT_ONCE = 8
"""Tiles whose activations are in memory at the same time; further tiles wait."""


class NumbaEngine:
    """The fast sampler for the CPU: the same images as the reference, hundreds of times faster.

    Sums are evaluated in another order than in torch, so a logit may differ in its last bits, and
    a uniform number that close to a threshold may give the neighbouring level.

    Raises:
        ConfigError: the model's likelihood or one of its layers is not supported.
    """

    name = "numba"

    def __init__(self, model: AutoregressiveModel) -> None:
        self.model = model
        self.compiled = compile_model(model)

    def run(self, request: Request) -> Tensor:
        """The filled images: uint8 `(n, C, H, W)`."""
        return self._run(request, None)

    def run_with_outputs(self, request: Request) -> tuple[Tensor, Tensor]:
        """The filled images, and the network's outputs as `trace_of` takes them.

        Outputs are float32 `(1, n, C * P, H, W)`; with guidance `(2, ...)`, the second unlabelled.
        """
        n, channels, height, width = request.images.shape
        outputs = np.empty(
            (2 if request.guidance else 1, n, height, width, channels * self.compiled.parameters),
            np.float32,
        )
        images = self._run(request, outputs)
        return images, torch.from_numpy(outputs).permute(0, 1, 4, 2, 3)

    def _run(self, request: Request, outputs: NDArray[np.float32] | None) -> Tensor:
        images = request.images.numpy().copy()
        spared = np.zeros((len(images), 0, 0, 0), np.float32)
        known = np.ascontiguousarray(request.known.numpy())
        parts, height = parts_of(len(images)), images.shape[2]
        groups = [
            parts[start : start + _TILES_AT_ONCE] for start in range(0, len(parts), _TILES_AT_ONCE)
        ]
        for index, group in enumerate(groups):
            tiles = [
                Tile(self.compiled, request, images, known, spared, part, outputs=outputs)
                for part in group
            ]
            fill_tiles(tiles, request, (0, 0), height, index * height, len(groups) * height)
        return torch.from_numpy(images)

    def paint(self, request: Request) -> EditableSamples:
        """Fill the images, and keep all that is needed to change them."""
        return EditableSamples(self, request)


class EditableSamples:
    """Finished images that can be changed at any pixel and redrawn from there.

    All activations are kept (about 3 MB per image for the notebook's model), so nothing before the
    change is computed again.
    """

    def __init__(self, engine: NumbaEngine, request: Request) -> None:
        self._model, self._request = engine.model, request
        self._images = request.images.numpy().copy()
        self._known = request.known.numpy().copy()
        self._log_probs = np.zeros(self._images.shape, np.float32)
        self._tiles = [
            Tile(
                engine.compiled,
                request,
                self._images,
                self._known,
                self._log_probs,
                part,
                keep_all=True,
            )
            for part in parts_of(len(self._images))
        ]
        fill_tiles(self._tiles, request, (0, 0), self._images.shape[2])

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
        height = self._images.shape[2]
        self._model.check_images(images)
        if known.shape != images.shape or known.dtype != torch.bool:
            raise DataError(f"known must be torch.bool of shape {tuple(images.shape)}.")
        later = np.zeros(self._images.shape, bool)
        later[:, :, row, column:] = True
        later[:, :, row + 1 :] = True
        np.copyto(self._known, known.numpy(), where=later)
        np.copyto(self._images, images.numpy(), where=later & self._known)
        fill_tiles(self._tiles, self._request, first, height if rows is None else rows)


def warm_up() -> None:
    """Compile the loop, or load it from the disk cache: half a minute once per machine."""
    from pixelcnn.models.registry import build_model
    from pixelcnn.sampling.request import SampleOptions, make_request

    model = build_model("pixelcnn", height=4, width=4, hidden_channels=4, blocks=1).eval()
    NumbaEngine(model).run(make_request(model, 1, SampleOptions(seed=0)))
