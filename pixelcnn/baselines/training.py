"""Training a baseline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from pixelcnn.baselines.base import Baseline
from pixelcnn.errors import ConfigError, DataError
from pixelcnn.system.checks import check_whole
from pixelcnn.training.batches import Batches, noise_generator

if TYPE_CHECKING:
    from pixelcnn.data.dataset import DataSet


def train_baseline(
    model: Baseline,
    data: DataSet,
    *,
    steps: int,
    seed: int = 0,
    batch_size: int = 128,
    learning_rate: float = 3e-3,
) -> Iterator[float]:
    """Train `model` in place with Adam; yields the loss of each step, in nats per image.

        for loss in train_baseline(Autoencoder(AutoencoderConfig()), data, steps=200):
            print(loss)

    Batches and random numbers depend on seed and step alone. The model is ready to sample however
    the loop ends.

    Raises:
        ConfigError: an invalid option.
        DataError: data of another size, or of more than two levels or one channel.
    """
    for option, value in (("steps", steps), ("batch_size", batch_size)):
        check_whole(option, value, 1)
    if not learning_rate > 0:
        raise ConfigError(f"learning_rate = {learning_rate} is not above 0.")
    check_whole("seed", seed, 0, 2**32 - 1)
    needs = {"levels": 2, "channels": 1}
    needs |= {"height": model.config.height, "width": model.config.width}
    for option, needed in needs.items():
        if getattr(data, option) != needed:
            raise DataError(
                f"data has {option} = {getattr(data, option)}, the {model.name} needs {needed}."
            )
    return _losses(model, data, steps, seed, Batches(data, batch_size, seed), learning_rate)


def _losses(
    model: Baseline, data: DataSet, steps: int, seed: int, batches: Batches, learning_rate: float
) -> Iterator[float]:
    optimizer = torch.optim.Adam(model.parameters(), learning_rate)
    model.train()
    try:
        for step in range(steps):
            loss = model.loss(batches[step].images, noise_generator(seed, step)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield loss.item()
    finally:
        model.eval()
        model.after_training(data.train.images)
