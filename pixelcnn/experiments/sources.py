"""The sources of the experiments, and the configuration that most of them share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixelcnn.recipes.config import RunConfig
from pixelcnn.training.config import ONLY_TRAINING, TrainConfig

PIXELRNN = "van den Oord et al. 2016, Pixel Recurrent Neural Networks"
GATED = "van den Oord et al. 2016, Conditional Image Generation with PixelCNN Decoders"
SNAIL = "Chen et al. 2018, PixelSNAIL"
UVA = "UvA Deep Learning Tutorial 12"
REPORT = "the course report behind the presets report5, report8 and report10"

CIFAR = "bits per sub-pixel of CIFAR-10 photographs; lower is better"

BUDGET = TrainConfig(steps=500, batch_size=32, **ONLY_TRAINING)
"""16,000 digits, about three and a half epochs of 4,500: 10 to 40 seconds on one core."""

REPORT_NET: Mapping[str, Any] = {
    "hidden_channels": 32,
    "blocks": 5,
    "block": "bottleneck",
    "norm": "layer",
    "kernel_size": 7,
}
"""The report's network at half its width: 1x1, 7x7 and 1x1 convolutions in each block."""


def trained(
    options: Mapping[str, Any],
    *,
    model: str = "pixelcnn",
    data: str = "mnist5k",
    levels: int | None = None,
) -> RunConfig:
    """A training with the common budget on 14 x 14 digits; `options` are the model's."""
    return RunConfig(
        model=model,
        model_options=options,
        data=data,
        data_options={"size": 14} if levels is None else {"size": 14, "levels": levels},
        train=BUDGET,
    )
