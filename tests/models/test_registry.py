"""Every architecture keeps the contract: what it computes, and what it refuses.

That each is causal, and complete where it says so, stands in `test_model_truths.py`.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pixelcnn.errors import ConfigError, DataError, LabError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.preset_configs import presets
from pixelcnn.models.registry import build_model, config_class, model_names
from tests.helpers.model_cases import VARIANTS, small, variant_name

SIZE = 5


def square(name: str, **options: Any) -> AutoregressiveModel:
    """A small float64 model of square images, see `small`."""
    return small(name, **{"height": SIZE, "hidden_channels": 24, **options})


# ---------------------------------------------------------------- what is computed


@pytest.mark.parametrize("levels", [2, 16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=variant_name)
def test_forward_gives_float32_parameters_and_log_prob_reads_them(
    name: str, options: dict[str, Any], channels: int, levels: int
) -> None:
    model = square(name, channels=channels, levels=levels, **options).float().eval()
    images = torch.randint(0, levels, (2, channels, SIZE, SIZE)).to(torch.uint8)
    parameters = model(images)
    assert parameters.shape == (2, model.likelihood.parameters, channels, SIZE, SIZE)
    assert parameters.dtype == torch.float32
    nats = model.likelihood.log_prob(parameters, images).sum(dim=(1, 2, 3))
    torch.testing.assert_close(model.log_prob(images), nats)


@pytest.mark.parametrize("likelihood", ["softmax", "logistic_mixture"])
@pytest.mark.parametrize("levels", [2, 16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", model_names())
def test_the_likelihood_decides_the_number_of_parameters(
    name: str, channels: int, levels: int, likelihood: str
) -> None:
    model = square(name, channels=channels, levels=levels, likelihood=likelihood, components=4)
    expected = 1 if levels == 2 else levels
    if likelihood == "logistic_mixture":
        expected = 4 * (3 if channels == 1 else 5)
    assert model.likelihood.parameters == expected
    assert model.output.out_channels == channels * expected


@pytest.mark.parametrize("conditioning", ["bias", "film", "concat"])
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=variant_name)
def test_the_label_changes_the_distribution_and_so_does_its_absence(
    name: str, options: dict[str, Any], conditioning: str
) -> None:
    label = {"classes": 2, "label_dropout": 0.1, "conditioning": conditioning}
    model = square(name, **label, **options).float().eval()
    images = torch.zeros(3, 1, SIZE, SIZE, dtype=torch.uint8)
    first, second, none = model(images, torch.tensor([0, 1, 2]))  # 2 is `config.no_label`
    for left, right in [(first, second), (second, none), (none, first)]:
        assert ((left - right).abs().amax(dim=0) > 0).all()
    torch.testing.assert_close(model(images, None), model(images, torch.tensor([2, 2, 2])))


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
    model = square(name, channels=channels, levels=levels, likelihood="softmax").float()
    weight = model.output.weight.detach().clone()
    frequencies = torch.arange(1, levels + 1) / sum(range(1, levels + 1))
    model.initialize(frequencies)
    torch.testing.assert_close(model.output.weight, 0.1 * weight)
    nn.init.zeros_(model.output.weight)
    images = torch.randint(0, levels, (1, channels, SIZE, SIZE)).to(torch.uint8)
    with torch.no_grad():
        probabilities = model.likelihood.level_log_probs(model(images), images).exp()
    expected = frequencies[None, :, None, None, None].expand_as(probabilities)
    torch.testing.assert_close(probabilities, expected, atol=1e-3, rtol=0)


def silence(layer: nn.Conv2d) -> None:
    """Make a layer output zeros."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)


@pytest.mark.parametrize("block", ["plain", "bottleneck"])
def test_a_block_with_a_zero_branch_is_the_identity(block: str) -> None:
    model = square("pixelcnn", block=block)
    h = torch.randn(2, 24, SIZE, SIZE, dtype=torch.float64)
    for layer in model.blocks:
        silence(layer.conv2 if block == "plain" else layer.expand)
        assert torch.equal(layer(h, None), h)


def test_a_gated_layer_with_a_zero_branch_passes_its_row_on() -> None:
    model = square("gated_pixelcnn")
    h = torch.randn(2, 24, SIZE, SIZE, dtype=torch.float64)
    for layer in model.layers[1:]:
        silence(layer.mix)
        assert torch.equal(layer(h, h, None)[1], h)


@pytest.mark.parametrize("layer", ["row_lstm", "diagonal_bilstm"])
def test_a_recurrent_layer_with_a_zero_branch_is_the_identity(layer: str) -> None:
    model = square("pixelrnn", layer=layer)
    h = torch.randn(2, 48, SIZE, SIZE, dtype=torch.float64)
    x = torch.randn(2, 1, SIZE, SIZE, dtype=torch.float64)
    for recurrent in model.layers:
        silence(recurrent.expand)
        assert torch.equal(recurrent(h, x, None), h)


def test_a_layer_with_zero_branches_passes_both_streams_on() -> None:
    model = square("pixelcnnpp")
    down, right = torch.randn(2, 2, 24, SIZE, SIZE, dtype=torch.float64)
    for pair in model.way_down[0].layers:
        silence(pair.down.conv2)
        silence(pair.right.conv2)
        result = pair(down, right, None)
        assert torch.equal(result[0], down)
        assert torch.equal(result[1], right)


def test_the_pixelcnnpp_of_the_paper_has_fifteen_layers_down_and_seventeen_up() -> None:
    model = build_model("pixelcnnpp", height=32, width=32, hidden_channels=4)
    assert [len(stage.layers) for stage in model.way_down] == [5, 5, 5]
    assert [len(stage.layers) for stage in model.way_up] == [5, 6, 6]


def test_dropout_hides_features_in_training_only() -> None:
    model = square("pixelcnnpp", dropout=0.5).float()
    image = torch.zeros(1, 1, SIZE, SIZE, dtype=torch.uint8)
    assert not torch.equal(model.train()(image), model(image))
    assert torch.equal(model.eval()(image), model(image))


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
        ({"likelihood": "normal"}, "likelihood = 'normal' .*'softmax', 'logistic_mixture'"),
        ({"conditioning": "film "}, "conditioning = 'film ' .*'bias', 'film', 'concat'"),
        ({"components": 0}, "components = 0 is outside 1 to 100"),
        ({"label_dropout": 0.5}, "label_dropout = 0.5 .*classes = 0"),
        ({"label_dropout": 1.0, "classes": 2}, "label_dropout = 1.0 is outside"),
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
        ({"hidden_channels": 2, "channels": 3}, "hidden_channels = 2 is too few for 3 colours"),
        ({"hidden_channels": True}, "hidden_channels = True"),
        ({"blocks": 0}, "blocks = 0 is outside 1"),
        ({"blocks": None}, "blocks = None"),
        ({"kernel_size": 4}, "kernel_size = 4 has no centre"),
        ({"kernel_size": -1}, "kernel_size = -1"),
        ({"first_kernel_size": 0}, "first_kernel_size = 0"),
        ({"first_kernel_size": 4}, "^first_kernel_size = 4 has no centre"),
        ({"kernel_size": 57}, "kernel_size = 57 is larger than"),
        ({"position": 1}, "position = 1 is neither True nor False"),
        ({"depth": 3}, "has no option 'depth'.*blocks"),
    ],
)
@pytest.mark.parametrize("name", model_names())
def test_an_invalid_configuration_is_refused_by_name(
    name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        build_model(name, **options)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("pixelcnn", {"block": "dense"}, "block = 'dense'"),
        ("pixelcnn", {"norm": "batch"}, "norm = 'batch'"),
        ("pixelrnn", {"layer": "lstm"}, "layer = 'lstm' .*'row_lstm', 'diagonal_bilstm'"),
        ("pixelrnn", {"cell": "rnn"}, "cell = 'rnn' .*'lstm', 'gru'"),
        ("pixelrnn", {"residual": 1}, "residual = 1 is neither True nor False"),
        ("pixelcnnpp", {"resolutions": 0}, "resolutions = 0 is outside 1 to 8"),
        ("pixelcnnpp", {"resolutions": 2.0}, "resolutions = 2.0 is not a whole number"),
        ("pixelcnnpp", {"dropout": 1.0}, "dropout = 1.0 is outside 0.0 to 0.9"),
        ("pixelcnnpp", {"dropout": "half"}, "dropout = 'half' is not a number"),
    ],
)
def test_invalid_values_of_one_architecture_s_options_are_refused(
    name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        build_model(name, **options)


@pytest.mark.parametrize("ask", [build_model, presets, config_class])
def test_an_unknown_architecture_is_refused_with_the_known_ones(ask: Any) -> None:
    with pytest.raises(ConfigError, match=r"'pixelvae' is unknown.*gated_pixelcnn"):
        ask("pixelvae")


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
        (images(2, 1, 5, 5) + 4, "images holds level 4; the levels of this model are 0 to 3"),
    ],
)
@pytest.mark.parametrize("name", model_names())
def test_images_that_do_not_fit_are_refused_by_name(name: str, given: Tensor, message: str) -> None:
    model = square(name, levels=4).float()
    with pytest.raises(DataError, match=message):
        model.log_prob(given)


@pytest.mark.parametrize(
    ("classes", "labels", "message"),
    [
        (3, None, "labels is missing"),
        (3, torch.tensor([0, 3]), "labels holds values from 0 to 3; this model has 0 to 2"),
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
    model = square(name, classes=classes).float()
    with pytest.raises(DataError, match=message):
        model(images(2, 1, SIZE, SIZE), labels)


def test_every_refusal_is_a_value_error() -> None:
    assert issubclass(LabError, ValueError)
    assert issubclass(ConfigError, LabError)
    assert issubclass(DataError, LabError)
