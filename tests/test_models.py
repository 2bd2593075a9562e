"""Every architecture keeps the contract: causal, complete where it says so, and strict on input."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pixelcnn.errors import ConfigError, DataError, LabError
from pixelcnn.layers import MaskedConv2d
from pixelcnn.models import (
    AutoregressiveModel,
    build_model,
    config_class,
    model_class,
    model_names,
    presets,
)

SIZE = 5
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("pixelcnn", {"block": "plain"}),
    ("pixelcnn", {"block": "bottleneck", "norm": "layer", "position": True, "kernel_size": 5}),
    ("gated_pixelcnn", {}),
    ("gated_pixelcnn", {"position": True, "kernel_size": 5, "first_kernel_size": 3}),
]


def small(name: str, **options: Any) -> AutoregressiveModel:
    """A small float64 model in which no weight is zero by construction, and no unit dead."""
    torch.manual_seed(0)
    defaults = {"height": SIZE, "width": SIZE, "hidden_channels": 48, "blocks": 2}
    model = build_model(name, **{**defaults, **options}).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
        for layer in model.modules():
            if isinstance(layer, MaskedConv2d):
                layer.bias.add_(0.5)  # keeps most rectified units at work
    return model


def parameters_of(model: AutoregressiveModel, images: Tensor, labels: Tensor | None) -> Tensor:
    """`forward` in float64, (B, P, C, H, W): small influences must not drown in rounding."""
    return model.unpack(model.network(model.scale(images).double(), labels))


def in_order(config: Any) -> Iterator[tuple[int, int, int]]:
    """Sub-pixels (colour, row, column) as they are drawn: raster, and R, G, B inside a pixel."""
    for row in range(config.height):
        for column in range(config.width):
            for colour in range(config.channels):
                yield colour, row, column


# ---------------------------------------------------------------- the two truths


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("levels", [2, 16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_no_output_depends_on_its_own_or_a_later_sub_pixel(
    name: str, options: dict[str, Any], channels: int, levels: int, classes: int, training: bool
) -> None:
    model = small(name, channels=channels, levels=levels, classes=classes, **options)
    model.train(training)
    config = model.config
    order = list(in_order(config))
    image = torch.randint(0, levels, (1, channels, SIZE, SIZE)).to(torch.uint8)
    changed = image.repeat(len(order), 1, 1, 1)  # the n-th one has another n-th sub-pixel
    for index, (colour, row, column) in enumerate(order):
        changed[index, colour, row, column] = (image[0, colour, row, column] + 1) % levels
    for label in range(max(classes, 1)):
        labels = torch.tensor([label]) if classes else None
        with torch.no_grad():
            base = parameters_of(model, image, labels)
            found = parameters_of(
                model, changed, None if labels is None else labels.expand(len(changed))
            )
        effect = (found - base).abs().amax(dim=1)  # (changed, C, H, W)
        for index, target in enumerate(order):
            assert effect[index:, *target].max() < 1e-12, f"{target} sees itself or the future"
            if index:
                assert effect[:index, *target].max() > 1e-9, f"{target} sees nothing at all"


def test_no_output_of_a_whole_batch_depends_on_another_image() -> None:
    for name in model_names():
        model = small(name).train()
        images = torch.randint(0, 2, (4, 1, SIZE, SIZE)).to(torch.uint8)
        with torch.no_grad():
            together = parameters_of(model, images, None)
            alone = torch.cat([parameters_of(model, image[None], None) for image in images])
        torch.testing.assert_close(together, alone, atol=1e-12, rtol=0)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kernel_size", [3, 5])
@pytest.mark.parametrize("name", [name for name in model_names() if model_class(name).complete])
def test_a_complete_architecture_sees_exactly_its_past(
    name: str, kernel_size: int, channels: int
) -> None:
    model = small(name, channels=channels, kernel_size=kernel_size, first_kernel_size=3, blocks=6)
    order = list(in_order(model.config))
    x = torch.randn(1, channels, SIZE, SIZE, dtype=torch.float64, requires_grad=True)
    output = model.unpack(model.network(x, None))  # (1, P, C, H, W)
    for row, column in [(0, 0), (0, SIZE - 1), (2, 2), (3, 0), (SIZE - 1, SIZE - 1)]:
        for colour in range(channels):
            (gradient,) = torch.autograd.grad(
                output[0, 0, colour, row, column], x, retain_graph=True
            )
            support = {place for place in order if gradient[0, *place] != 0}
            assert support == set(order[: order.index((colour, row, column))])


# ---------------------------------------------------------------- what is computed


@pytest.mark.parametrize("levels", [2, 16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", model_names())
def test_forward_gives_float32_parameters_and_log_prob_reads_them(
    name: str, channels: int, levels: int
) -> None:
    model = small(name, channels=channels, levels=levels).float()
    images = torch.randint(0, levels, (2, channels, SIZE, SIZE)).to(torch.uint8)
    parameters = model(images)
    count = 1 if levels == 2 else levels
    assert parameters.shape == (2, count, channels, SIZE, SIZE)
    assert parameters.dtype == torch.float32
    nats = model.likelihood.log_prob(parameters, images).sum(dim=(1, 2, 3))
    torch.testing.assert_close(model.log_prob(images), nats)


@pytest.mark.parametrize("name", model_names())
def test_the_label_changes_the_distribution(name: str) -> None:
    model = small(name, classes=3).float()
    images = torch.zeros(3, 1, SIZE, SIZE, dtype=torch.uint8)
    first, second, third = model(images, torch.tensor([0, 1, 2]))
    assert (first - second).abs().min() > 0
    assert (second - third).abs().min() > 0


@pytest.mark.parametrize("levels", [2, 4, 256])
def test_scale_spreads_the_levels_evenly_from_minus_1_to_1(levels: int) -> None:
    model = build_model("pixelcnn", levels=levels, hidden_channels=2, blocks=1)
    scaled = model.scale(torch.arange(levels, dtype=torch.uint8))
    torch.testing.assert_close(scaled, torch.linspace(-1, 1, levels))


@pytest.mark.parametrize("levels", [2, 5])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", model_names())
def test_initialize_starts_from_the_given_frequencies(
    name: str, channels: int, levels: int
) -> None:
    model = small(name, channels=channels, levels=levels).float()
    weight = model.output.weight.detach().clone()
    frequencies = torch.arange(1, levels + 1) / sum(range(1, levels + 1))
    model.initialize(frequencies)
    torch.testing.assert_close(model.output.weight, 0.1 * weight)
    nn.init.zeros_(model.output.weight)
    images = torch.randint(0, levels, (1, channels, SIZE, SIZE)).to(torch.uint8)
    with torch.no_grad():
        found = model.likelihood.level_log_probs(model(images), images).exp()
    expected = frequencies[None, :, None, None, None].expand_as(found)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize("block", ["plain", "bottleneck"])
def test_a_block_whose_branch_is_zero_hands_its_input_on(block: str) -> None:
    model = small("pixelcnn", block=block)
    for one in model.blocks:
        last = one.conv2 if block == "plain" else one.expand
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
    h = torch.randn(2, 48, SIZE, SIZE, dtype=torch.float64)
    for one in model.blocks:
        assert torch.equal(one(h, None), h)


def test_a_gated_layer_whose_branch_is_zero_hands_its_row_on() -> None:
    model = small("gated_pixelcnn")
    h = torch.randn(2, 48, SIZE, SIZE, dtype=torch.float64)
    for layer in model.layers[1:]:
        nn.init.zeros_(layer.mix.weight)
        nn.init.zeros_(layer.mix.bias)
        assert torch.equal(layer(h, h, None)[1], h)


def test_the_notebook_preset_has_the_parameters_of_the_notebook() -> None:
    model = build_model("pixelcnn", levels=256, **presets("pixelcnn")["notebook"])
    assert sum(parameter.numel() for parameter in model.parameters()) == 393_280


@pytest.mark.parametrize(
    ("name", "preset"), [(name, preset) for name in model_names() for preset in presets(name)]
)
def test_every_preset_builds_a_model_whose_configuration_is_json(name: str, preset: str) -> None:
    model = build_model(name, classes=10, **presets(name)[preset])
    described = json.loads(json.dumps(dataclasses.asdict(model.config)))
    assert config_class(name)(**described) == model.config
    assert model.name == name


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels": 1}, "levels = 1 is outside 2 to 256"),
        ({"levels": 257}, "levels = 257"),
        ({"levels": 2.0}, "levels = 2.0 is not a whole number"),
        ({"levels": True}, "levels = True is not a whole number"),
        ({"channels": 2}, "channels = 2 is unknown"),
        ({"height": 0}, "height = 0"),
        ({"width": 257}, "width = 257"),
        ({"classes": -1}, "classes = -1"),
        ({"classes": "10"}, "classes = '10' is not a whole number"),
        ({"hidden_channels": 0}, "hidden_channels = 0"),
        ({"hidden_channels": 64, "channels": 3}, "hidden_channels = 64.*multiple of 3"),
        ({"hidden_channels": True}, "hidden_channels = True"),
        ({"blocks": 0}, "blocks = 0 is outside 1"),
        ({"blocks": None}, "blocks = None"),
        ({"kernel_size": 4}, "kernel_size = 4 has no centre"),
        ({"kernel_size": -1}, "kernel_size = -1"),
        ({"first_kernel_size": 0}, "first_kernel_size = 0"),
        ({"first_kernel_size": 4}, "^first_kernel_size = 4 has no centre"),
        ({"kernel_size": 57}, "kernel_size = 57 reaches beyond"),
        ({"position": 1}, "position = 1 is neither True nor False"),
        ({"depth": 3}, "option 'depth' is unknown.*blocks"),
    ],
)
@pytest.mark.parametrize("name", model_names())
def test_a_configuration_that_cannot_work_is_refused_by_name(
    name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        build_model(name, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"block": "dense"}, "block = 'dense'"), ({"norm": "batch"}, "norm = 'batch'")],
)
def test_an_option_of_the_pixelcnn_that_does_not_exist_is_refused(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        build_model("pixelcnn", **options)


@pytest.mark.parametrize("ask", [build_model, presets, config_class])
def test_an_unknown_architecture_is_refused_with_the_known_ones(ask: Any) -> None:
    with pytest.raises(ConfigError, match=r"'pixelrnn' is unknown.*gated_pixelcnn"):
        ask("pixelrnn")


def images(*shape: int, dtype: torch.dtype = torch.uint8) -> Tensor:
    return torch.zeros(shape, dtype=dtype)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (images(2, 1, 6, 5), r"images has shape \(2, 1, 6, 5\).*\(batch, 1, 5, 5\)"),
        (images(2, 3, 5, 5), "images has shape"),
        (images(1, 5, 5), "images has shape"),
        (images(2, 1, 5, 5, dtype=torch.float32), "images has dtype torch.float32"),
        (images(2, 1, 5, 5, dtype=torch.int64), "images has dtype torch.int64"),
        (images(2, 1, 5, 5) + 4, "images holds level 4; this model knows 0 to 3"),
    ],
)
@pytest.mark.parametrize("name", model_names())
def test_images_that_do_not_fit_are_refused_by_name(name: str, given: Tensor, message: str) -> None:
    model = small(name, levels=4).float()
    with pytest.raises(DataError, match=message):
        model.log_prob(given)


@pytest.mark.parametrize(
    ("classes", "labels", "message"),
    [
        (3, None, "labels is missing"),
        (3, torch.tensor([0, 3]), "labels holds values from 0 to 3; this model knows 0 to 2"),
        (3, torch.tensor([-1, 0]), "labels holds values from -1"),
        (3, torch.tensor([1]), r"labels has shape \(1,\)"),
        (3, torch.tensor([1.0, 2.0]), "labels has .*torch.float32"),
        (3, torch.tensor([[1], [2]]), r"labels has shape \(2, 1\)"),
        (0, torch.tensor([0, 1]), "labels were given.*without classes"),
    ],
)
@pytest.mark.parametrize("name", model_names())
def test_labels_that_do_not_fit_are_refused_by_name(
    name: str, classes: int, labels: Tensor | None, message: str
) -> None:
    model = small(name, classes=classes).float()
    with pytest.raises(DataError, match=message):
        model(images(2, 1, SIZE, SIZE), labels)


def test_every_refusal_is_a_value_error() -> None:
    assert issubclass(LabError, ValueError)
    assert issubclass(ConfigError, LabError)
    assert issubclass(DataError, LabError)
