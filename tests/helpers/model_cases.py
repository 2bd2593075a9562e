"""Every architecture in several variants, small, with weights that hide no dependence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.config import ModelConfig
from pixelcnn.models.registry import build_model
from pixelcnn.nn.layers import TapConv2d

VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("pixelcnn", {"block": "plain"}),
    (
        "pixelcnn",
        {"block": "bottleneck", "norm": "layer", "kernel_size": 5, "hidden_channels": 24},
    ),
    ("pixelcnn", {"skip": True, "dilations": (1, 2), "activation": "elu"}),
    ("pixelcnn_attention", {"position": True}),
    ("pixelcnn_attention", {"heads": 6, "attention_every": 2, "norm": "layer"}),
    ("gated_pixelcnn", {}),
    ("gated_pixelcnn", {"position": True, "kernel_size": 5, "first_kernel_size": 3}),
    ("pixelcnnpp", {"dropout": 0.3}),
    ("pixelcnnpp", {"likelihood": "softmax", "resolutions": 2, "kernel_size": 5}),
    ("pixelsnail", {}),
    ("pixelsnail", {"heads": 3, "position": True}),
    ("pixelrnn", {"layer": "diagonal_bilstm"}),
    ("pixelrnn", {"layer": "diagonal_bilstm", "cell": "gru", "residual": False}),
    ("pixelrnn", {"layer": "row_lstm", "cell": "gru", "position": True}),
    ("pixelrnn", {"layer": "row_lstm", "residual": False, "kernel_size": 5}),
]


def variant_name(value: Any) -> str | None:
    """A variant's options in the name of a test."""
    if not isinstance(value, dict):
        return None
    return ",".join(f"{key}={option}" for key, option in value.items()) or "default"


def small(name: str, **options: Any) -> AutoregressiveModel:
    """A small float64 model, `shaken`."""
    torch.manual_seed(0)
    defaults = {"height": 4, "width": 5, "hidden_channels": 12, "blocks": 2}
    return shaken(build_model(name, **{**defaults, **options}))


def shaken(model: AutoregressiveModel) -> AutoregressiveModel:
    """The model in float64, without weights that start at zero, and with few dead units."""
    model.double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
        for layer in model.modules():
            if isinstance(layer, TapConv2d) and layer.bias is not None:
                layer.bias.add_(0.5)  # keeps most ReLUs active
    return model


def in_order(config: ModelConfig) -> Iterator[tuple[int, int, int]]:
    """Sub-pixels (colour, row, column) in drawing order: raster, and R, G, B inside a pixel."""
    for row in range(config.height):
        for column in range(config.width):
            for colour in range(config.channels):
                yield colour, row, column


def legal(config: ModelConfig) -> Tensor:
    """Bool (targets, sources), both `in_order`: the legal dependences."""
    order = list(in_order(config))
    earlier = torch.ones(len(order), len(order), dtype=torch.bool).tril(-1)
    return earlier & ~same_pixel(config) if config.independent_channels else earlier


def same_pixel(config: ModelConfig) -> Tensor:
    """Bool (targets, sources), both `in_order`: sub-pixels of the same pixel."""
    pixel = torch.arange(config.height * config.width).repeat_interleave(config.channels)
    return pixel[:, None] == pixel
