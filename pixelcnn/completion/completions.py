"""Finishing an image of which a part is given, and what the model makes of that part itself.

A model of this lab reads an image in one order: row by row, from left to right, R, G, B inside a
pixel. Whatever it draws depends on what comes before, given or drawn, and on nothing that comes
later. Two things follow.

- An ending keeps every given sub-pixel, but one that lies after an unknown one cannot influence
  it. The endings are draws from the model's conditional distribution where the given part is a
  *prefix* of that order (say, the upper half), and only then. A model that knows eight orders can
  take the one in which most of the given part comes first; and for any given part, a particle
  filter draws from the conditional distribution after all, at more expense (`particles`).
- The probability of a prefix is exact and cheap; that of what comes later is not (`given_part`).
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
from pixelcnn.sampling.drawing import sample
from pixelcnn.sampling.engines import Engine
from pixelcnn.sampling.request import Progress

Method = Literal["raster", "orders", "particles"]


@dataclass(frozen=True)
class Completions:
    """An image that a model finished n times.

    Attributes:
        images: uint8 `(n, C, H, W)`: the given part as it was, the rest from the model.
        mean: float32 `(C, H, W)`, 0 to 1: their mean, as a share of the highest level. For two
            levels it is the share of the endings that have ink there.
        labels: int64 `(n,)`: the class of each; None for a model without classes.
        known: uint8 `(C, H, W)`: what was given, 0 where nothing was.
        known_mask: bool `(C, H, W)`: where it was given.
        given: what the model makes of the given part.
        order: in which the image was read, see `models/scan_orders.py`; 0 is the raster order.
        particles: how the particles fared; None where none were used.
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
    """Finish one image n times.

    Without `labels`, a model with classes guesses: each ending gets a class from
    p(class | prefix), so that together they are draws from the model's own p(ending | prefix).
    The n classes are drawn together by systematic sampling (one random number, n evenly spaced
    positions): each has the right distribution, their counts are within 1 of what is expected, and
    the likeliest class comes first. `temperature` acts on pixels, not on classes.

    Args:
        model: any model of the registry.
        known: uint8 `(H, W)` or `(C, H, W)`, levels; what is not given is ignored.
        known_mask: bool, the same shape or `(H, W)`: True where given.
        n: how many endings.
        labels: int64 `(n,)`, or one label for all; None lets a model with classes guess.
        method: what to do about given sub-pixels that come after an unknown one. `raster`: keep
            them, and draw as if they were not there. `orders`: read the image in that of the
            model's eight orders in which most comes first. `particles`: the same if the model has
            eight orders, and let a particle filter account for what still comes after.
        particles: how many images the particle filter draws together.
        seed: of the random numbers; left out, they are new each time.
        temperature: 1 is the model's own distribution; 0 always takes the likeliest level.
        engine: `auto`, a name of `pixelcnn.sampling.engine_names`, or an engine. Particles are
            always drawn by the numba engine.
        reader: a `Reader` of this model: faster where one drawing resembles the next.
        progress: called with (rows done, rows in all).
        cancelled: asked before each row; see `pixelcnn.sampling.sample`.
        weighed: for `particles`: called after each row that has something to weigh.

    Raises:
        ConfigError: n, temperature, method or engine that cannot work.
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
    generator = torch.Generator()
    generator.manual_seed(seed) if seed is not None else generator.seed()
    uniforms = torch.rand((count, *image.shape), generator=generator)
    if labels is None and model.config.classes:
        labels = _likeliest_first(given.class_probabilities, count, generator)
    elif labels is not None and labels.dim() == 0:
        labels = labels.expand(count)
    in_order = None if labels is None else _labels_in(order, labels, model.config)
    filtered = None
    if use_particles:
        filtered = complete_with_particles(
            model,
            image,
            mask,
            n,
            labels=in_order,
            uniforms=uniforms,
            generator=generator,
            engine=engine,
            progress=progress,
            cancelled=cancelled,
            weighed=weighed,
        )
        images = filtered.images
        if filtered.labels is not None:
            labels = filtered.labels % model.config.classes
    else:
        images = sample(
            model,
            n,
            labels=in_order,
            known=image[None],
            known_mask=mask[None],
            temperature=temperature,
            uniforms=uniforms,
            engine=engine,
            progress=progress,
            cancelled=cancelled,
        )
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
    if method not in get_args(Method):
        raise ConfigError(f"method = {method!r} is unknown; use raster, orders or particles.")
    if method == "orders" and model.config.orders == 1:
        raise ConfigError(
            "this model knows one order only. Choose one that was trained with orders = 8, or use "
            "particles."
        )
    if method == "particles" and temperature != 1:
        raise ConfigError(
            f"temperature = {temperature}: particles are weighted by the model's own "
            "probabilities, which are those at temperature 1."
        )
    if method == "particles" and labels is not None and labels.dim() > 0:
        raise ConfigError("particles take one label for all endings, or none.")


def _labels_in(order: int, labels: Tensor, config: ModelConfig) -> Tensor:
    """The labels of the classes in an order, for a model that knows several."""
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
    """n classes with these probabilities `(classes,)`, likeliest first: int64 `(n,)`."""
    order = probabilities.argsort(descending=True, stable=True)
    position = torch.rand((), generator=generator, dtype=torch.float64)
    return order[systematic_resampling(probabilities[order], n, position)]
