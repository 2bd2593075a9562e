"""Runs a lowered program on the CPU at nearly the speed of its arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.numba.compiled import compile_model
from pixelcnn.sampling.numba.tiles import Tile, parts_of
from pixelcnn.sampling.request import Request
from pixelcnn.sampling.tiles import Canvas, fill_tiles

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
        canvas = Canvas.of(request)
        canvas = replace(canvas, log_probs=np.zeros((len(canvas.images), 0, 0, 0), np.float32))
        parts, height = parts_of(len(canvas.images)), canvas.images.shape[2]
        groups = [
            parts[start : start + _TILES_AT_ONCE] for start in range(0, len(parts), _TILES_AT_ONCE)
        ]
        for index, group in enumerate(groups):
            tiles = [Tile(self.compiled, request, canvas, part, outputs=outputs) for part in group]
            fill_tiles(tiles, request, (0, 0), height, index * height, len(groups) * height)
        return torch.from_numpy(canvas.images)

    def tiles(self, request: Request, canvas: Canvas, *, keep_all: bool) -> list[Tile]:
        """See `TileEngine`."""
        parts = parts_of(len(canvas.images))
        return [Tile(self.compiled, request, canvas, part, keep_all=keep_all) for part in parts]


def warm_up() -> None:
    """Compile the loop, or load it from the disk cache: half a minute once per machine."""
    from pixelcnn.models.registry import build_model
    from pixelcnn.sampling.request import SampleOptions, make_request

    model = build_model("pixelcnn", height=4, width=4, hidden_channels=4, blocks=1).eval()
    NumbaEngine(model).run(make_request(model, 1, SampleOptions(seed=0)))
