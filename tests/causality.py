"""Two checks on a small float64 model, as `small` of test_models makes them."""

from __future__ import annotations

import torch

from pixelcnn.models import AutoregressiveModel
from tests.test_models import in_order, parameters_of


def assert_causal(model: AutoregressiveModel) -> None:
    """Fail unless changing a sub-pixel changes none of the distributions up to its own."""
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
        assert effect[index:, *target].max() < 1e-12, f"{target} sees itself or the future"


def assert_complete(model: AutoregressiveModel, places: list[tuple[int, int]]) -> None:
    """Fail unless the gradient at these pixels reaches exactly the sub-pixels before them."""
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
