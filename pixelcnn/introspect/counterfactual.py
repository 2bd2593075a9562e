"""What if one pixel were another? How much each later distribution changes, in bits.

A bit is the information in one toss of a fair coin. An event of probability p costs -log2 p bits:
its surprise. The mean surprise of what a distribution draws is its entropy.
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
    """An image, the same image with one pixel changed, and what the model makes of both.

    Attributes:
        before: the image, uint8 `(C, H, W)`.
        after: the same with the one pixel changed.
        surprise_before: bits that each sub-pixel of `before` costs, float64 `(C, H, W)`.
        surprise_after: the same for `after`.
        entropy_before: bits that each sub-pixel is expected to cost, given those before it.
        entropy_after: the same in `after`.
        kl_bits: KL(after || before) of each sub-pixel's distribution, float64 `(C, H, W)`: the bits
            lost, on average, by whoever still believes in the distribution before the change. It
            is exactly 0 where the distribution cannot depend on the changed pixel.
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
        """Bits that the whole image costs."""
        return self.surprise_before.sum().item()

    @property
    def total_after(self) -> float:
        """Bits that the changed image costs."""
        return self.surprise_after.sum().item()

    def noticed(self, bits: float) -> int:
        """How many sub-pixels have a distribution that changed by more than so many bits."""
        return int((self.kl_bits > bits).sum())


def surprise(model: AutoregressiveModel, images: Tensor, labels: Tensor | None = None) -> Tensor:
    """-log2 p of each sub-pixel given the ones before it.

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
    """How undecided the model is about each sub-pixel: its expected surprise.

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
    """Change one pixel and see how every later distribution changes.

    Args:
        model: any model of the registry.
        image: uint8 `(C, H, W)`.
        labels: int64 `(1,)`, for a model with classes.
        pixel: its (row, column).
        level: what the pixel becomes, in all its channels. By default the opposite: each level k
            becomes levels - 1 - k.

    Raises:
        DataError: an image or label that does not fit the model.
        ConfigError: the pixel lies outside the image, or there is no such level.
    """
    if image.dim() != 3:
        raise DataError(f"image has shape {tuple(image.shape)}; it must be (C, H, W).")
    model.check_images(image[None])
    row, column = pixel
    height, width = image.shape[1:]
    if not (0 <= row < height and 0 <= column < width):
        raise ConfigError(f"pixel = {pixel} lies outside a {height} x {width} image.")
    highest = model.config.levels - 1
    if level is not None and not 0 <= level <= highest:
        raise ConfigError(f"level = {level} is unknown; this model has levels 0 to {highest}.")
    changed = image.clone()
    changed[:, row, column] = highest - image[:, row, column] if level is None else level
    both = torch.stack([image, changed])
    # One by one: in a batch, equal sums may be rounded differently, and 0 would not be 0.
    found = torch.cat([_level_log_probs(model, one[None], labels) for one in both])
    surprised, undecided = _surprise(found, both), _entropy(found)
    was, now = found
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
    bit is no rounding error.
    """
    parameters = model(images, labels).double()
    return model.likelihood.level_log_probs(parameters, images)


def _surprise(log_probs: Tensor, images: Tensor) -> Tensor:
    return -log_probs.gather(1, images.long().unsqueeze(1)).squeeze(1) / NATS_PER_BIT


def _entropy(log_probs: Tensor) -> Tensor:
    return torch.stack([_expected(one, -one) for one in log_probs])


def _expected(log_probs: Tensor, nats: Tensor) -> Tensor:
    """The mean of `nats` under the distribution, in bits: `(levels, C, H, W)` to `(C, H, W)`.

    An impossible level counts for nothing, although the logarithm of its probability is -inf.
    """
    weighted = torch.where(log_probs == -torch.inf, 0.0, log_probs.exp() * nats)
    return weighted.sum(dim=0).clamp(min=0) / NATS_PER_BIT
