"""The engine `auto`: WebAssembly at once, numba where it is compiled and faster."""

from __future__ import annotations

import json
import platform
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.request import Request, SampleOptions, SamplingCancelled, make_request
from pixelcnn.sampling.tiles import TileEngine
from pixelcnn.system.atomic_files import atomic_write

_COMPILED, _PORTABLE, _SLOW = "numba", "wasm", "torch"
_LARGEST = 16  # images: larger batches are drawn in parts of that size
_ROUNDS = 3

Makers = Mapping[str, Callable[[AutoregressiveModel], Any]]
"""By name, what makes each engine of `engines.py`."""


class AutoEngine:
    """Takes the fastest engine that is ready for each request.

    Where both can serve, each draws a few rows of as many images once on this machine, and the
    result is kept for all models of the same architecture and size.
    """

    def __init__(
        self, model: AutoregressiveModel, makers: Makers, is_compiled: Callable[[], bool]
    ) -> None:
        self.model = model
        self.name = "auto"  # of the engine that drew last, once one has
        self._makers, self._is_compiled = makers, is_compiled
        self._made: dict[str, Any] = {}

    def run(self, request: Request) -> Tensor:
        """The filled images: uint8 `(n, C, H, W)`."""
        return self._engine_for(request).run(request)

    def run_with_outputs(self, request: Request) -> tuple[Tensor, Tensor | None]:
        """The filled images, and the network's outputs as `trace_of` takes them, if kept."""
        engine = self._engine_for(request)
        if hasattr(engine, "run_with_outputs"):
            return engine.run_with_outputs(request)
        return engine.run(request), None

    def compiled(self) -> Any:
        """The numba engine, once it is compiled and if it can serve."""
        return self._engine(_COMPILED) if self._is_compiled() else None

    def tile_engine(self) -> TileEngine:
        """The engine for images that are left and taken up again: numba if it is compiled.

        Raises:
            ConfigError: neither numba nor WebAssembly can serve this model.
        """
        ready = self.compiled() or self._engine(_PORTABLE)
        engine: TileEngine = ready or self._makers[_COMPILED](self.model)
        return engine

    def _engine_for(self, request: Request) -> Any:
        engine = self._fastest(len(request.images) * (2 if request.guidance else 1))
        self.name = engine.name
        return engine

    def _fastest(self, images: int) -> Any:
        if self.compiled() is None:
            engine = self._engine(_PORTABLE) or self._engine(_SLOW)
            assert engine is not None, "the torch engine serves every model"
            return engine
        batch = min(1 << (images.bit_length() - 1), _LARGEST)
        key = f"{self.model.name} {_digest(self.model)} batch {batch}"
        name = _measured().get(key)
        if name is None:
            name = self._measure(batch)
            _keep(key, name)
        return self._engine(name) or self._engine(_SLOW)

    def _engine(self, name: str) -> Any:
        """An engine of the model's weights, or None if it cannot serve."""
        if name not in self._made:
            try:
                self._made[name] = self._makers[name](self.model)
            except ConfigError:
                self._made[name] = None
        return self._made[name]

    def _measure(self, batch: int) -> str:
        """The faster one of the two for so many images."""
        engines = [e for e in (self._engine(_PORTABLE), self._engine(_COMPILED)) if e is not None]
        rows = max(1, self.model.config.height // 4)
        least = dict.fromkeys(engines, float("inf"))
        for _ in range(_ROUNDS if len(engines) > 1 else 0):
            for engine in engines:
                least[engine] = min(least[engine], _seconds(self.model, engine, batch, rows))
        return min(least, key=least.__getitem__).name


def _seconds(model: AutoregressiveModel, engine: Any, batch: int, rows: int) -> float:
    """How long the first rows of some images take."""
    done = 0

    def note(now: int, _: int) -> None:
        nonlocal done
        done = now

    labels = torch.zeros(batch, dtype=torch.int64) if model.config.classes else None
    options = SampleOptions(
        labels=labels, seed=0, progress=note, cancelled=lambda: done + 1 >= rows
    )
    request = make_request(model, batch, options)
    start = time.perf_counter()
    with suppress(SamplingCancelled):
        engine.run(request)
    return time.perf_counter() - start


def _digest(model: AutoregressiveModel) -> str:
    options = json.dumps(asdict(model.config), sort_keys=True, default=str)
    return f"{zlib.crc32(options.encode()):08x}"


def _file() -> Path:
    """Beside the compiled code, which is this machine's own too."""
    return Path(__file__).parent / "__pycache__" / f"fastest-{platform.node()}.json"


@cache
def _measured() -> dict[str, str]:
    """What was measured on this machine: the faster engine of each kind of request."""
    with suppress(OSError, ValueError):
        kept = json.loads(_file().read_text(encoding="utf-8"))
        if isinstance(kept, dict):
            return {key: name for key, name in kept.items() if name in (_COMPILED, _PORTABLE)}
    return {}


def _keep(key: str, name: str) -> None:
    measured = _measured()
    measured[key] = name
    with suppress(OSError):  # a folder that cannot be written to: measured again next time
        _file().parent.mkdir(exist_ok=True)
        atomic_write(_file(), json.dumps(measured, indent=1).encode(), durable=False)
