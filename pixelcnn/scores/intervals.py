"""Confidence intervals."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from pixelcnn.errors import DataError

_Z = 1.959964
"""Standard deviations on each side that contain 95 % of a normal distribution."""
_DRAWN_AT_ONCE = 200_000  # scores: 3 MB


class Interval(NamedTuple):
    """An estimate and its 95 % confidence interval."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0

    def times(self, factor: float) -> Interval:
        """The same in another unit; the factor must be positive."""
        return Interval(*(factor * bound for bound in self))


def bootstrap_mean(scores: Tensor, *, draws: int = 2000, seed: int = 0) -> Interval:
    """The mean of scores, with a bootstrap interval.

    Source: Efron 1979; percentiles of the means of scores drawn with replacement.

    Args:
        scores: one per image, such as nats: `(N,)`.
        draws: number of resamples.
        seed: of the resamples.

    Raises:
        DataError: another shape, or fewer than two images.
    """
    if scores.dim() != 1 or len(scores) < 2:
        raise DataError(
            f"scores has shape {tuple(scores.shape)}; use one score for each of at least two "
            "images."
        )
    scores, count = scores.double(), len(scores)
    generator = torch.Generator().manual_seed(seed)
    means = torch.stack(
        [scores[torch.randint(count, (count,), generator=generator)].mean() for _ in range(draws)]
    )
    low, high = means.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return Interval(scores.mean().item(), low, high)


def bootstrap_difference(
    ours: Tensor, theirs: Tensor, *, draws: int = 2000, seed: int = 0
) -> Interval:
    """The mean difference `ours - theirs` over the same images, with a bootstrap interval.

    Images that are hard for one model are hard for the other, so the differences vary far less
    than the scores themselves.

    Args:
        ours: scores under one model, such as nats: `(N,)`.
        theirs: scores of the same images under the other: `(N,)`.
        draws, seed: as for `bootstrap_mean`.

    Raises:
        DataError: other shapes, or fewer than two images.
    """
    if ours.shape != theirs.shape:
        raise DataError(
            f"scores of shapes {tuple(ours.shape)} and {tuple(theirs.shape)}; give one score for "
            "each of at least two images, the same for both."
        )
    return bootstrap_mean(ours.double() - theirs.double(), draws=draws, seed=seed)


def share_interval(hits: int, of: int) -> Interval:
    """A proportion with Wilson's score interval (Wilson 1927)."""
    share = hits / of
    spread = _Z * math.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    middle, room = share + _Z**2 / (2 * of), 1 + _Z**2 / of
    return Interval(share, (middle - spread) / room, (middle + spread) / room)
