"""A sampling request, checked once and in one form for all engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

import torch
from torch import Tensor

from pixelcnn.errors import ConfigError, DataError
from pixelcnn.models.base import AutoregressiveModel

MAX_TEMPERATURE = 100.0
MAX_GUIDANCE = 100.0

Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all)."""


class SamplingCancelled(Exception):
    """The caller's `cancelled` returned True."""


class SampleKeywords(TypedDict, total=False):
    """`SampleOptions` as keyword arguments, for type checkers."""

    labels: Tensor | None
    known: Tensor | None
    known_mask: Tensor | None
    temperature: float
    guidance: float
    uniforms: Tensor | None
    seed: int | None
    progress: Progress | None
    cancelled: Callable[[], bool] | None


@dataclass(frozen=True, kw_only=True, eq=False)
class SampleOptions:
    """The keyword arguments of `pixelcnn.sample`, which explains them, as one object."""

    labels: Tensor | None = None
    known: Tensor | None = None
    known_mask: Tensor | None = None
    temperature: float = 1.0
    guidance: float = 0.0
    uniforms: Tensor | None = None
    seed: int | None = None
    progress: Progress | None = None
    cancelled: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Request:
    """n images to fill in.

    Attributes:
        images: uint8 `(n, C, H, W)`: the given levels where known, 0 elsewhere.
        known: bool `(n, C, H, W)`: sub-pixels that are given and must come back as they are.
        uniforms: float32 `(n, C, H, W)` in `[0, 1)`: the only source of randomness.
        labels: int64 `(n,)`, or None.
        temperature: 0 or more.
        guidance: 0 or more; above 0, each image is computed with its label and without one.
        progress: told after each row.
        cancelled: asked before each row.
    """

    images: Tensor
    known: Tensor
    uniforms: Tensor
    labels: Tensor | None
    temperature: float
    guidance: float = 0.0
    progress: Progress | None = None
    cancelled: Callable[[], bool] | None = None

    def advance(self, done: int, rows: int) -> None:
        """Report the rows done, or raise `SamplingCancelled` if the caller cancelled."""
        if self.cancelled is not None and self.cancelled():
            raise SamplingCancelled
        if self.progress is not None:
            self.progress(done, rows)


def make_request(model: AutoregressiveModel, n: int, options: SampleOptions) -> Request:
    """Check what is asked for and bring it into one form.

    Raises:
        ConfigError: n, temperature, guidance.
        DataError: labels, known, known_mask, uniforms.
    """
    if n < 1:
        raise ConfigError(f"n = {n}; use at least 1.")
    if not 0 <= options.temperature <= MAX_TEMPERATURE:
        raise ConfigError(
            f"temperature = {options.temperature} is outside 0 to {MAX_TEMPERATURE:.0f}. 1 is the "
            "model's own distribution, 0 always takes the likeliest level."
        )
    labels, uniforms = options.labels, options.uniforms
    _check_guidance(options.guidance, model, labels)
    shape = (n, *model.config.image_shape)
    images, given = _known(model, options.known, options.known_mask, shape)
    if uniforms is None:
        uniforms = torch.rand(shape, generator=seeded(options.seed))
    elif tuple(uniforms.shape) != shape or not uniforms.is_floating_point():
        raise DataError(
            f"uniforms has shape {tuple(uniforms.shape)} and dtype {uniforms.dtype}; it must be "
            f"{shape} and floating point, one number for each sub-pixel."
        )
    elif not bool(((uniforms >= 0) & (uniforms < 1)).all()):
        raise DataError("uniforms holds numbers outside 0 (included) to 1 (excluded).")
    if labels is not None and labels.dim() == 0:
        labels = labels.expand(n)
    labels = model.full_labels(labels, n)
    return Request(
        images,
        given,
        uniforms.float(),
        labels,
        float(options.temperature),
        float(options.guidance),
        options.progress,
        options.cancelled,
    )


def seeded(seed: int | None) -> torch.Generator:
    """Random numbers that grow from a seed; without one they are new each time."""
    generator = torch.Generator()
    generator.manual_seed(seed) if seed is not None else generator.seed()
    return generator


def _check_guidance(guidance: float, model: AutoregressiveModel, labels: Tensor | None) -> None:
    if not 0 <= guidance <= MAX_GUIDANCE:
        raise ConfigError(f"guidance = {guidance} is outside 0 to {MAX_GUIDANCE:.0f}; 0 is none.")
    if guidance and (labels is None or not model.config.label_dropout):
        raise ConfigError(
            f"guidance = {guidance} needs labels, and a model that also works without them: "
            "train it with label_dropout above 0."
        )


def _known(
    model: AutoregressiveModel,
    known: Tensor | None,
    known_mask: Tensor | None,
    shape: tuple[int, int, int, int],
) -> tuple[Tensor, Tensor]:
    if known is None and known_mask is None:
        return torch.zeros(shape, dtype=torch.uint8), torch.zeros(shape, dtype=torch.bool)
    if known is None or known_mask is None:
        raise DataError("known and known_mask go together: give both or neither.")
    if known_mask.dtype != torch.bool:
        raise DataError(f"known_mask has dtype {known_mask.dtype}; use torch.bool, True = known.")
    for name, tensor in (("known", known), ("known_mask", known_mask)):
        if tensor.dim() != 4 or any(
            size not in (1, expected) for size, expected in zip(tensor.shape, shape, strict=True)
        ):
            raise DataError(
                f"{name} has shape {tuple(tensor.shape)}, which does not broadcast to {shape}."
            )
    known, given = known.expand(shape), known_mask.expand(shape)
    # Levels of the unknown part are ignored, so they are cleared before the check.
    images = torch.where(given, known, torch.zeros((), dtype=known.dtype))
    model.check_images(images)
    return images.clone(), given
