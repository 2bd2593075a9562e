"""Distances between two sets of images, in the features of a classifier."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pixelcnn.errors import DataError


class PrecisionRecall(NamedTuple):
    """Both 0 to 1: share of samples near real images, and of real images near samples."""

    precision: float
    recall: float


def frechet_distance(features: Tensor, others: Tensor) -> float:
    """The Fréchet distance between two normal distributions fitted to features `(N, D)`, `(M, D)`.

    Source: Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", section 4 (FID),
    with the features of our digit classifier instead of Inception's. 0 for equal sets; biased
    upwards for small ones, so compare only sets of equal size.

    Raises:
        DataError: fewer than two images, or features of different sizes.
    """
    _check(features, others)
    a, b = features.double(), others.double()
    mean = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    covariance, other = a.T.cov(), b.T.cov()
    # tr sqrt(AB): AB has real, non-negative eigenvalues, since both factors are covariances.
    root = torch.linalg.eigvals(covariance @ other).real.clamp(min=0).sqrt().sum()
    distance = mean + covariance.trace() + other.trace() - 2 * root
    return max(distance.item(), 0.0)


def class_score(probabilities: Tensor) -> float:
    """exp of the mean KL(p(class | image) || p(class)): 1 to the number of classes.

    Source: Salimans et al. 2016, "Improved Techniques for Training GANs", section 4 (the Inception
    score). High if each image is clearly of one class and all classes occur; blind to everything
    else, such as ten digits repeated forever.

    Args:
        probabilities: `(N, classes)`, rows that sum to 1.
    """
    p = probabilities.double()
    mean = p.mean(dim=0)
    divergence = (torch.xlogy(p, p) - torch.xlogy(p, mean)).sum(dim=1).mean()
    return divergence.exp().item()


def precision_and_recall(real: Tensor, samples: Tensor, neighbours: int = 3) -> PrecisionRecall:
    """The share of samples among the real images, and of real images among the samples.

    A point is "among" a set if it is at least as near to one of its members as that member's
    `neighbours`-th nearest neighbour in the set. A few outliers among the real images cover much
    space: precision can stay high for samples that are plainly noise, so look at both.

    Source: Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric for Assessing
    Generative Models", section 3.1.

    Args:
        real: features `(N, D)`, N above `neighbours`.
        samples: features `(M, D)`, M above `neighbours`.
        neighbours: 1 or more.

    Raises:
        DataError: too few images, or features of different sizes.
    """
    _check(real, samples, neighbours + 1)
    return PrecisionRecall(_among(samples, real, neighbours), _among(real, samples, neighbours))


def nearest_images(images: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """The most similar of `others` for each image: does the model repeat its training images?

    Args:
        images: uint8 `(N, C, H, W)`.
        others: uint8 `(M, C, H, W)`, such as the training images.

    Returns:
        The index of the nearest, int64 `(N,)`, and the Euclidean distance to it, float32 `(N,)`, in
        levels. For two levels its square is the number of pixels that differ.
    """
    flat, other = images.flatten(1).float(), others.flatten(1).float()
    nearest = [torch.cdist(batch, other).min(dim=1) for batch in flat.split(100)]
    indices = torch.cat([match.indices for match in nearest])
    # Recomputed, since the fast way to many distances rounds.
    return indices, (flat - other[indices]).square().sum(dim=1).sqrt()


def _among(points: Tensor, members: Tensor, neighbours: int) -> float:
    radius = torch.cdist(members, members).kthvalue(neighbours + 1, dim=1).values  # (M,)
    inside = [(torch.cdist(batch, members) <= radius).any(dim=1) for batch in points.split(500)]
    return torch.cat(inside).float().mean().item()


def _check(features: Tensor, others: Tensor, least: int = 2) -> None:
    if features.dim() != 2 or others.dim() != 2 or features.shape[1] != others.shape[1]:
        raise DataError(
            f"features of shapes {tuple(features.shape)} and {tuple(others.shape)} do not fit "
            "together; use (images, features) of one classifier."
        )
    if min(len(features), len(others)) < least:
        raise DataError(f"There are too few images; use at least {least} of each kind.")
