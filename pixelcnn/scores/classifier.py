"""A small digit classifier, whose features the scores use.

The field uses Inception, a photograph classifier of 24 million parameters. For digits, a network
trained on digits sees more and is four hundred times smaller.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.checkpoints.files import load_with, save_checkpoint
from pixelcnn.checkpoints.header import Card
from pixelcnn.errors import DataError
from pixelcnn.system.checks import check_whole
from pixelcnn.training.batches import Batches, noise_generator

if TYPE_CHECKING:
    from pixelcnn.data.dataset import DataSet

FEATURES = 64
_SHIFT = 14
"""Training shifts the digits by up to a 14th of their size: for MNIST 2 pixels."""


@dataclass(frozen=True, kw_only=True)
class ClassifierConfig:
    """Options of `DigitClassifier`; JSON-able.

    Attributes:
        levels: of the images, 2 to 256.
        size: rows and columns, in pixels.
        classes: number of classes.
    """

    levels: int = 2
    size: int = 28
    classes: int = 10

    def __post_init__(self) -> None:
        for name, low, high in (("levels", 2, 256), ("size", 8, 64), ("classes", 2, 100)):
            check_whole(name, getattr(self, name), low, high)


class DigitClassifier(nn.Module):
    """Two 5 x 5 convolutions, two fully connected layers; 64 features before the last one.

    Source: LeNet-5 (LeCun et al. 1998, section II.B), with ReLU, maximum pooling and dropout.
    """

    name: ClassVar[str] = "digit_classifier"

    def __init__(self, config: ClassifierConfig) -> None:
        super().__init__()
        self.config = config
        self.first = nn.Conv2d(1, 16, 5, padding=2)
        self.second = nn.Conv2d(16, 32, 5, padding=2)
        side = config.size // 4
        self.hidden = nn.Linear(32 * side * side, FEATURES)
        self.output = nn.Linear(FEATURES, config.classes)

    def features(self, images: Tensor) -> Tensor:
        """Uint8 `(B, 1, H, W)` to float32 `(B, 64)`, without gradients and in batches.

        Raises:
            DataError: images of another size.
        """
        size = self.config.size
        if images.dim() != 4 or tuple(images.shape[1:]) != (1, size, size):
            raise DataError(
                f"images has shape {tuple(images.shape)}; the digit classifier needs (batch, 1, "
                f"{size}, {size})."
            )
        with torch.inference_mode():
            return torch.cat([self._features(batch) for batch in images.split(500)])

    def probabilities(self, images: Tensor) -> Tensor:
        """p(class | image): float32 `(B, classes)`. Arguments as for `features`."""
        with torch.inference_mode():
            return self.output(self.features(images)).softmax(dim=1)

    def forward(self, images: Tensor) -> Tensor:
        """Uint8 `(B, 1, H, W)` to logits `(B, classes)`."""
        return self.output(F.dropout(self._features(images), 0.3, self.training))

    def _features(self, images: Tensor) -> Tensor:
        x = images.float() / (self.config.levels - 1)
        x = F.max_pool2d(F.relu(self.first(x)), 2)  # (B, 16, H / 2, W / 2)
        x = F.max_pool2d(F.relu(self.second(x)), 2)  # (B, 32, H / 4, W / 4)
        return F.relu(self.hidden(x.flatten(1)))


def train_classifier(
    model: DigitClassifier, data: DataSet, *, steps: int, seed: int = 0, batch_size: int = 64
) -> Iterator[float]:
    """Train `model` in place with AdamW on randomly shifted digits; yields each step's loss.

    Raises:
        ConfigError: steps or batch_size below 1.
        DataError: the data does not fit the model.
    """
    check_whole("steps", steps, 1)
    check_whole("batch_size", batch_size, 1)
    config = model.config
    if (data.channels, data.height, data.width) != (1, config.size, config.size) or (
        data.levels,
        data.classes,
    ) != (config.levels, config.classes):
        raise DataError(f"data {data.name} does not fit a classifier of {config}.")
    return _losses(model, Batches(data, batch_size, seed), steps, seed)


def _losses(model: DigitClassifier, batches: Batches, steps: int, seed: int) -> Iterator[float]:
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    model.train()
    with torch.random.fork_rng(devices=[]):
        for step in range(steps):
            torch.manual_seed(noise_generator(seed, step).initial_seed())
            batch = batches[step]
            loss = F.cross_entropy(model(_moved(batch.images)), batch.labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            yield loss.item()
    model.eval()


def _moved(images: Tensor) -> Tensor:
    """Shift a batch by a few pixels, since the position of digits is arbitrary."""
    size = images.shape[2]
    most = size // _SHIFT
    top, left = torch.randint(2 * most + 1, (2,)).tolist()
    return F.pad(images, (most,) * 4)[:, :, top : top + size, left : left + size]


def save_classifier(
    path: str | os.PathLike[str], model: DigitClassifier, card: Mapping[str, Any]
) -> None:
    """Write a classifier atomically; see `pixelcnn.checkpoints.save_checkpoint`."""
    save_checkpoint(path, model, card)


def load_classifier(path: str | os.PathLike[str]) -> tuple[DigitClassifier, Card]:
    """Read a classifier, in evaluation mode, and its card.

    Raises:
        CheckpointError: the file is missing, damaged, or of another kind.
    """
    return load_with(path, _build, [DigitClassifier.name])


def _build(name: str, **options: Any) -> DigitClassifier:
    return DigitClassifier(ClassifierConfig(**options))
