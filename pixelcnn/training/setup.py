"""Checks and preparation before the first training step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pixelcnn.errors import DataError
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.muon import Muon

if TYPE_CHECKING:
    from pixelcnn.data.dataset import DataSet
    from pixelcnn.models.base import AutoregressiveModel


def check_fit(model: AutoregressiveModel, data: DataSet) -> None:
    """Raise `DataError` unless the model fits this data."""
    config = model.config
    for option in ("levels", "channels", "height", "width"):
        has, needs = getattr(data, option), getattr(config, option)
        if has != needs:
            raise DataError(
                f"data has {option} = {has}, the model {needs}. Build the model for this data set."
            )
    if config.classes and config.classes != data.classes:
        raise DataError(
            f"data has {data.classes} classes, the model {config.classes}. Build "
            f"the model with classes={data.classes}, or 0 for none."
        )


def is_fresh(model: AutoregressiveModel) -> bool:
    """Whether the model is untrained: output biases start at 0 and change in the first step."""
    bias = model.output.bias
    return bias is not None and not bias.any()


def has_dropout(model: AutoregressiveModel) -> bool:
    """Whether any layer draws random numbers in training."""
    dropouts = [module for module in model.modules() if isinstance(module, torch.nn.Dropout)]
    return any(dropout.p > 0 for dropout in dropouts)


def level_frequencies(images: Tensor, levels: int) -> Tensor:
    """The share of each level among all sub-pixels: float32 `(levels,)`."""
    counts = torch.zeros(levels, dtype=torch.int64)
    for chunk in images.split(1000):
        counts += torch.bincount(chunk.flatten(), minlength=levels)
    return (counts.double() / images.numel()).float()


def make_optimizer(
    model: AutoregressiveModel, config: TrainConfig, device: torch.device
) -> torch.optim.Optimizer:
    """The configured optimizer, fused into one kernel where PyTorch offers that."""
    parameters = list(model.parameters())
    if config.optimizer == "muon":
        # Rows of the output layer are levels: orthogonalising them makes no sense.
        kernels = [
            weight for weight in parameters if weight.ndim > 2 and weight is not model.output.weight
        ]
        others = [
            weight for weight in parameters if all(weight is not kernel for kernel in kernels)
        ]
        return Muon(
            kernels,
            others,
            config.learning_rate,
            beta2=config.beta2,
            weight_decay=config.weight_decay,
        )
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop(
            parameters, config.learning_rate, alpha=config.beta2, weight_decay=config.weight_decay
        )
    adam = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    return adam(
        parameters,
        config.learning_rate,
        betas=(0.9, config.beta2),
        weight_decay=config.weight_decay,
        fused=device.type in ("cpu", "cuda"),
    )
