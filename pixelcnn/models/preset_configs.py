"""Named configurations of the architectures, with the training of their sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixelcnn.models.registry import model_class
from pixelcnn.system.checks import check_name

_RECIPE = {"block": "bottleneck", "norm": "layer", "kernel_size": 7, "position": True}


# Presets named after a source have its shape, but the blocks of `PixelCNN` (activations,
# normalisation before or after a convolution).
# notebook: with 256 levels, exactly its 393,280 parameters.
# chapter: as the Keras code example: 128 channels, half of them inside the blocks, two hidden
# layers in the head.
# report: the three depths that it compares.
# experiment15: as intended, with ReLU; as written, nothing stood between the convolutions:
# experiment15_linear, a linear model (DESIGN section 6, item 16).
_REPORT = {
    "hidden_channels": 64,
    "block": "bottleneck",
    "norm": "layer",
    "kernel_size": 7,
    "skip": True,
}


_EXPERIMENT15 = {"hidden_channels": 64, "blocks": 5, "block": "single", "kernel_size": 7}


_PRESETS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "pixelcnn": {
        "tiny": {"hidden_channels": 32, "blocks": 3, **_RECIPE},
        "small": {"hidden_channels": 48, "blocks": 4, **_RECIPE},
        "base": {"hidden_channels": 64, "blocks": 5, **_RECIPE},
        "notebook": {"hidden_channels": 64, "blocks": 5, "block": "plain", "kernel_size": 3},
        "chapter": {
            "hidden_channels": 128,
            "blocks": 5,
            "block": "bottleneck",
            "kernel_size": 3,
            "head_layers": 2,
        },
        "report5": {"blocks": 5, **_REPORT},
        "report8": {"blocks": 8, **_REPORT},
        "report10": {"blocks": 10, **_REPORT},
        "experiment15": {**_EXPERIMENT15, "activation": "relu"},
        "experiment15_linear": {**_EXPERIMENT15, "activation": "none"},
    },
    "pixelcnn_attention": {
        "tiny": {"hidden_channels": 24, "blocks": 3, "attention_every": 3, **_RECIPE},
        "small": {"hidden_channels": 48, "blocks": 4, "attention_every": 2, "heads": 3, **_RECIPE},
        "base": {"hidden_channels": 60, "blocks": 6, "attention_every": 2, "heads": 6, **_RECIPE},
    },
    "gated_pixelcnn": {
        "tiny": {"hidden_channels": 24, "blocks": 3, "position": True},
        "small": {"hidden_channels": 32, "blocks": 5, "position": True},
        "base": {"hidden_channels": 64, "blocks": 8, "position": True},
    },
    "pixelcnnpp": {
        "tiny": {"hidden_channels": 10, "blocks": 1, "position": True},
        "small": {"hidden_channels": 24, "blocks": 2, "position": True},
        "base": {"hidden_channels": 48, "blocks": 5, "position": True},
    },
    "pixelsnail": {
        "tiny": {"hidden_channels": 16, "blocks": 1, "residuals": 2, "position": True},
        "small": {"hidden_channels": 24, "blocks": 2, "residuals": 2, "position": True},
        "base": {"hidden_channels": 48, "blocks": 4, "residuals": 3, "position": True},
    },
    "pixelrnn": {
        "tiny": {"hidden_channels": 12, "blocks": 1, "position": True},
        "small": {"hidden_channels": 24, "blocks": 3, "position": True},
        "base": {"hidden_channels": 48, "blocks": 5, "position": True},
    },
}


# Stated by the sources; for the rest, the defaults of their framework.
_PLAIN_TRAINING = {
    "learning_rate": 1e-3,
    "schedule": "constant",
    "warmup": 0.0,
    "weight_decay": 0.0,
    "gradient_clip": None,
}


_REPORT_TRAINING = {**_PLAIN_TRAINING, "optimizer": "adam", "beta2": 0.999, "batch_size": 128}


_TRAINING: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "pixelcnn": {
        "chapter": {**_PLAIN_TRAINING, "optimizer": "rmsprop", "beta2": 0.9},
        "report5": _REPORT_TRAINING,
        "report8": _REPORT_TRAINING,
        "report10": _REPORT_TRAINING,
    },
}


def presets(name: str) -> dict[str, dict[str, Any]]:
    """Named configurations of an architecture: {preset: {option: value}}.

    Raises:
        ConfigError: unknown architecture.
    """
    model_class(name)
    return {preset: dict(options) for preset, options in _PRESETS[name].items()}


def preset_training(name: str, preset: str) -> dict[str, Any]:
    """How the source of a preset trains it: options of `TrainConfig`, or none if it does not say.

    Raises:
        ConfigError: unknown architecture or preset.
    """
    known = presets(name)
    check_name("preset", preset, known, to=name)
    return dict(_TRAINING.get(name, {}).get(preset, {}))
