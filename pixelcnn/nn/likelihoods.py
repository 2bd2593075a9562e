"""Likelihoods: a network's outputs as a distribution over the levels of each sub-pixel.

A network emits `parameters` of shape `(B, P, C, H, W)`: P numbers per sub-pixel. A `Likelihood`
turns them into log-probabilities. Samplers use only `level_log_probs` and `draw`, so that loss and
sampler cannot interpret the same numbers differently.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F


class Likelihood(Protocol):
    """A distribution over `levels` values, given by `parameters` numbers per sub-pixel."""

    levels: int
    parameters: int
    coupled: bool
    """Whether a channel depends on earlier ones of its pixel through `images` here, not only
    through `parameters`."""

    def log_prob(self, parameters: Tensor, images: Tensor) -> Tensor:
        """Log-probability of each sub-pixel, in nats.

        Args:
            parameters: float `(B, P, C, H, W)`.
            images: uint8 `(B, C, H, W)`, levels in `[0, levels)`.

        Returns:
            float `(B, C, H, W)`.
        """
        ...

    def level_log_probs(self, parameters: Tensor, images: Tensor) -> Tensor:
        """Log-probability of every level of each sub-pixel, in nats.

        `images` provides the earlier channels of each pixel, for distributions in which a channel
        depends on these; later channels are ignored.

        Returns:
            float `(B, levels, C, H, W)`.
        """
        ...

    def bias_for(self, frequencies: Tensor) -> Tensor:
        """Parameters `(P,)` with the distribution `frequencies` `(levels,)`, for initialisation."""
        ...


class Bernoulli:
    """One logit per sub-pixel: the log-odds of level 1 (ink)."""

    levels = 2
    parameters = 1
    coupled = False

    def log_prob(self, parameters: Tensor, images: Tensor) -> Tensor:
        logits = parameters[:, 0]  # (B, C, H, W)
        return -F.binary_cross_entropy_with_logits(logits, images.to(logits), reduction="none")

    def level_log_probs(self, parameters: Tensor, images: Tensor) -> Tensor:
        return F.logsigmoid(torch.cat([-parameters, parameters], dim=1))

    def bias_for(self, frequencies: Tensor) -> Tensor:
        return torch.logit(frequencies[1:2])


class Categorical:
    """One logit per level: a softmax over `levels` classes (van den Oord et al. 2016a, 3.3)."""

    def __init__(self, levels: int) -> None:
        self.levels = levels
        self.parameters = levels
        self.coupled = False

    def log_prob(self, parameters: Tensor, images: Tensor) -> Tensor:
        return -F.cross_entropy(parameters, images.long(), reduction="none")

    def level_log_probs(self, parameters: Tensor, images: Tensor) -> Tensor:
        return F.log_softmax(parameters, dim=1)

    def bias_for(self, frequencies: Tensor) -> Tensor:
        return frequencies.log()


def apply_temperature(level_log_probs: Tensor, temperature: float) -> Tensor:
    """Probabilities proportional to p ** (1 / temperature); at 0 all on the likeliest level.

    Args:
        level_log_probs: `(B, levels, ...)` in nats.
        temperature: 0 or more. Among equally likely levels, 0 takes the lowest.

    Returns:
        `(B, levels, ...)`, summing to 1 over dimension 1.
    """
    if temperature == 0:
        best = level_log_probs.argmax(dim=1, keepdim=True)
        return torch.zeros_like(level_log_probs).scatter_(1, best, 1.0)
    return torch.softmax(level_log_probs / temperature, dim=1)


def classifier_free_guidance(conditional: Tensor, unconditional: Tensor, guidance: float) -> Tensor:
    """Log-probabilities shifted towards the label's effect, unnormalised.

    (1 + guidance) * log p(x | label) - guidance * log p(x); `apply_temperature` normalises it.

    Args:
        conditional: `(B, levels, ...)` in nats, given the label.
        unconditional: the same without a label.
        guidance: 0 for the model's own distribution given the label.

    Source: Ho and Salimans 2022, "Classifier-free diffusion guidance", equation 6, applied to each
    pixel's distribution.
    """
    return (1 + guidance) * conditional - guidance * unconditional


def draw(probabilities: Tensor, uniforms: Tensor) -> Tensor:
    """The level at which the cumulative distribution first exceeds the uniform number.

    Args:
        probabilities: `(B, levels, ...)`.
        uniforms: `(B, ...)` in `[0, 1)`.

    Returns:
        uint8 `(B, ...)`.
    """
    bounds = probabilities.cumsum(dim=1)
    # Rounding may leave the last bound below 1; a number above it would draw the highest level even
    # if that were impossible, so the numbers are scaled to the actual sum.
    reached = bounds[:, :-1] <= uniforms.unsqueeze(1) * bounds[:, -1:]
    return reached.sum(dim=1).to(torch.uint8)
