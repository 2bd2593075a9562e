"""The registry: every architecture by name.

To add one: a file beside this one with a config and a model class, and a line in `_MODELS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.config import ModelConfig
from pixelcnn.models.gated_pixelcnn import GatedPixelCNN
from pixelcnn.models.pixelcnn import PixelCNN
from pixelcnn.models.pixelcnn_attention import PixelCNNAttention
from pixelcnn.models.pixelcnnpp import PixelCNNPP
from pixelcnn.models.pixelrnn import PixelRNN
from pixelcnn.models.pixelsnail import PixelSNAIL
from pixelcnn.system.checks import check_name, check_options

_MODELS: Mapping[str, type[AutoregressiveModel]] = {
    model.name: model
    for model in (PixelCNN, PixelCNNAttention, GatedPixelCNN, PixelCNNPP, PixelSNAIL, PixelRNN)
}


def model_names() -> list[str]:
    """The names of all architectures."""
    return list(_MODELS)


def model_class(name: str) -> type[AutoregressiveModel]:
    """The model class of an architecture.

    Raises:
        ConfigError: unknown architecture.
    """
    check_name("model", name, _MODELS)
    return _MODELS[name]


def config_class(name: str) -> type[ModelConfig]:
    """The configuration dataclass of an architecture.

    Raises:
        ConfigError: unknown architecture.
    """
    return model_class(name).config_class


def build_model(
    name: str,
    *,
    levels: int = 2,
    channels: int = 1,
    height: int = 28,
    width: int = 28,
    classes: int = 0,
    **config: Any,
) -> AutoregressiveModel:
    """A freshly initialised model.

    Args:
        name: an architecture, see `model_names`.
        levels: values a sub-pixel can take, 2 to 256.
        channels: colour channels, 1 or 3.
        height: rows, in pixels.
        width: columns, in pixels.
        classes: number of labels to condition on; 0 for none.
        config: options of that architecture, see its config class.

    Raises:
        ConfigError: unknown architecture or option, or an invalid value.
    """
    configured = config_class(name)
    check_options(config, [field.name for field in fields(configured)], name)
    return model_class(name)(
        configured(
            levels=levels,
            channels=channels,
            height=height,
            width=width,
            classes=classes,
            **config,
        )
    )
