"""The options of the plain PixelCNN, and the presets named after its sources."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
import torch
from torch import nn

from pixelcnn.causality.reach import limit_reach
from pixelcnn.errors import ConfigError
from pixelcnn.models.preset_configs import preset_training, presets
from pixelcnn.models.registry import build_model, config_class
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.schedule import learning_rate_at
from tests.helpers.causality import SIZE, assert_causal, small

BLOCKS = ["plain", "bottleneck", "single"]
LAST = {"plain": "conv2", "bottleneck": "expand"}  # of the residual branch


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "options",
    [
        {"skip": True},
        {"skip": True, "block": "bottleneck", "dilations": (2, 1)},
        {"dilations": (64,)},
        {"block": "single", "activation": "tanh", "norm": "layer"},
        {"block": "single", "activation": "none", "skip": True},
        {"activation": "elu", "head_layers": 3},
        {"dilations": (1, 2), "skip": True, "classes": 3, "conditioning": "film"},
    ],
)
def test_no_option_lets_a_pixel_see_itself_or_the_future(
    options: dict[str, Any], channels: int
) -> None:
    assert_causal(small("pixelcnn", channels=channels, levels=4, **options))


# ---------------------------------------------------------------- skip connections


def test_the_head_reads_the_sum_of_all_blocks_outputs() -> None:
    model = small("pixelcnn", skip=True, blocks=3)
    x = torch.randn(2, 1, SIZE, SIZE, dtype=torch.float64)
    h = model.first(x)
    total = torch.zeros_like(h)
    for block, skip in zip(model.blocks, model.skips, strict=True):
        h = block(h, None)
        total = total + skip(h)
    expected = model.output(torch.relu(model.head(torch.relu(total))))
    torch.testing.assert_close(model.network(x, None), expected)


def test_without_skip_connections_there_are_none() -> None:
    names = [name for name, _ in small("pixelcnn").named_parameters()]
    assert not [name for name in names if name.startswith(("skips", "more_head"))]


# ---------------------------------------------------------------- dilations


def test_the_blocks_cycle_through_the_dilations() -> None:
    model = small("pixelcnn", blocks=5, dilations=(1, 2, 4))
    for block, step in zip(model.blocks, [1, 2, 4, 1, 2], strict=True):
        for layer in (block.conv1, block.conv2):
            assert set(layer.taps()) == {
                (-step, -step), (-step, 0), (-step, step), (0, -step), (0, 0)
            }  # fmt: skip
    assert set(model.first.taps()) == set(small("pixelcnn").first.taps())


@pytest.mark.parametrize("given", [(1, 2, 4), [1, 2, 4]])
def test_dilations_survive_json_whether_given_as_a_tuple_or_a_list(given: Any) -> None:
    config = build_model("pixelcnn", dilations=given).config
    described = json.loads(json.dumps(dataclasses.asdict(config)))
    again = config_class("pixelcnn")(**described)
    assert again == config
    assert hash(again) == hash(config)
    assert again.dilations == (1, 2, 4)


@pytest.mark.parametrize("given", [2, "12", [], [0], [65], [1.0], [True], ["1"], None, [1] * 257])
def test_invalid_dilations_are_refused(given: Any) -> None:
    with pytest.raises(ConfigError, match=r"dilations = .* whole numbers from 1 to 64"):
        build_model("pixelcnn", dilations=given)


def test_at_the_saturating_depth_no_further_block_shows_more() -> None:
    # Only the last of five dilations fits in the picture.
    shape: dict[str, Any] = {"height": 7, "width": 7, "first_kernel_size": 3, "block": "bottleneck"}
    shape["dilations"] = (9, 9, 9, 9, 1)
    config = small("pixelcnn", **shape).config
    deeper = small("pixelcnn", **shape, blocks=2 * config.saturating_blocks)
    assert (limit_reach(small("pixelcnn", **shape)) == limit_reach(deeper)).all()


# ---------------------------------------------------------------- activation


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("activation", ["none", "relu", "elu", "tanh"])
def test_without_an_activation_and_only_then_the_model_is_linear(
    activation: str, block: str
) -> None:
    model = small("pixelcnn", activation=activation, block=block, blocks=4)
    x, y = torch.randn(2, 1, 1, SIZE, SIZE, dtype=torch.float64)
    between = model.network(0.3 * x + 0.7 * y, None)
    error = (between - 0.3 * model.network(x, None) - 0.7 * model.network(y, None)).abs().max()
    assert (error < 1e-9) == (activation == "none")


@pytest.mark.parametrize("activation", ["none", "relu", "elu", "tanh"])
@pytest.mark.parametrize("block", LAST)
def test_a_block_with_a_zero_branch_is_the_identity(block: str, activation: str) -> None:
    model = small("pixelcnn", block=block, activation=activation, norm="layer")
    h = torch.randn(2, 48, SIZE, SIZE, dtype=torch.float64)
    for layer in model.blocks:
        nn.init.zeros_(layer.get_submodule(LAST[block]).weight)
        nn.init.zeros_(layer.get_submodule(LAST[block]).bias)
        assert torch.equal(layer(h, None), h)


def test_a_single_block_has_no_residual_connection() -> None:
    block = small("pixelcnn", block="single").blocks[0]
    nn.init.zeros_(block.conv.weight)
    nn.init.zeros_(block.conv.bias)
    assert not block(torch.randn(1, 48, SIZE, SIZE, dtype=torch.float64), None).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "gelu"}, "activation = 'gelu' is unknown.*'none'"),
        ({"block": "dense"}, "block = 'dense' is unknown.*'single'"),
        ({"skip": 1}, "skip = 1 is neither True nor False"),
        ({"head_layers": 0}, "head_layers = 0 is outside 1 to 16"),
    ],
)
def test_an_invalid_option_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_model("pixelcnn", **options)


# ---------------------------------------------------------------- presets by source


def convolution(inputs: int, outputs: int, size: int) -> int:
    """Weights and biases of a convolution, including masked ones."""
    return inputs * outputs * size**2 + outputs


def bottleneck(channels: int, size: int) -> int:
    half = channels // 2
    return (
        convolution(channels, half, 1)
        + convolution(half, half, size)
        + convolution(half, channels, 1)
    )


FIRST = convolution(1, 64, 7)
HEAD = convolution(64, 64, 1) + convolution(64, 1, 1)
EXPERIMENT15 = FIRST + 5 * convolution(64, 64, 7) + HEAD
REPORT_BLOCK = 2 * 64 + bottleneck(64, 7) + convolution(64, 64, 1)  # norm, block, skip


@pytest.mark.parametrize(
    ("preset", "levels", "expected"),
    [
        ("notebook", 256, 393_280),
        ("chapter", 2, 307_073),
        ("report5", 2, FIRST + 5 * REPORT_BLOCK + HEAD),
        ("report8", 2, FIRST + 8 * REPORT_BLOCK + HEAD),
        ("report10", 2, FIRST + 10 * REPORT_BLOCK + HEAD),
        ("experiment15", 2, EXPERIMENT15),
        ("experiment15_linear", 2, EXPERIMENT15),
    ],
)
def test_a_preset_has_the_parameters_of_its_source(preset: str, levels: int, expected: int) -> None:
    model = build_model("pixelcnn", levels=levels, **presets("pixelcnn")[preset])
    assert sum(parameter.numel() for parameter in model.parameters()) == expected


def test_the_presets_of_experiment_15_differ_in_the_activation_alone() -> None:
    configs = presets("pixelcnn")
    meant, written = configs["experiment15"], configs["experiment15_linear"]
    assert {**meant, "activation": "none"} == written


@pytest.mark.parametrize("preset", presets("pixelcnn"))
def test_the_training_of_a_preset_is_options_of_the_trainer(preset: str) -> None:
    TrainConfig(steps=1, **preset_training("pixelcnn", preset))


def test_the_chapter_and_the_report_train_as_they_say() -> None:
    chapter = preset_training("pixelcnn", "chapter")
    assert (chapter["optimizer"], chapter["learning_rate"]) == ("rmsprop", 1e-3)
    for blocks in (5, 8, 10):
        report = preset_training("pixelcnn", f"report{blocks}")
        assert (report["optimizer"], report["learning_rate"]) == ("adam", 1e-3)
        assert report["batch_size"] == 128
        config = TrainConfig(steps=10, **report)
        assert {learning_rate_at(config, share) for share in (0.0, 0.5, 1.0)} == {1e-3}


def test_the_training_of_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"pixelcnn has no preset 'huge'.*notebook"):
        preset_training("pixelcnn", "huge")
