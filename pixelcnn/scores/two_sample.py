"""The two-sample test: can a discriminator network tell samples from real images?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.errors import DataError
from pixelcnn.scores.intervals import Interval, share_interval

LEAST = 50
"""Fewest images of each kind for a meaningful verdict."""


@dataclass(frozen=True)
class TwoSample:
    """The verdict on two sets of images.

    Attributes:
        accuracy: the discriminator's accuracy on held-out images, with its 95 % interval. 0.5:
            indistinguishable.
        pairs: how often it tells which of two images, one of each set, is from which: the game
            "Which is real?" of the page Compare.
        suspects: int64 `(k,)`: held-out images of the first set, by index, the most obvious first.
        tested: number of held-out images.
    """

    accuracy: Interval
    pairs: Interval
    suspects: Tensor
    tested: int


class _Discriminator(nn.Module):
    """A small convolutional network: images, scaled to -1 to 1, to one logit each."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 16, 5, padding=2),
            nn.LeakyReLU(0.1),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(16, 32, 5, padding=2),
            nn.LeakyReLU(0.1),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.AdaptiveAvgPool2d(3),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(32 * 9, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Float `(B, C, H, W)` to `(B,)`."""
        logits: Tensor = self.layers(x).squeeze(1)
        return logits


def two_sample_test(
    images: Tensor,
    others: Tensor,
    *,
    levels: int = 2,
    epochs: int = 12,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> TwoSample:
    """Train a discriminator on half of each set, and test it on the other half.

    Source: Lopez-Paz & Oquab 2017, "Revisiting Classifier Two-Sample Tests", section 3. A stronger
    discriminator, or more images, may find more differences.

    Args:
        images: uint8 `(N, C, H, W)`, 50 or more.
        others: uint8 `(M, C, H, W)`; both sets are cut to the size of the smaller one.
        levels: of both.
        epochs: passes over the training half.
        seed: of the split, the weights and the order of training.
        progress: called with (epochs done, epochs in all).

    Raises:
        DataError: too few images, or two sizes.
    """
    if images.shape[1:] != others.shape[1:]:
        raise DataError(
            f"images are {tuple(images.shape[1:])} and {tuple(others.shape[1:])}; both sets must "
            "have the same size."
        )
    count = min(len(images), len(others))
    if count < LEAST:
        raise DataError(f"There are {count} images of a kind; use at least {LEAST} of each.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        # The choice must not depend on the set, or the order within a set would give it away.
        chosen = torch.randperm(len(images))[:count]
        both = torch.cat([images[chosen], others[torch.randperm(len(others))[:count]]])
        x = both.float() * (2 / (levels - 1)) - 1
        first = torch.cat([torch.ones(count), torch.zeros(count)])
        half = count // 2
        training = torch.cat([torch.arange(half), count + torch.arange(half)])
        held_out = torch.cat([torch.arange(half, count), count + torch.arange(half, count)])
        network = _Discriminator(x.shape[1])
        _train(network, x[training], first[training], epochs, progress)
    with torch.inference_mode():
        logits = torch.cat([network(batch) for batch in x[held_out].split(500)])
    right = int(((logits > 0) == (first[held_out] > 0)).sum())
    of_first, of_other = logits.split(count - half)
    return TwoSample(
        accuracy=share_interval(right, len(held_out)),
        pairs=share_interval(int((of_first > of_other).sum()), len(of_first)),
        suspects=chosen[half:][of_first.argsort(descending=True)],
        tested=len(held_out),
    )


def _train(
    network: _Discriminator,
    x: Tensor,
    first: Tensor,
    epochs: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-2)
    for epoch in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            loss = F.binary_cross_entropy_with_logits(network(x[batch]), first[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if progress is not None:
            progress(epoch + 1, epochs)
    network.eval()
