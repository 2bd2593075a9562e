"""`sample` and `paint`: the public ways to draw images."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, overload

from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.engines import Engine, TracingEngine, make_engine
from pixelcnn.sampling.request import Progress, make_request
from pixelcnn.sampling.trace import Trace, trace_of

if TYPE_CHECKING:
    from pixelcnn.sampling.numba.engine import EditableSamples


@overload
def sample(
    model: AutoregressiveModel,
    n: int,
    *,
    labels: Tensor | None = ...,
    known: Tensor | None = ...,
    known_mask: Tensor | None = ...,
    temperature: float = ...,
    guidance: float = ...,
    uniforms: Tensor | None = ...,
    seed: int | None = ...,
    engine: str | Engine = ...,
    trace: Literal[False] = ...,
    progress: Progress | None = ...,
    cancelled: Callable[[], bool] | None = ...,
) -> Tensor: ...


@overload
def sample(
    model: AutoregressiveModel,
    n: int,
    *,
    labels: Tensor | None = ...,
    known: Tensor | None = ...,
    known_mask: Tensor | None = ...,
    temperature: float = ...,
    guidance: float = ...,
    uniforms: Tensor | None = ...,
    seed: int | None = ...,
    engine: str | Engine = ...,
    trace: Literal[True],
    progress: Progress | None = ...,
    cancelled: Callable[[], bool] | None = ...,
) -> Trace: ...


def sample(
    model: AutoregressiveModel,
    n: int,
    *,
    labels: Tensor | None = None,
    known: Tensor | None = None,
    known_mask: Tensor | None = None,
    temperature: float = 1.0,
    guidance: float = 0.0,
    uniforms: Tensor | None = None,
    seed: int | None = None,
    engine: str | Engine = "auto",
    trace: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
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
    request = make_request(
        model,
        n,
        labels=labels,
        known=known,
        known_mask=known_mask,
        temperature=temperature,
        guidance=guidance,
        uniforms=uniforms,
        seed=seed,
        progress=progress,
        cancelled=cancelled,
    )
    was_training = model.training
    model.eval()
    try:
        chosen = make_engine(model, engine) if isinstance(engine, str) else engine
        if not trace:
            return chosen.run(request)
        if isinstance(chosen, TracingEngine):
            return trace_of(model, request, *chosen.run_with_outputs(request))
        return trace_of(model, request, chosen.run(request))
    finally:
        model.train(was_training)


def paint(
    model: AutoregressiveModel,
    n: int,
    *,
    labels: Tensor | None = None,
    known: Tensor | None = None,
    known_mask: Tensor | None = None,
    temperature: float = 1.0,
    guidance: float = 0.0,
    uniforms: Tensor | None = None,
    seed: int | None = None,
) -> EditableSamples:
    """Draw n images that can be changed at any pixel and redrawn from there.

    Earlier activations are reused and the random numbers stay the same, so a change makes a branch
    beside the original. With everything known it works as a pen: `EditableSamples.redraw` takes the
    changed drawing, and `EditableSamples.log_prob` gives its probability. Arguments and errors are
    those of `sample`. The first call in a process compiles the fast engine, unless `warm_up` did.
    """
    from pixelcnn.sampling.numba.engine import NumbaEngine  # takes half a second to import

    request = make_request(
        model,
        n,
        labels=labels,
        known=known,
        known_mask=known_mask,
        temperature=temperature,
        guidance=guidance,
        uniforms=uniforms,
        seed=seed,
    )
    return NumbaEngine(model).paint(request)
