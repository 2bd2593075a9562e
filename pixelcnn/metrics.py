"""Scores of a model, and two baselines.

All are based on the negative log-likelihood of an image in nats; other units rescale it. Only
images of the same size, levels and binarisation are comparable.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pixelcnn.errors import DataError
from pixelcnn.models.base import AutoregressiveModel, eval_mode

if TYPE_CHECKING:
    from pixelcnn.data.dataset import DataSet

_CHUNK = 1000


@dataclass(frozen=True)
class Evaluation:
    """How surprised a model is by images; lower is better.

    Attributes:
        nats: mean negative log-likelihood of an image.
        nats_stderr: standard error of that mean, from the spread between images; NaN for one.
        bits_per_dim: the mean in bits, per sub-pixel.
        perplexity_per_pixel: see `perplexity_per_pixel`.
        images: number of images.
    """

    nats: float
    nats_stderr: float
    bits_per_dim: float
    perplexity_per_pixel: float
    images: int

    @classmethod
    def of(cls, nats: Tensor, dims: int) -> Evaluation:
        """Summarise the negative log-likelihoods `(N,)`, in nats, of images of `dims` sub-pixels.

        Raises:
            DataError: there are none.
        """
        if not len(nats):
            raise DataError("images is empty; evaluation needs at least one image.")
        nats = nats.double()
        mean = nats.mean().item()
        stderr = nats.std().item() / math.sqrt(len(nats)) if len(nats) > 1 else math.nan
        return cls(
            nats=mean,
            nats_stderr=stderr,
            bits_per_dim=bits_per_dim(mean, dims),
            perplexity_per_pixel=perplexity_per_pixel(mean, dims),
            images=len(nats),
        )


def bits_per_dim(nats: float, dims: int) -> float:
    """Nats per image as bits per sub-pixel; `dims` is channels x height x width."""
    return nats / (dims * math.log(2))


def perplexity_per_pixel(nats: float, dims: int) -> float:
    """exp(nats per sub-pixel): the number of equally likely levels with the same entropy.

    From 1 to, for a model no worse than guessing, the number of levels. The exponential of the nats
    of a whole image is something else, and not a perplexity: for a digit of 635 nats it is 10^276.
    """
    per_dim = nats / dims
    return math.exp(per_dim) if per_dim < 700 else math.inf


def evaluate(
    model: AutoregressiveModel,
    images: Tensor,
    labels: Tensor | None = None,
    *,
    batch_size: int = 100,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Score a model on images, in float32 and evaluation mode.

    Args:
        model: unchanged, including its mode.
        images: uint8 `(N, C, H, W)`, on any device.
        labels: int64 `(N,)` for a model with classes.
        batch_size: affects speed and memory, not the result.
        progress: called with (batches done, batches in all).

    Raises:
        DataError: no images, or images or labels that do not fit the model.
    """
    device = next(model.parameters()).device
    scores = []
    with eval_mode(model), torch.inference_mode():
        for start in range(0, len(images), batch_size):
            stop = start + batch_size
            some_labels = None if labels is None else labels[start:stop].to(device)
            scores.append(-model.log_prob(images[start:stop].to(device), some_labels).cpu())
            if progress is not None:
                progress(stop // batch_size, math.ceil(len(images) / batch_size))
    return Evaluation.of(torch.cat(scores) if scores else torch.empty(0), images[0:1].numel())


def uniform_baseline(levels: int, dims: int) -> Evaluation:
    """The score of a uniform guess: every level equally likely everywhere."""
    nats = dims * math.log(levels)
    return Evaluation(
        nats=nats,
        nats_stderr=0.0,
        bits_per_dim=bits_per_dim(nats, dims),
        perplexity_per_pixel=float(levels),
        images=0,
    )


def bernoulli_baseline(data: DataSet) -> Evaluation:
    """The score of the level frequencies of each pixel, without its neighbours.

    One distribution per sub-pixel, independent of all others: its level frequencies in the training
    images, with one imagined image of each level added, so that no level is impossible (Laplace's
    rule). Bernoulli for two levels, categorical for more. Scored on the test images.
    """
    log_probs = _level_log_probs(data.train.images, data.levels)  # (levels, dims)
    scores = []
    for chunk in data.test.images.split(_CHUNK):
        levels = chunk.flatten(1).long()  # (N, dims)
        scores.append(-log_probs.gather(0, levels).sum(dim=1))
    return Evaluation.of(torch.cat(scores), log_probs.shape[1])


def _level_log_probs(images: Tensor, levels: int) -> Tensor:
    """Log-frequency of each level at each sub-pixel, smoothed: float64 `(levels, C * H * W)`."""
    counts = torch.ones(levels, images[0].numel(), dtype=torch.float64)
    for chunk in images.split(_CHUNK):
        values = chunk.flatten(1).long()  # (N, dims)
        counts.scatter_add_(0, values, torch.ones(values.shape, dtype=torch.float64))
    return (counts / (len(images) + levels)).log()
