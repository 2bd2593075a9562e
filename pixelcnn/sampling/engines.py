"""The engines by name, and the choice among them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from torch import Tensor

from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.reference import ReferenceEngine
from pixelcnn.sampling.request import Request
from pixelcnn.sampling.torch_engine import TorchEngine

if TYPE_CHECKING:
    pass


class Engine(Protocol):
    """Something that fills images; `reference` defines what is right."""

    name: str

    def run(self, request: Request) -> Tensor:
        """The filled images: uint8 `(n, C, H, W)`."""
        ...


@runtime_checkable
class TracingEngine(Engine, Protocol):
    """An engine that keeps what it drew from, so that nothing is computed twice for a trace."""

    def run_with_outputs(self, request: Request) -> tuple[Tensor, Tensor]:
        """The filled images, and the network's outputs as `trace_of` takes them."""
        ...


def _numba_engine(model: AutoregressiveModel) -> Engine:
    try:
        from pixelcnn.sampling.numba.engine import NumbaEngine  # takes half a second to import
    except ImportError as error:
        raise ConfigError(
            f"The fast sampler needs a package that is missing ({error}): pip install numba. The "
            "engine 'torch' draws the same images without it, more slowly."
        ) from error
    return NumbaEngine(model)


_ENGINES: dict[str, Callable[[AutoregressiveModel], Engine]] = {
    "reference": ReferenceEngine,
    "torch": TorchEngine,
    "numba": _numba_engine,
}


def engine_names() -> list[str]:
    """The engines that can be asked for by name, besides `auto`."""
    return list(_ENGINES)


def warm_up() -> None:
    """Compile the fast engine, or load it from the disk cache.

    Some ten seconds once on a machine, half a second later. Until it has been called in a
    process, `auto` is the torch engine, so that nobody waits for a compiler in a lesson. Without
    the package numba there is nothing to compile, and it stays that engine.
    """
    try:
        from pixelcnn.sampling.numba import engine as numba_engine
    except ImportError:
        return
    numba_engine.warm_up()


def _compiled() -> bool:
    loaded = sys.modules.get("pixelcnn.sampling.numba.tiles")
    return loaded is not None and bool(loaded.is_ready())


def make_engine(model: AutoregressiveModel, engine: str = "auto") -> Engine:
    """An engine for a model with its present weights, for use more than once.

    Args:
        model: any model of the registry.
        engine: `auto` (the fastest that is ready and can serve), or one of `engine_names`.

    Raises:
        ConfigError: unknown engine, or one that cannot serve this model; the message says why.
    """
    if engine == "auto":
        if _compiled() and next(model.parameters()).device.type == "cpu":
            try:
                return _numba_engine(model)
            except ConfigError:
                return TorchEngine(model)
        return TorchEngine(model)
    if engine not in _ENGINES:
        raise ConfigError(f"engine {engine!r} is unknown; use auto, {', '.join(_ENGINES)}.")
    return _ENGINES[engine](model)
