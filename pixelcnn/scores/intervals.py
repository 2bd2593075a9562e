"""How sure a number is."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from pixelcnn.errors import DataError

_Z = 1.959964
"""Standard deviations that hold 95 % of a normal distribution."""


class Interval(NamedTuple):
    """An estimate and its 95 % confidence interval."""

    value: float
    low: float
    high: float


def bootstrap_difference(
    ours: Tensor, theirs: Tensor, *, draws: int = 2000, seed: int = 0
) -> Interval:
    """The mean difference `ours - theirs` over the same images, with a bootstrap interval.

    Images that are hard for one model are hard for the other, so the differences vary far less
    than the scores themselves.

    Source: Efron 1979; percentiles of the means of images drawn with replacement.

    Args:
        ours: scores of the images under one model, such as nats: `(N,)`.
        theirs: of the same images under the other: `(N,)`.
        draws: how often the images are drawn anew.
        seed: of these draws.

    Raises:
        DataError: other shapes, or fewer than two images.
    """
    if ours.shape != theirs.shape or ours.dim() != 1 or len(ours) < 2:
        raise DataError(
            f"scores of shapes {tuple(ours.shape)} and {tuple(theirs.shape)}; give one score for "
            "each of at least two images, the same for both."
        )
    differences = ours.double() - theirs.double()
    count = len(differences)
    generator = torch.Generator().manual_seed(seed)
    means = torch.stack(
        [
            differences[torch.randint(count, (count,), generator=generator)].mean()
            for _ in range(draws)
        ]
    )
    low, high = means.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return Interval(differences.mean().item(), low, high)


def share_interval(hits: int, of: int) -> Interval:
    """A share of `of` tries, with Wilson's score interval (Wilson 1927)."""
    share = hits / of
    spread = _Z * math.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    middle, room = share + _Z**2 / (2 * of), 1 + _Z**2 / of
    return Interval(share, (middle - spread) / room, (middle + spread) / room)
