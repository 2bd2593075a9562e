"""The engines by name, and how one is chosen."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from torch import Tensor

from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.auto import AutoEngine
from pixelcnn.sampling.reference import ReferenceEngine
from pixelcnn.sampling.request import Request
from pixelcnn.sampling.tiles import TileEngine
from pixelcnn.sampling.torch_engine import TorchEngine
from pixelcnn.system.checks import check_name


class Engine(Protocol):
    """Fills images; the `reference` engine defines the correct result."""

    name: str

    def run(self, request: Request) -> Tensor:
        """The filled images: uint8 `(n, C, H, W)`."""
        ...


@runtime_checkable
class TracingEngine(Engine, Protocol):
    """An engine that keeps the network's outputs, so that a trace computes nothing twice."""

    def run_with_outputs(self, request: Request) -> tuple[Tensor, Tensor | None]:
        """The filled images, and the network's outputs as `trace_of` takes them, if kept."""
        ...


def _numba_engine(model: AutoregressiveModel) -> Engine:
    try:
        from pixelcnn.sampling.numba.engine import NumbaEngine  # takes half a second to import
    except ImportError as error:
        raise ConfigError(
            f"The numba engine needs a package that is missing ({error}): pip install numba. The "
            "engine 'torch' draws the same images without it, more slowly."
        ) from error
    return NumbaEngine(model)


def _wasm_engine(model: AutoregressiveModel) -> Engine:
    try:
        from pixelcnn.sampling.wasm.engine import WasmEngine  # torch's engine needs no wasmtime
    except ImportError as error:
        raise ConfigError(
            f"The WebAssembly sampler needs a package that is missing ({error}): pip install "
            "wasmtime. The engine 'torch' draws the same images without it, more slowly."
        ) from error
    return WasmEngine(model)


_ENGINES: dict[str, Callable[[AutoregressiveModel], Engine]] = {
    "reference": ReferenceEngine,
    "torch": TorchEngine,
    "numba": _numba_engine,
    "wasm": _wasm_engine,
}


NUMBERS = "float32"
"""What every engine computes in, so that equal random numbers give equal images in all of them.

Products of 16-bit integers (`sampling/wasm/sixteen_bits.py`) are not among them, and films name the
kind of numbers that drew them.
"""


def engine_names() -> list[str]:
    """The names of all engines, besides `auto`."""
    return list(_ENGINES)


def warm_up() -> None:
    """Compile the fast engine, or load it from the disk cache.

    Takes about twenty seconds once per machine, then half a second per process. Until it is
    called, `auto` draws in WebAssembly, so that no page waits for the compiler. Without the package
    numba it does nothing.
    """
    try:
        from pixelcnn.sampling.numba import engine as numba_engine
    except ImportError:
        return
    numba_engine.warm_up()


def _compiled() -> bool:
    loaded = sys.modules.get("pixelcnn.sampling.numba.tiles")
    # Another thread may be about to import it.
    is_ready = getattr(loaded, "is_ready", None)
    return is_ready is not None and bool(is_ready())


def make_engine(model: AutoregressiveModel, engine: str = "auto") -> Engine:
    """An engine for a model with its current weights; may be reused.

    Args:
        model: any model of the registry.
        engine: `auto` (the fastest that is ready and supports the model, see `AutoEngine`), or one
            of `engine_names`.

    Raises:
        ConfigError: the engine is unknown or does not support this model; the message says why.
    """
    if engine == "auto":
        if next(model.parameters()).device.type != "cpu":
            return TorchEngine(model)
        return AutoEngine(model, _ENGINES, _compiled)
    check_name("engine", engine, ["auto", *_ENGINES])
    return _ENGINES[engine](model)


def tile_engine(model: AutoregressiveModel, engine: str | Engine = "auto") -> TileEngine:
    """An engine whose images can be left and taken up again, for `paint` and for particles.

    Args:
        model: any model of the registry.
        engine: `numba`, `wasm`, or one that was made; of others, numba once it is compiled, and
            WebAssembly until then.

    Raises:
        ConfigError: neither can serve this model.
    """
    if isinstance(engine, str):
        check_name("engine", engine, ["auto", *_ENGINES])
        engine = _ENGINES[engine](model) if engine in ("numba", "wasm") else "auto"
    if isinstance(engine, TileEngine):
        return engine
    chooser = engine if isinstance(engine, AutoEngine) else AutoEngine(model, _ENGINES, _compiled)
    return chooser.tile_engine()
