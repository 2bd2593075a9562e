"""Particle filter for completions of any given part: draws from the model's true conditional.

A model that draws in raster order cannot see given pixels that come later, but on reaching them it
tells how likely they are after its draws. That suffices: many images (particles) are drawn
together, row by row; each is weighted by the probability of the given pixels reached so far; once a
few of them carry most of the weight, light ones are replaced by copies of heavy ones. With more and
more particles, the result converges to a draw from p(unknown | given), for any given part.

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
from pixelcnn.sampling.engines import Engine, tile_engine
from pixelcnn.sampling.particle_batch import ParticleBatch
from pixelcnn.sampling.request import SampleOptions, make_request

MAX_PARTICLES = 4096
_FEW = 0.5
"""Share of the particles: below this effective sample size they are resampled."""


@dataclass(frozen=True)
class Weighing:
    """The particles after one row.

    Attributes:
        row: the row, from 0.
        effective: the effective sample size, 1 to the number of particles: the number of equally
            weighted particles that would be as informative.
        survivors: number of particles that continue; fewer than all after resampling.
    """

    row: int
    effective: float
    survivors: int


@dataclass(frozen=True)
class ParticleEndings:
    """The result of a particle filter.

    Attributes:
        images: uint8 `(n, C, H, W)`: completions, drawn from the particles by weight.
        labels: int64 `(n,)`: the class of each; None for a model without classes.
        distinct: number of particles that these come from: 1 means that they agree everywhere above
            the last given row.
        weighings: one for each row from the first unknown pixel to the last given one.
        after_gap_nats: -log p(given after the first unknown sub-pixel | given before it), in nats,
            from an unbiased estimate of that probability.
    """

    images: Tensor
    labels: Tensor | None
    distinct: int
    weighings: tuple[Weighing, ...]
    after_gap_nats: float


def complete_with_particles(
    model: AutoregressiveModel,
    n: int,
    options: SampleOptions,
    *,
    particles: int,
    generator: torch.Generator,
    engine: str | Engine = "auto",
    weighed: Callable[[Weighing], None] | None = None,
) -> ParticleEndings:
    """Draw n completions from approximately the model's p(unknown | given), at temperature 1.

    Args:
        model: any model that numba or WebAssembly can draw from.
        n: number of completions, at most the number of particles.
        options: how the particles are drawn. `known` and `known_mask`, `(1, C, H, W)`, are the same
            for all. `labels`, for a model with classes, are draws from p(class | given before the
            first unknown sub-pixel), which the weights then correct.
        particles: number of images drawn together, 2 to 4096.
        generator: of the random numbers for resampling.
        engine: see `tile_engine`.
        weighed: called after each row with given sub-pixels.

    Raises:
        ConfigError: an invalid n or number of particles, or an unsupported model.
        DataError: known, known_mask or labels that do not fit the model.
    """
    if not 2 <= particles <= MAX_PARTICLES:
        raise ConfigError(f"particles = {particles} is outside 2 to {MAX_PARTICLES}.")
    if not 1 <= n <= particles:
        raise ConfigError(f"n = {n} must be from 1 to the number of particles, {particles}.")
    request = make_request(model, particles, options)
    late = after_gap(request.known[0])
    rows = late.any(dim=(0, 2)).nonzero()
    last = int(rows.max()) if len(rows) else -1
    origin = torch.arange(particles)
    batch = ParticleBatch(tile_engine(model, engine), request)
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
    while endings.rows < model.config.height:
        endings.draw_row()
    return ParticleEndings(
        images=endings.images,
        labels=None if request.labels is None else request.labels[origin[chosen]],
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
    """Draw n indices, each with its expected count to within 1: int64 `(n,)`.

    Weights are `(k,)` and sum to 1; the indices come in order. One random number `position` in
    `[0, 1)` serves all (systematic resampling, Kitagawa 1996).
    """
    positions = (torch.arange(n) + position) / max(n, 1)
    bounds = weights.cumsum(dim=0)[:-1]  # the last one is 1, apart from rounding
    return torch.searchsorted(bounds, positions, right=True)


def _position(generator: torch.Generator) -> Tensor:
    return torch.rand((), generator=generator, dtype=torch.float64)


def _replacements(weights: Tensor, generator: torch.Generator) -> Tensor:
    """For each particle its replacement: itself, or a heavy one if it was not drawn."""
    count = len(weights)
    drawn = torch.bincount(
        systematic_resampling(weights, count, _position(generator)), minlength=count
    )
    sources = torch.arange(count)
    sources[drawn == 0] = sources.repeat_interleave((drawn - 1).clamp(min=0))
    return sources
