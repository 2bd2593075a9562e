"""Counterfactuals: how changing one pixel changes each later distribution, in bits.

A bit is the information in one toss of a fair coin. An event of probability p has a surprise of
-log2 p bits. The expected surprise of a distribution is its entropy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from pixelcnn.errors import ConfigError, DataError
from pixelcnn.models.base import AutoregressiveModel

NATS_PER_BIT = math.log(2)


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """An image, the same image with one pixel changed, and the model's distributions for both.

    Attributes:
        before: the image, uint8 `(C, H, W)`.
        after: the image with one pixel changed.
        surprise_before: surprise of each sub-pixel of `before`, in bits, float64 `(C, H, W)`.
        surprise_after: the same for `after`.
        entropy_before: entropy of each sub-pixel given the earlier ones of `before`, in bits.
        entropy_after: the same for `after`.
        kl_bits: KL(after || before) of each sub-pixel's distribution, float64 `(C, H, W)`: the mean
            loss in bits of using the distribution before the change. Exactly 0 where the
            distribution cannot depend on the changed pixel.
    """

    before: Tensor
    after: Tensor
    surprise_before: Tensor
    surprise_after: Tensor
    entropy_before: Tensor
    entropy_after: Tensor
    kl_bits: Tensor

    @property
    def total_before(self) -> float:
        """Surprise of the whole image, in bits."""
        return self.surprise_before.sum().item()

    @property
    def total_after(self) -> float:
        """Surprise of the changed image, in bits."""
        return self.surprise_after.sum().item()

    def noticed(self, bits: float) -> int:
        """The number of sub-pixels whose distribution changed by more than `bits`."""
        return int((self.kl_bits > bits).sum())


def surprise(model: AutoregressiveModel, images: Tensor, labels: Tensor | None = None) -> Tensor:
    """-log2 p of each sub-pixel given the earlier ones.

    Args:
        model: any model of the registry.
        images: uint8 `(B, C, H, W)`.
        labels: int64 `(B,)`, for a model with classes.

    Returns:
        float64 `(B, C, H, W)`, in bits. Summed over an image it is -`log_prob` / ln 2.

    Raises:
        DataError: images or labels that do not fit the model.
    """
    return _surprise(_level_log_probs(model, images, labels), images)


def entropy(model: AutoregressiveModel, images: Tensor, labels: Tensor | None = None) -> Tensor:
    """The entropy of each sub-pixel given the earlier ones.

    Arguments and errors as for `surprise`.

    Returns:
        float64 `(B, C, H, W)`, in bits: 0 where it is certain, at most log2(levels).
    """
    return _entropy(_level_log_probs(model, images, labels))


def counterfactual(
    model: AutoregressiveModel,
    image: Tensor,
    labels: Tensor | None,
    pixel: tuple[int, int],
    level: int | None = None,
) -> Counterfactual:
    """Change one pixel, and compare every later distribution.

    Args:
        model: any model of the registry.
        image: uint8 `(C, H, W)`.
        labels: int64 `(1,)`, for a model with classes.
        pixel: (row, column) to change.
        level: new level of the pixel in all its channels. By default inverted: each level k becomes
            levels - 1 - k.

    Raises:
        DataError: an image or label that does not fit the model.
        ConfigError: the pixel is outside the image, or there is no such level.
    """
    if image.dim() != 3:
        raise DataError(f"image has shape {tuple(image.shape)}; it must be (C, H, W).")
    model.check_images(image[None])
    row, column = pixel
    height, width = image.shape[1:]
    if not (0 <= row < height and 0 <= column < width):
        raise ConfigError(f"pixel = {pixel} is outside a {height} x {width} image.")
    highest = model.config.levels - 1
    if level is not None and not 0 <= level <= highest:
        raise ConfigError(f"level = {level} is outside this model's levels, 0 to {highest}.")
    changed = image.clone()
    changed[:, row, column] = highest - image[:, row, column] if level is None else level
    both = torch.stack([image, changed])
    # One by one: in a batch, equal sums may round differently, and a 0 would not be exact.
    log_probs = torch.cat([_level_log_probs(model, single[None], labels) for single in both])
    surprised, undecided = _surprise(log_probs, both), _entropy(log_probs)
    was, now = log_probs
    return Counterfactual(
        before=image,
        after=changed,
        surprise_before=surprised[0],
        surprise_after=surprised[1],
        entropy_before=undecided[0],
        entropy_after=undecided[1],
        kl_bits=_expected(now, now - was),
    )


@torch.no_grad()
def _level_log_probs(model: AutoregressiveModel, images: Tensor, labels: Tensor | None) -> Tensor:
    """Log-probability of every level in nats: float64 `(B, levels, C, H, W)`.

    In double precision from the network's output on, so that a KL divergence of a millionth of a
    bit is not a rounding error.
    """
    parameters = model(images, labels).double()
    return model.likelihood.level_log_probs(parameters, images)


def _surprise(log_probs: Tensor, images: Tensor) -> Tensor:
    return -log_probs.gather(1, images.long().unsqueeze(1)).squeeze(1) / NATS_PER_BIT


def _entropy(log_probs: Tensor) -> Tensor:
    return torch.stack([_expected(distribution, -distribution) for distribution in log_probs])


def _expected(log_probs: Tensor, nats: Tensor) -> Tensor:
    """The mean of `nats` under the distribution, in bits: `(levels, C, H, W)` to `(C, H, W)`.

    An impossible level counts as 0, although the logarithm of its probability is -inf.
    """
    weighted = torch.where(log_probs == -torch.inf, 0.0, log_probs.exp() * nats)
    return weighted.sum(dim=0).clamp(min=0) / NATS_PER_BIT
