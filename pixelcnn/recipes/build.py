"""Builds the untrained model of a run."""

from __future__ import annotations

import contextlib

import torch

from pixelcnn.data.dataset import DataSet
from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.registry import build_model
from pixelcnn.recipes.config import RunConfig
from pixelcnn.system.allocation import AllocationLimit
from pixelcnn.system.memory import main_memory_bytes

# Bytes per weight: itself, its gradient and two running means, four each, and as much again for
# copies (saved state, averaged weights).
_BYTES_A_WEIGHT = 32


def build_run_model(config: RunConfig, data: DataSet) -> AutoregressiveModel:
    """Build the model; the same seed gives the same weights.

    Raises:
        ConfigError: the model cannot be built for these images, or does not fit into memory.
    """
    torch.manual_seed(config.train.seed)
    memory = main_memory_bytes()
    room = contextlib.nullcontext() if memory is None else _room(memory)
    with room:
        return build_model(
            config.model,
            levels=data.levels,
            channels=data.channels,
            height=data.height,
            width=data.width,
            classes=data.classes if config.conditional else 0,
            **config.model_options,
        )


def _room(memory: int) -> AllocationLimit:
    weights = memory // _BYTES_A_WEIGHT
    return AllocationLimit(
        weights,
        ConfigError(
            f"This network has more than {weights / 1e6:,.0f} million weights. Training it "
            f"needs more than the {memory / 1e9:.0f} GB of this machine. Use fewer channels, "
            "fewer blocks, or smaller kernels."
        ),
    )
