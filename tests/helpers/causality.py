"""Two checks on a small float64 model of square images."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel
from tests.helpers import model_cases
from tests.helpers.model_cases import in_order

SIZE = 5


def small(name: str, **options: Any) -> AutoregressiveModel:
    """As `model_cases.small`, for square images, with more channels."""
    square = {"height": SIZE, "width": SIZE, "hidden_channels": 48}
    return model_cases.small(name, **{**square, **options})


def parameters_of(model: AutoregressiveModel, images: Tensor, labels: Tensor | None) -> Tensor:
    """`forward` in float64, (B, P, C, H, W), so that rounding hides no small influence."""
    return model.unpack(model.network(model.scale(images).double(), labels))


def assert_causal(model: AutoregressiveModel) -> None:
    """Fail if changing a sub-pixel changes any distribution up to its own."""
    config = model.config
    order = list(in_order(config))
    image = torch.randint(0, config.levels, (1, config.channels, config.height, config.width))
    changed = image.repeat(len(order), 1, 1, 1)  # the n-th one has another n-th sub-pixel
    for index, place in enumerate(order):
        changed[index, *place] = (image[0, *place] + 1) % config.levels
    labels = torch.zeros(len(changed), dtype=torch.int64) if config.classes else None
    with torch.no_grad():
        base = parameters_of(model, image.byte(), None if labels is None else labels[:1])
        effect = (parameters_of(model, changed.byte(), labels) - base).abs().amax(dim=1)
    for index, target in enumerate(order):
        assert effect[index:, *target].max() < 1e-11, f"{target} sees itself or the future"


def assert_complete(model: AutoregressiveModel, places: list[tuple[int, int]]) -> None:
    """Fail unless the gradients at these pixels reach exactly the earlier sub-pixels."""
    config = model.config
    order = list(in_order(config))
    shape = (1, config.channels, config.height, config.width)
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    output = model.unpack(model.network(x, None))  # (1, P, C, H, W)
    for row, column in places:
        for colour in range(config.channels):
            value = output[0, 0, colour, row, column]
            (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
            support = {place for place in order if gradient[0, *place] != 0}
            assert support == set(order[: order.index((colour, row, column))])
