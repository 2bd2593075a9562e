"""The sampler in WebAssembly: ready at once, and the same bits on every machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.request import Request
from pixelcnn.sampling.tiles import Canvas
from pixelcnn.sampling.wasm.executor import Executor, Shape, begin_compiling
from pixelcnn.sampling.wasm.portable import portable
from pixelcnn.sampling.wasm.tile import WasmTile, start
from pixelcnn.system.devices import usable_cores

_TOGETHER, _FEWEST = 16, 4
"""Images computed together at most, and at least if there is more than one thread."""


class WasmEngine:
    """Runs the portable form of a model's program, with 128-bit vectors.

    An image depends on its uniform numbers alone, to the bit: not on the machine, on what is drawn
    beside it, or on how much of it is given.

    Raises:
        ConfigError: the model's likelihood or one of its layers has no operation here.
    """

    name = "wasm"

    def __init__(self, model: AutoregressiveModel) -> None:
        self.model = model
        begin_compiling()
        self.program = portable(model)
        self._idle: list[Executor] = []
        self._lock = threading.Lock()

    def run(self, request: Request) -> Tensor:
        """The filled images: uint8 `(n, C, H, W)`."""
        return self._run(request, None)

    def run_with_outputs(self, request: Request) -> tuple[Tensor, Tensor]:
        """The filled images, and the network's outputs as `trace_of` takes them.

        They are float32 `(1, n, C * P, H, W)`; with guidance, those without a label follow.
        """
        n, channels, height, width = request.images.shape
        numbers = channels * self.program.header["parameters"]
        told = np.empty((2 if request.guidance else 1, n, height, width, numbers), np.float32)
        images = self._run(request, told)
        return images, torch.from_numpy(told).permute(0, 1, 4, 2, 3)

    def _run(self, request: Request, outputs: NDArray[np.float32] | None) -> Tensor:
        images = request.images.numpy().copy()
        height = images.shape[2]
        # A call from Python costs 50 microseconds, so rows go one by one only for progress.
        watched = request.progress is not None or request.cancelled is not None
        rows = 1 if watched else height
        parts = _parts_of(len(images))
        cores = min(usable_cores(), len(parts))
        groups = [parts[start : start + cores] for start in range(0, len(parts), cores)]
        pool = ThreadPoolExecutor(cores) if cores > 1 else nullcontext()
        with self._executors(cores) as executors, pool as threads:
            for number, group in enumerate(groups):
                busy = executors[: len(group)]
                for executor, part in zip(busy, group, strict=True):
                    self._set(executor, request, part, with_outputs=outputs is not None)
                for row in range(0, height, rows):
                    request.advance(number * height + row, len(groups) * height)
                    if threads is None or len(busy) == 1:
                        busy[0].rows(row, 0, row + rows)
                    else:
                        list(threads.map(lambda one, row=row: one.rows(row, 0, row + rows), busy))
                for executor, part in zip(busy, group, strict=True):
                    images[part] = executor.array("images")
                    if outputs is not None:
                        found = executor.array("outputs")
                        outputs[:, part] = found.reshape(len(outputs), -1, *found.shape[1:])
        return torch.from_numpy(images)

    def _set(
        self, executor: Executor, request: Request, part: slice, *, with_outputs: bool
    ) -> None:
        """Write what is asked for into an executor's memory."""
        guided = request.guidance > 0
        executor.prepare(Shape(part.stop - part.start, guided=guided, with_outputs=with_outputs))
        start(executor, request, part, no_label=self.model.config.no_label, log_probs=False)

    def tiles(self, request: Request, canvas: Canvas, *, keep_all: bool) -> list[WasmTile]:
        """See `TileEngine`."""
        no_label = self.model.config.no_label
        return [
            WasmTile(self.program, request, canvas, part, no_label=no_label, keep_all=keep_all)
            for part in _parts_of(len(canvas.images))
        ]

    @contextmanager
    def _executors(self, count: int) -> Iterator[list[Executor]]:
        """So many executors for this call alone; they are kept for the next one."""
        with self._lock:
            taken = [self._idle.pop() for _ in range(min(count, len(self._idle)))]
        taken += [Executor(self.program) for _ in range(count - len(taken))]
        try:
            yield taken
        finally:
            with self._lock:
                self._idle += taken


def _parts_of(n: int) -> list[slice]:
    """Parts of nearly equal size."""
    count = max(-(-n // _TOGETHER), min(usable_cores(), n // _FEWEST), 1)
    if count == 1:
        return [slice(0, n)]
    bounds = np.linspace(0, n, count + 1).astype(int).tolist()
    return [slice(*pair) for pair in pairwise(bounds)]
