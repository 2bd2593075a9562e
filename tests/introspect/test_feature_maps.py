"""Feature maps are those of the forward pass, and their summaries are correct."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from pixelcnn.errors import DataError
from pixelcnn.introspect.feature_maps import (
    activations,
    attention_weights,
    first_kernels,
    prediction,
    summarize,
)
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.preset_configs import presets
from pixelcnn.models.registry import build_model, model_names

VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("pixelcnn", {"block": "plain"}),
    ("pixelcnn", {"block": "bottleneck", "norm": "layer", "position": True}),
    ("gated_pixelcnn", {"position": True}),
]


def small(name: str, **options: Any) -> AutoregressiveModel:
    torch.manual_seed(0)
    defaults = {"height": 9, "width": 8, "hidden_channels": 12, "blocks": 2}
    model = build_model(name, **{**defaults, **options}).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def images_for(model: AutoregressiveModel, n: int = 3) -> Tensor:
    config = model.config
    shape = (n, config.channels, config.height, config.width)
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, config.levels, shape, generator=generator).to(torch.uint8)


def layer_named(model: AutoregressiveModel, name: str) -> torch.nn.Module:
    return model.output if name == "output" else model.get_submodule(name)


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_activations_are_what_forward_computes(name: str, options: dict[str, Any]) -> None:
    model = small(name, **options, classes=3)
    images, labels = images_for(model), torch.tensor([0, 1, 2])
    layers = activations(model, images, labels)
    with torch.no_grad():
        assert torch.equal(model.unpack(layers["output"]), model(images, labels))
        assert torch.equal(layers["output"], model.output(F.relu(layers["head"])))
        first = "first" if name == "pixelcnn" else "layers.0.horizontal"
        assert torch.equal(layers[first], model.get_submodule(first)(model.scale(images)))
    assert list(layers)[-2:] == ["head", "output"]
    assert all(maps.shape[0] == 3 and maps.shape[2:] == (9, 8) for maps in layers.values())


def test_the_blocks_of_a_plain_net_add_up() -> None:
    model = small("pixelcnn", block="bottleneck")
    layers = activations(model, images_for(model))
    first = layers["first"] + layers["blocks.0.expand"]
    torch.testing.assert_close(layers["blocks.0"], first)
    torch.testing.assert_close(layers["blocks.1"], first + layers["blocks.1.expand"])


def test_both_stacks_of_a_gated_model_have_their_own_maps() -> None:
    model = small("gated_pixelcnn")
    layers = activations(model, images_for(model))
    for index in range(3):
        vertical, horizontal = (
            layers[f"layers.{index}.{stack}_stack"] for stack in ("vertical", "horizontal")
        )
        assert vertical.shape == horizontal.shape == (3, 12, 9, 8)
        assert not torch.equal(vertical, horizontal)
    step = layers["layers.1.horizontal_stack"] - layers["layers.0.horizontal_stack"]
    torch.testing.assert_close(step, layers["layers.1.mix"])


def test_looking_inside_leaves_no_hook_behind() -> None:
    model = small("gated_pixelcnn")
    images = images_for(model)
    first = activations(model, images)
    activations(model, 1 - images)
    model(1 - images)
    assert torch.equal(first["output"], activations(model, images)["output"])
    assert not any(module._forward_hooks for module in model.modules())


def test_a_refused_image_leaves_no_hook_behind_either() -> None:
    model = small("pixelcnn")
    with pytest.raises(DataError, match="images has shape"):
        activations(model, torch.zeros(1, 1, 3, 3, dtype=torch.uint8))
    assert not any(module._forward_hooks for module in model.modules())


# ---------------------------------------------------------------- summaries


@pytest.mark.parametrize(("name", "options"), VARIANTS)
@pytest.mark.parametrize("classes", [0, 3])
def test_summaries_give_the_numbers_of_each_layer(
    name: str, options: dict[str, Any], classes: int
) -> None:
    model = small(name, **options, classes=classes)
    labels = torch.tensor([0, 1, 2]) if classes else None
    layers = activations(model, images_for(model), labels)
    summaries = summarize(model, layers, labels)
    assert [summary.name for summary in summaries] == list(layers)
    for summary, maps in zip(summaries, layers.values(), strict=True):
        assert (summary.channels, summary.height, summary.width) == maps.shape[1:]
        assert summary.minimum == maps.min().item()
        assert summary.mean == pytest.approx(maps.mean().item())
        assert summary.maximum == maps.max().item()

    # Besides the presets, layers that other options, colours or classes add.


RARE: dict[str, list[dict[str, Any]]] = {
    "pixelcnn": [{"skip": True, "head_layers": 3}, {"block": "single"}],
    "pixelcnn_attention": [{"attention_every": 2}],
    "pixelrnn": [{"layer": "row_lstm"}, {"cell": "gru"}],
}


def told_layers(name: str, **options: Any) -> list[tuple[str, str, str]]:
    """Title, label and part of each layer."""
    model = build_model(name, height=7, width=7, **options)
    labels = torch.tensor([0]) if model.config.classes else None
    layers = activations(model, images_for(model, 1), labels)
    return [
        (summary.title, summary.part, summary.label) for summary in summarize(model, layers, labels)
    ]


def assert_told_apart(titled: list[tuple[str, str, str]]) -> None:
    titles = [title for title, _, _ in titled]
    places = [(part, label) for _, part, label in titled]
    assert len(set(titles)) == len(titles)
    assert len(set(places)) == len(places)
    assert not any("." in title or "_" in title for title in titles)


@pytest.mark.parametrize("name", model_names())
@pytest.mark.parametrize("preset", ["tiny", "small", "base"])
def test_every_layer_has_a_title_of_its_own_in_words(name: str, preset: str) -> None:
    options = presets(name)[preset]
    thin = {"hidden_channels": 2 * options.get("heads", 2)}
    assert_told_apart(told_layers(name, **{**options, **thin}))


@pytest.mark.parametrize("name", model_names())
def test_layers_that_only_some_options_add_have_titles_too(name: str) -> None:
    colour = {"channels": 3, "levels": 4, "classes": 3, "conditioning": "concat"}
    for options in RARE.get(name, [{}]):
        assert_told_apart(
            told_layers(
                name, hidden_channels=6, blocks=2, likelihood="softmax", **colour, **options
            )
        )


def test_titles_name_kernel_and_mask() -> None:
    model = small("pixelcnn", kernel_size=5)
    titles = {
        summary.name: summary.title
        for summary in summarize(model, activations(model, images_for(model)))
    }
    assert titles["first"] == "first layer, 7 × 7 (mask A)"
    assert titles["blocks.1"] == "block 2"
    assert titles["blocks.1.conv2"] == "block 2, second convolution, 5 × 5 (mask B)"
    assert titles["head"] == "head, 1 × 1"


def test_parts_keep_the_stacks_apart() -> None:
    model = small("gated_pixelcnn")
    parts = {
        summary.name: summary.part
        for summary in summarize(model, activations(model, images_for(model)))
    }
    assert parts["layers.2.vertical_stack"] == "vertical stack"
    assert parts["layers.2.horizontal_stack"] == "horizontal stack"
    assert parts["layers.2.vertical"] == "inside"
    assert parts["output"] == "stack"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "pixelcnn_attention",
            {
                "blocks.0": "stack",
                "attentions.0": "stack",
                "attentions.0.query": "attention",
                "attentions.0.attention": "attention",
                "attentions.0.out": "inside",
            },
        ),
        (
            "pixelcnnpp",
            {
                "first_down": "down stream",
                "first_right": "right stream",
                "way_down.0.layers.0.down_stream": "down stream",
                "way_down.1.halving.right_stream": "right stream",
                "way_up.1.doubling.right": "inside",
            },
        ),
        (
            "pixelsnail",
            {
                "blocks.0.residuals.1": "stack",
                "blocks.0.content.first": "inside",
                "blocks.0.attention": "attention",
                "blocks.0": "stack",
            },
        ),
        (
            "pixelrnn",
            {
                "layers.0.input": "inside",
                "layers.0.recurrence": "recurrence",
                "layers.0.reverse_recurrence": "recurrence",
                "layers.0": "stack",
            },
        ),
    ],
)
def test_parts_distinguish_streams_attention_and_recurrence(
    name: str, expected: dict[str, str]
) -> None:
    model = small(name)
    parts = {
        summary.name: summary.part
        for summary in summarize(model, activations(model, images_for(model)))
    }
    assert {path: parts[path] for path in expected} == expected


def test_both_streams_of_pixelcnnpp_are_recorded_at_every_resolution() -> None:
    model = small("pixelcnnpp")
    layers = activations(model, images_for(model))
    assert layers["way_down.0.layers.1.right_stream"].shape == (3, 12, 9, 8)
    assert layers["way_down.2.halving.down_stream"].shape == (3, 12, 3, 2)
    assert torch.equal(layers["way_up.1.doubling.right"], layers["way_up.1.doubling.right_stream"])
    last = layers["way_up.2.layers.2.right_stream"]
    with torch.no_grad():
        assert torch.equal(layers["output"], model.output(F.elu(last)))


# ---------------------------------------------------------------- attention


@pytest.mark.parametrize(
    ("name", "options", "layers"),
    [
        ("pixelcnn_attention", {"heads": 3}, ["attentions.0.attention", "attentions.1.attention"]),
        ("pixelsnail", {"heads": 2}, ["blocks.0.attention", "blocks.1.attention"]),
    ],
)
def test_attention_weights_are_shares_of_earlier_pixels(
    name: str, options: dict[str, Any], layers: list[str]
) -> None:
    model = small(name, **options, classes=3)
    images, labels = images_for(model), torch.tensor([0, 1, 2])
    weights = attention_weights(model, images, labels)
    assert list(weights) == layers
    for each in weights.values():
        assert each.shape == (3, options["heads"], 72, 72)
        sums = each.sum(dim=-1)
        assert torch.all(sums[:, :, 0] == 0)  # nothing comes before the first pixel
        torch.testing.assert_close(sums[:, :, 1:], torch.ones_like(sums[:, :, 1:]))
        assert not each.triu().any()


def test_attention_weights_give_the_attention_s_output() -> None:
    model = small("pixelsnail", heads=2)
    images = images_for(model)
    layers = activations(model, images)
    (weights, _) = attention_weights(model, images).values()
    value = layers["blocks.0.value"].flatten(2).unflatten(1, (2, -1))  # (B, heads, d, H * W)
    brought = torch.einsum("bhts,bhds->bhdt", weights, value).reshape(3, 6, 9, 8)
    torch.testing.assert_close(brought, layers["blocks.0.attention"])


def test_a_model_without_attention_has_no_attention_weights() -> None:
    model = small("gated_pixelcnn")
    assert attention_weights(model, images_for(model)) == {}
    assert not any(module._forward_hooks for module in model.modules())


# ---------------------------------------------------------------- dead units


def silence(model: AutoregressiveModel, name: str, units: list[int]) -> None:
    """Make these units of a layer negative for any input."""
    layer = layer_named(model, name)
    with torch.no_grad():
        layer.weight[units] = 0
        layer.bias[units] = -1


@pytest.mark.parametrize("name", ["blocks.0.conv1", "blocks.1.conv2", "head"])
def test_units_that_the_relu_zeroes_are_counted_as_dead(name: str) -> None:
    model = small("pixelcnn", hidden_channels=64)
    before = dead_of(model, name)
    layers = activations(model, images_for(model))[name]
    awake = [unit for unit in range(64) if layers[:, unit].max() > 0][:5]
    silence(model, name, awake)
    assert dead_of(model, name) == before + 5


def test_a_class_bias_can_wake_a_unit_before_the_relu() -> None:
    model = small("pixelcnn", block="bottleneck", classes=2)
    silence(model, "blocks.0.reduce", [0])
    with torch.no_grad():
        embedding = model.blocks[0].condition.shift.embedding
        embedding.weight[:, 0] = torch.tensor([0.0, 2.0])
    asleep = dead_of(model, "blocks.0.reduce", torch.tensor([0, 0, 0]))
    assert dead_of(model, "blocks.0.reduce", torch.tensor([1, 1, 1])) == asleep - 1
    assert dead_of(model, "blocks.0.reduce", torch.tensor([0, 1, 0])) == asleep - 1


def test_a_layer_that_no_relu_follows_has_dead_units_only_if_they_are_zero() -> None:
    model = small("gated_pixelcnn")
    silence(model, "layers.1.mix", [0, 1])  # constant -1, without a ReLU
    assert dead_of(model, "layers.1.mix") == 0
    with torch.no_grad():
        model.layers[1].mix.bias[[0, 1]] = 0
    assert dead_of(model, "layers.1.mix") == 2


def dead_of(model: AutoregressiveModel, name: str, labels: Tensor | None = None) -> int:
    layers = activations(model, images_for(model), labels)
    (summary,) = (layer for layer in summarize(model, layers, labels) if layer.name == name)
    assert summary.dead_share == summary.dead / summary.channels
    return summary.dead


# ---------------------------------------------------------------- prediction and kernels


@pytest.mark.parametrize("name", model_names())
def test_the_prediction_of_two_levels_is_the_probability_of_ink(name: str) -> None:
    model = small(name)
    images = images_for(model)
    with torch.no_grad():
        expected = model.likelihood.level_log_probs(model(images), images)[:, 1].exp()
    torch.testing.assert_close(prediction(model, images), expected)


def test_the_prediction_of_more_levels_is_their_mean() -> None:
    model = small("pixelcnn", levels=4, channels=3)
    images = images_for(model)
    with torch.no_grad():
        probabilities = model(images).softmax(dim=1)  # (B, levels, C, H, W)
    mean = sum(probabilities[:, level] * level / 3 for level in range(4))
    torch.testing.assert_close(prediction(model, images), mean)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_first_kernels_are_those_that_read_the_image_with_masked_taps_unknown(
    name: str, options: dict[str, Any], channels: int
) -> None:
    model = small(name, **options, channels=channels)
    kernels = first_kernels(model)
    expected = ["first"] if name == "pixelcnn" else ["layers.0.vertical", "layers.0.horizontal"]
    assert list(kernels) == expected
    for path, weights in kernels.items():
        layer = model.get_submodule(path)
        assert weights.shape == layer.weight.shape
        assert torch.equal(weights.isnan(), ~layer.mask)
        assert torch.equal(weights[layer.mask], layer.weight[layer.mask].detach())
