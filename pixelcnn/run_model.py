"""The model of a run, as it is before it has learnt anything."""

from __future__ import annotations

import torch

from pixelcnn.data import DataSet
from pixelcnn.models import AutoregressiveModel, build_model
from pixelcnn.run_config import RunConfig


def build_run_model(config: RunConfig, data: DataSet) -> AutoregressiveModel:
    """Build it; the same seed gives the same weights.

    Raises:
        ConfigError: the model cannot be built for these images.
    """
    torch.manual_seed(config.train.seed)
    return build_model(
        config.model,
        levels=data.levels,
        channels=data.channels,
        height=data.height,
        width=data.width,
        classes=data.classes if config.conditional else 0,
        **config.model_options,
    )
