"""Specific to PixelSNAIL: gated blocks, attention to whole pixels, the link of colours."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from pixelcnn.errors import ConfigError
from pixelcnn.models.pixelsnail import GatedResidual
from pixelcnn.models.registry import build_model
from tests.helpers.causality import SIZE, assert_causal, assert_complete, parameters_of, small

CORNERS = [(0, 0), (0, SIZE - 1), (2, 2), (3, 0), (SIZE - 1, SIZE - 1)]
VARIANTS: list[dict[str, Any]] = [
    {},
    {"heads": 4, "position": True, "first_kernel_size": 5, "kernel_size": 5},
    {"classes": 3, "conditioning": "film", "residuals": 1},
    {"likelihood": "logistic_mixture", "components": 2},
    {"independent_channels": True},
]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("options", VARIANTS)
def test_no_pixel_sees_itself_or_the_future(options: dict[str, Any], channels: int) -> None:
    model = small("pixelsnail", channels=channels, levels=4, **options)
    assert_causal(model)


@pytest.mark.parametrize("channels", [1, 3])
def test_one_block_sees_all_of_the_past(channels: int) -> None:
    assert_complete(small("pixelsnail", channels=channels, blocks=1, residuals=1), CORNERS)


def test_the_first_position_has_nothing_to_attend_to() -> None:
    block = small("pixelsnail").blocks[0]
    attended: list[torch.Tensor] = []
    block.attention.register_forward_hook(lambda _, __, result: attended.append(result))
    block(torch.randn(2, 48, SIZE, SIZE).double(), torch.randn(2, 1, SIZE, SIZE).double(), None)
    assert not attended[0][..., 0, 0].any()
    assert attended[0][..., 0, 1:].all()


def test_a_gated_layer_with_a_zero_branch_is_the_identity() -> None:
    model = small("pixelsnail")
    layers = [layer for layer in model.modules() if isinstance(layer, GatedResidual)]
    assert len(layers) == 2 * (2 + 3)  # each block: two residuals, content, question and merge
    for layer in layers:
        nn.init.zeros_(layer.second.weight)
        nn.init.zeros_(layer.second.bias)
        channels = layer.second.out_channels // 2
        h = torch.randn(2, channels, SIZE, SIZE, dtype=torch.float64)
        other = torch.randn(2, 24, SIZE, SIZE, dtype=torch.float64)
        assert torch.equal(layer(h, None, other if layer.beside else None), h)


def test_the_first_block_merges_what_attention_found() -> None:
    merge = small("pixelsnail").blocks[0].merge
    h, other = torch.randn(2, 2, 48, SIZE, SIZE, dtype=torch.float64)
    effect = merge(h, None, other[:, :24]) - merge(h, None, -other[:, :24])
    assert (effect.abs().amax(dim=1) > 1e-6).all()


def test_the_repeated_kernel_is_the_quarter_up_and_to_the_left() -> None:
    layer = small("pixelsnail").blocks[0].residuals[0].first
    assert set(layer.taps()) == {(-1, -1), (-1, 0), (0, -1), (0, 0)}


@pytest.mark.parametrize(
    ("options", "linked"),
    [
        ({"channels": 3}, True),
        ({"channels": 3, "independent_channels": True}, False),
        ({"channels": 1}, False),
    ],
)
def test_colours_are_linked_at_the_head_unless_independent(
    options: dict[str, Any], linked: bool
) -> None:
    assert (small("pixelsnail", **options).colour_link is not None) == linked


def test_green_sees_red_only_through_the_link() -> None:
    model = small("pixelsnail", channels=3, levels=4)
    image = torch.zeros(1, 3, SIZE, SIZE, dtype=torch.uint8)
    changed = image.clone()
    changed[0, 0, 2, 2] = 3  # red

    def effect() -> torch.Tensor:
        with torch.no_grad():
            difference = parameters_of(model, changed, None) - parameters_of(model, image, None)
        return difference[0, :, :, 2, 2].abs().amax(dim=0)  # (C,)

    assert effect()[0] == 0
    assert (effect()[1:] > 1e-6).all()
    nn.init.zeros_(model.colour_link.weight)
    assert (effect() == 0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 5}, "heads = 5 does not divide 24 channels.*1, 2, 3, 4"),
        ({"heads": 0}, "heads = 0"),
        ({"heads": 1.0}, "heads = 1.0 is not a whole number"),
        ({"residuals": 0}, "residuals = 0 is outside 1 to 64"),
    ],
)
def test_an_invalid_option_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_model("pixelsnail", hidden_channels=48, **options)
