"""Attention lets the plain PixelCNN see all of the past, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from pixelcnn.errors import ConfigError
from pixelcnn.models.registry import build_model
from tests.helpers.causality import SIZE, assert_causal, assert_complete, parameters_of, small

CORNERS = [(0, 0), (0, SIZE - 1), (2, 2), (3, 0), (SIZE - 1, SIZE - 1)]
VARIANTS: list[dict[str, Any]] = [
    {},
    {"heads": 6, "norm": "layer", "block": "bottleneck"},
    {"attention_every": 2, "blocks": 3, "skip": True},
    {"independent_channels": True, "heads": 2},
]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("options", VARIANTS)
def test_no_pixel_attends_to_itself_or_the_future(options: dict[str, Any], channels: int) -> None:
    assert_causal(small("pixelcnn_attention", channels=channels, levels=4, **options))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("options", VARIANTS[:3])
def test_a_single_attention_sees_all_of_the_past(options: dict[str, Any], channels: int) -> None:
    model = small(
        "pixelcnn_attention", channels=channels, first_kernel_size=3, **{**options, "blocks": 1}
    )
    assert_complete(model, CORNERS)


def test_the_start_of_a_row_sees_the_end_of_the_row_above() -> None:
    # Attention over features up to and including its own position would never see this.
    model = small("pixelcnn_attention", first_kernel_size=3)
    image = torch.zeros(1, 1, SIZE, SIZE, dtype=torch.uint8)
    changed = image.clone()
    changed[0, 0, 1, SIZE - 1] = 1
    with torch.no_grad():
        difference = parameters_of(model, changed, None) - parameters_of(model, image, None)
    assert difference[0, 0, 0, 2, 0] != 0


def test_the_first_position_has_nothing_to_attend_to() -> None:
    model = small("pixelcnn_attention")
    for block in model.attentions.values():
        h, x = torch.randn(2, 48, SIZE, SIZE).double(), torch.randn(2, 1, SIZE, SIZE).double()
        expected = h[..., 0, 0] + block.out.bias
        torch.testing.assert_close(block(h, x)[..., 0, 0], expected)


def test_an_attention_with_a_zero_output_is_the_identity() -> None:
    model = small("pixelcnn_attention", norm="layer")
    h, x = torch.randn(2, 48, SIZE, SIZE).double(), torch.randn(2, 1, SIZE, SIZE).double()
    for block in model.attentions.values():
        nn.init.zeros_(block.out.weight)
        nn.init.zeros_(block.out.bias)
        assert torch.equal(block(h, x), h)


@pytest.mark.parametrize("which", ["query_position", "key_position"])
def test_attention_depends_on_position(which: str) -> None:
    block = small("pixelcnn_attention").attentions["0"]
    h, x = torch.randn(1, 48, SIZE, SIZE).double(), torch.randn(1, 1, SIZE, SIZE).double()
    before = block(h, x)
    nn.init.zeros_(block.get_submodule(which).project.weight)
    assert (block(h, x) - before).abs().max() > 1e-6


@pytest.mark.parametrize(
    ("blocks", "every", "expected"),
    [(3, 1, "0 1 2"), (4, 2, "1 3"), (5, 2, "1 3 4"), (2, 7, "1")],
)
def test_attention_follows_every_nth_block_and_the_last(
    blocks: int, every: int, expected: str
) -> None:
    model = small("pixelcnn_attention", blocks=blocks, attention_every=every)
    assert " ".join(model.attentions) == expected


def test_there_is_one_head_per_colour_by_default() -> None:
    for channels, independent, heads in [(1, False, 1), (3, False, 3), (3, True, 1)]:
        model = small("pixelcnn_attention", channels=channels, independent_channels=independent)
        assert model.attentions["0"].attention.heads == heads


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 5}, "heads = 5 does not divide 48 channels.*1, 2, 3, 4"),
        ({"heads": 0}, "heads = 0"),
        ({"heads": 4, "channels": 3}, "heads = 4 does not divide .* 3 colour"),
        ({"heads": True}, "heads = True is neither a whole number nor None"),
        ({"heads": "2"}, "heads = '2'"),
        ({"attention_every": 0}, "attention_every = 0 is outside 1 to 256"),
    ],
)
def test_an_invalid_option_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_model("pixelcnn_attention", hidden_channels=48, **options)
