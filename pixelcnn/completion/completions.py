"""Completing an image of which a part is given, and the model's probability of that part.

A model reads an image in one order: row by row, from left to right, R, G, B inside a pixel. Each
draw depends on earlier sub-pixels, given or drawn, and on nothing later. Hence:

- A completion keeps every given sub-pixel, but one after an unknown sub-pixel cannot influence it.
  Completions are draws from the model's conditional distribution only if the given part is a
  *prefix* of the order (such as the upper half). A model that knows eight orders can use the one in
  which most of the given part comes first; and for any given part, a particle filter draws from the
  conditional distribution, at a higher cost (`particle_filter.py`).
- The probability of a prefix is exact and cheap; that of later parts is not (`observed.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.completion.observed import GivenPart, Reader, checked_part, read_given
from pixelcnn.completion.particle_filter import (
    ParticleEndings,
    Weighing,
    complete_with_particles,
    systematic_resampling,
)
from pixelcnn.errors import ConfigError, DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.config import ModelConfig
from pixelcnn.models.scan_orders import RASTER, best_order, label_in, turn, turn_back
from pixelcnn.sampling.drawing import drawn
from pixelcnn.sampling.engines import Engine
from pixelcnn.sampling.request import Progress, SampleOptions, seeded
from pixelcnn.system.checks import check_choice

Method = Literal["raster", "orders", "particles"]


@dataclass(frozen=True)
class Completions:
    """n completions of one image.

    Attributes:
        images: uint8 `(n, C, H, W)`: the given part, and the rest drawn by the model.
        mean: float32 `(C, H, W)`, 0 to 1: their mean, divided by the highest level. For two levels,
            the share of completions with ink.
        labels: int64 `(n,)`: the class of each; None for a model without classes.
        known: uint8 `(C, H, W)`: the given levels, 0 elsewhere.
        known_mask: bool `(C, H, W)`: True where given.
        given: the probability of the given part.
        order: in which the image was read, see `models/scan_orders.py`; 0 is the raster order.
        particles: details of the particle filter, if it was used.
    """

    images: Tensor
    mean: Tensor
    labels: Tensor | None
    known: Tensor
    known_mask: Tensor
    given: GivenPart
    order: int = RASTER
    particles: ParticleEndings | None = None


def complete(
    model: AutoregressiveModel,
    known: Tensor | NDArray,
    known_mask: Tensor | NDArray,
    n: int = 9,
    *,
    labels: Tensor | None = None,
    method: Method = "raster",
    particles: int = 128,
    seed: int | None = None,
    temperature: float = 1.0,
    engine: str | Engine = "auto",
    reader: Reader | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    weighed: Callable[[Weighing], None] | None = None,
) -> Completions:
    """Complete one image n times.

    Without `labels`, a model with classes guesses: each completion gets a class from
    p(class | prefix), so that together they are draws from the model's p(completion | prefix). The
    n classes are drawn by systematic resampling (one random number, n evenly spaced positions):
    each has the right distribution, counts are within 1 of their expectation, and the likeliest
    class comes first. `temperature` acts on pixels, not on classes.

    Args:
        model: any model of the registry.
        known: uint8 `(H, W)` or `(C, H, W)`, levels; ignored where not given.
        known_mask: bool, the same shape or `(H, W)`: True where given.
        n: number of completions.
        labels: int64 `(n,)`, or one label for all; None lets a model with classes guess.
        method: how to treat given sub-pixels that come after an unknown one. `raster`: keep them,
            but draw as if they were unknown. `orders`: read the image in that of the model's eight
            orders in which most come first. `particles`: the same if the model has eight orders,
            and account for the rest with a particle filter.
        particles: number of images that the particle filter draws together.
        seed: of the random numbers; None for new ones each time.
        temperature: 1 is the model's own distribution; 0 always takes the likeliest level.
        engine: `auto`, a name of `pixelcnn.sampling.engine_names`, or an engine. Particles are
            drawn by numba or WebAssembly, whatever else is named.
        reader: a `Reader` of this model, faster for a sequence of similar drawings.
        progress: called with (rows done, rows in all).
        cancelled: called before each row; see `pixelcnn.sampling.sample`.
        weighed: for `particles`: called after each row with given sub-pixels.

    Raises:
        ConfigError: an invalid n, temperature, method or engine.
        DataError: known, known_mask or labels that do not fit the model.
    """
    image, mask = checked_part(model, known, known_mask)
    _check_method(model, method, labels, temperature)
    many_orders = method != "raster" and model.config.orders > 1
    order = best_order(mask) if many_orders else RASTER
    image, mask = turn(image, order), turn(mask, order)
    given = read_given(model, image, mask, reader=reader, order=order)
    use_particles = method == "particles" and given.after_gap > 0
    count = particles if use_particles else max(n, 0)
    generator = seeded(seed)
    uniforms = torch.rand((count, *image.shape), generator=generator)
    if labels is None and model.config.classes:
        labels = _likeliest_first(given.class_probabilities, count, generator)
    elif labels is not None and labels.dim() == 0:
        labels = labels.expand(count)
    options = SampleOptions(
        labels=None if labels is None else _labels_in(order, labels, model.config),
        known=image[None],
        known_mask=mask[None],
        temperature=temperature,
        uniforms=uniforms,
        progress=progress,
        cancelled=cancelled,
    )
    filtered = None
    if use_particles:
        filtered = complete_with_particles(
            model,
            n,
            options,
            particles=particles,
            generator=generator,
            engine=engine,
            weighed=weighed,
        )
        images = filtered.images
        if filtered.labels is not None:
            labels = filtered.labels % model.config.classes
    else:
        images = drawn(model, n, options, engine)
    images = turn_back(images, order)
    return Completions(
        images=images,
        mean=images.float().mean(dim=0) / (model.config.levels - 1),
        labels=labels,
        known=turn_back(image, order),
        known_mask=turn_back(mask, order),
        given=given,
        order=order,
        particles=filtered,
    )


def _check_method(
    model: AutoregressiveModel, method: Method, labels: Tensor | None, temperature: float
) -> None:
    check_choice("method", method, get_args(Method))
    if method == "orders" and model.config.orders == 1:
        raise ConfigError(
            "this model knows one order only. Choose one trained with orders = 8, or use particles."
        )
    if method == "particles" and temperature != 1:
        raise ConfigError(
            f"temperature = {temperature} does not work with particles, whose weights are the "
            "model's own probabilities; use 1."
        )
    if method == "particles" and labels is not None and labels.dim() > 0:
        raise ConfigError("particles need one label for all completions, or none.")


def _labels_in(order: int, labels: Tensor, config: ModelConfig) -> Tensor:
    """The labels of these classes in an order, for a model that knows eight."""
    if (
        config.orders > 1
        and labels.numel()
        and not 0 <= int(labels.min()) <= int(labels.max()) < config.classes
    ):
        raise DataError(
            f"labels holds values from {int(labels.min())} to {int(labels.max())}; the classes "
            f"are 0 to {config.classes - 1}."
        )
    return label_in(order=order, label=labels, classes=config.classes)


def _likeliest_first(probabilities: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Draw n classes with probabilities `(classes,)`, likeliest first: int64 `(n,)`."""
    order = probabilities.argsort(descending=True, stable=True)
    position = torch.rand((), generator=generator, dtype=torch.float64)
    return order[systematic_resampling(probabilities[order], n, position)]
