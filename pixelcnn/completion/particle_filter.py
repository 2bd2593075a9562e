"""Completions of any given part by a particle filter: draws from the model's true conditional.

A model that draws in raster order cannot look at given pixels that come later. But when it gets
there, it says how likely they are after what it has drawn, and that is all that is needed: many
images (particles) are drawn together, row by row; each is weighted by the probability of the given
pixels that it has met; and once few of them carry most of the weight, the light ones are replaced
by copies of the heavy ones. With more and more particles, what is left becomes a draw from
p(unknown | given), whatever the shape of the given part.

Source: sequential Monte Carlo as in Doucet & Johansen 2009, "A Tutorial on Particle Filtering and
Smoothing", section 3.5, with the model itself as the proposal, systematic resampling (Kitagawa
1996), and whole rows as steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.engines import Engine
from pixelcnn.sampling.request import Progress, make_request

MAX_PARTICLES = 4096
_FEW = 0.5
"""Share of the particles: with an effective sample size below it they are resampled."""


@dataclass(frozen=True)
class Weighing:
    """The particles after one row.

    Attributes:
        row: the row, from 0.
        effective: the effective sample size, 1 to the number of particles: how many equally heavy
            ones would tell as much.
        survivors: how many of them go on; fewer than all where they were resampled.
    """

    row: int
    effective: float
    survivors: int


@dataclass(frozen=True)
class ParticleEndings:
    """What the particles came to.

    Attributes:
        images: uint8 `(n, C, H, W)`: endings, drawn from the particles by their weights.
        labels: int64 `(n,)`: the class of each; None for a model without classes.
        distinct: how many particles these n come from: 1 means that they share all that lies above
            the last given row.
        weighings: one for each row from the first unknown pixel to the last given one.
        after_gap_nats: an unbiased estimate's logarithm: -log p(given after the first unknown
            sub-pixel | given before it), in nats.
    """

    images: Tensor
    labels: Tensor | None
    distinct: int
    weighings: tuple[Weighing, ...]
    after_gap_nats: float


def complete_with_particles(
    model: AutoregressiveModel,
    known: Tensor,
    known_mask: Tensor,
    n: int,
    *,
    labels: Tensor | None = None,
    uniforms: Tensor,
    generator: torch.Generator,
    engine: str | Engine = "numba",
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    weighed: Callable[[Weighing], None] | None = None,
) -> ParticleEndings:
    """Draw n endings from (nearly) the model's own p(unknown | given), at temperature 1.

    Args:
        model: any model of the registry that the numba engine serves.
        known: uint8 `(C, H, W)`, the levels of what is given.
        known_mask: bool `(C, H, W)`: True where given.
        n: how many endings, at most as many as there are particles.
        labels: int64 `(particles,)`, for a model with classes: draws from p(class | what is given
            before the first unknown sub-pixel). The weights take them from there.
        uniforms: float `(particles, C, H, W)` in `[0, 1)`: one image is drawn for each, 2 to 4096.
        generator: of the random numbers that resampling needs.
        engine: a numba engine of this model, if there is one already; all others are passed over.
        progress: called with (rows done, rows in all).
        cancelled: asked before each row; see `sample`.
        weighed: called after each row that has something to weigh.

    Raises:
        ConfigError: n or particles that cannot work, or a model that the engine cannot serve.
        DataError: known, known_mask or labels that do not fit the model.
    """
    from pixelcnn.sampling.numba.engine import NumbaEngine  # takes half a second to import
    from pixelcnn.sampling.numba.particle_batch import ParticleBatch

    particles = len(uniforms)
    if not 2 <= particles <= MAX_PARTICLES:
        raise ConfigError(f"particles = {particles} is outside 2 to {MAX_PARTICLES}.")
    if not 1 <= n <= particles:
        raise ConfigError(f"n = {n} endings cannot be drawn from {particles} particles.")
    request = make_request(
        model,
        particles,
        labels=labels,
        known=known[None],
        known_mask=known_mask[None],
        uniforms=uniforms,
        progress=progress,
        cancelled=cancelled,
    )
    late = after_gap(known_mask)
    rows = late.any(dim=(0, 2)).nonzero()
    last = int(rows.max()) if len(rows) else -1
    origin = torch.arange(particles)
    fast = engine if isinstance(engine, NumbaEngine) else NumbaEngine(model)
    batch = ParticleBatch(fast, request)
    log_weights = torch.zeros(particles, dtype=torch.float64)
    log_evidence = 0.0
    weighings: list[Weighing] = []
    for row in range(last + 1):
        batch.draw_row()
        if not late[:, row].any() and not weighings:
            continue
        met = batch.log_probs[:, late[:, row]].double()  # (particles, given in this row)
        log_weights = log_weights + met.sum(dim=1)
        weights = torch.softmax(log_weights, dim=0)
        effective = 1 / weights.square().sum().item()
        survivors = particles
        if row < last and effective < _FEW * particles:
            log_evidence += _log_mean(log_weights)
            sources = _replacements(weights, generator)
            batch.replace(sources)
            origin, log_weights = origin[sources], torch.zeros_like(log_weights)
            survivors = len(sources.unique())
        weighings.append(Weighing(row, effective, survivors))
        if weighed is not None:
            weighed(weighings[-1])
    chosen = systematic_resampling(torch.softmax(log_weights, dim=0), n, _position(generator))
    log_evidence += _log_mean(log_weights)
    endings = batch.take(chosen)
    while endings.rows < known.shape[1]:
        endings.draw_row()
    return ParticleEndings(
        images=endings.images,
        labels=None if labels is None else labels[origin[chosen]],
        distinct=len(chosen.unique()),
        weighings=tuple(weighings),
        after_gap_nats=-log_evidence,
    )


def after_gap(known_mask: Tensor) -> Tensor:
    """The given sub-pixels that come after an unknown one in raster order: bool `(C, H, W)`."""
    channels, height, width = known_mask.shape
    in_order = known_mask.permute(1, 2, 0).flatten()  # (H * W * C,)
    late = in_order & ~in_order.long().cumprod(dim=0).bool()
    return late.view(height, width, channels).permute(2, 0, 1)


def _log_mean(log_weights: Tensor) -> float:
    return torch.logsumexp(log_weights, dim=0).item() - math.log(len(log_weights))


def systematic_resampling(weights: Tensor, n: int, position: Tensor) -> Tensor:
    """n indices with these weights, each as often as it should be, give or take one: int64 `(n,)`.

    Weights are `(k,)` and add up to 1; the indices come in order. One random number serves all,
    `position` in `[0, 1)` (systematic resampling, Kitagawa 1996).
    """
    positions = (torch.arange(n) + position) / max(n, 1)
    bounds = weights.cumsum(dim=0)[:-1]  # the last one is 1, whatever rounding says
    return torch.searchsorted(bounds, positions, right=True)


def _position(generator: torch.Generator) -> Tensor:
    return torch.rand((), generator=generator, dtype=torch.float64)


def _replacements(weights: Tensor, generator: torch.Generator) -> Tensor:
    """For each particle the one in its place: itself, or a heavy one if it was not drawn."""
    count = len(weights)
    drawn = torch.bincount(
        systematic_resampling(weights, count, _position(generator)), minlength=count
    )
    sources = torch.arange(count)
    sources[drawn == 0] = sources.repeat_interleave((drawn - 1).clamp(min=0))
    return sources
