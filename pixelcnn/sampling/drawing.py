"""`sample` and `paint`: the public ways to draw images."""

from __future__ import annotations

from typing import Literal, Unpack, overload

from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel, eval_mode
from pixelcnn.sampling.editable import EditableSamples
from pixelcnn.sampling.engines import Engine, TracingEngine, make_engine, tile_engine
from pixelcnn.sampling.request import SampleKeywords, SampleOptions, make_request
from pixelcnn.sampling.tiles import TileEngine
from pixelcnn.sampling.trace import Trace, trace_of


@overload
def sample(
    model: AutoregressiveModel,
    n: int,
    *,
    engine: str | Engine = ...,
    trace: Literal[False] = ...,
    **options: Unpack[SampleKeywords],
) -> Tensor: ...


@overload
def sample(
    model: AutoregressiveModel,
    n: int,
    *,
    engine: str | Engine = ...,
    trace: Literal[True],
    **options: Unpack[SampleKeywords],
) -> Trace: ...


def sample(
    model: AutoregressiveModel,
    n: int,
    *,
    engine: str | Engine = "auto",
    trace: bool = False,
    **options: Unpack[SampleKeywords],
) -> Tensor | Trace:
    """Draw n images from a model, sub-pixel by sub-pixel.

    The level of a sub-pixel is the first one at which the cumulative distribution exceeds the
    uniform number, so that equal uniforms give equal images in every engine.

    Args:
        model: any model of the registry; its weights are used as they are now.
        n: how many images.
        labels: int64 `(n,)`, or one label for all, for a model with classes.
        known: uint8 `(n or 1, C, H, W)`: levels to keep, where `known_mask` says so.
        known_mask: bool, same shape or one that spreads to it: True where given.
        temperature: 1 is the model's own distribution; 0 always takes the likeliest level.
        guidance: how much stronger the label counts than in the model; 0 is the model itself.
            For a model trained with `label_dropout`.
        uniforms: float `(n, C, H, W)` in `[0, 1)`; drawn from `seed` if left out.
        seed: for the uniforms; left out, they are new each time.
        engine: `auto`, a name of `engine_names`, or an engine from `make_engine`.
        trace: return a `Trace` instead of the images alone.
        progress: called with (rows done, rows in all).
        cancelled: asked before each row; when it answers True, `SamplingCancelled` is raised.

    Returns:
        uint8 `(n, C, H, W)`, or a `Trace`.

    Raises:
        ConfigError: an option that cannot work.
        DataError: labels, known, known_mask or uniforms that do not fit the model.
    """
    draw = traced if trace else drawn
    return draw(model, n, SampleOptions(**options), engine)


def drawn(
    model: AutoregressiveModel, n: int, options: SampleOptions, engine: str | Engine = "auto"
) -> Tensor:
    """`sample`, with its options in one object: uint8 `(n, C, H, W)`."""
    request = make_request(model, n, options)
    if isinstance(engine, TileEngine):
        return engine.run(request)  # it has the weights already, and asks the model for nothing
    with eval_mode(model):
        return _ready(model, engine).run(request)


def traced(
    model: AutoregressiveModel, n: int, options: SampleOptions, engine: str | Engine = "auto"
) -> Trace:
    """`sample` with `trace=True`, with its options in one object."""
    request = make_request(model, n, options)
    with eval_mode(model):
        chosen = _ready(model, engine)
        if isinstance(chosen, TracingEngine):
            return trace_of(model, request, *chosen.run_with_outputs(request))
        return trace_of(model, request, chosen.run(request))


def _ready(model: AutoregressiveModel, engine: str | Engine) -> Engine:
    return make_engine(model, engine) if isinstance(engine, str) else engine


def paint(model: AutoregressiveModel, n: int, **options: Unpack[SampleKeywords]) -> EditableSamples:
    """Draw n images that can be changed at any pixel and redrawn from there.

    Earlier activations are reused and the random numbers stay the same, so a change makes a branch
    beside the original. With everything known it works as a pen: `EditableSamples.redraw` takes the
    changed drawing, and `EditableSamples.log_prob` gives its probability. Arguments and errors are
    those of `sample`.
    """
    return EditableSamples(tile_engine(model), make_request(model, n, SampleOptions(**options)))
