"""Every architecture is causal, complete where claimed, and a distribution."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel
from tests.helpers.model_cases import VARIANTS, in_order, legal, same_pixel, small, variant_name

CONDITIONS: list[dict[str, Any]] = [
    {},
    *({"classes": 2, "conditioning": kind} for kind in ("bias", "film", "concat")),
]
EXTRAS: list[dict[str, Any]] = [
    {"classes": 2, "label_dropout": 0.5},
    {"independent_channels": True},
    {"likelihood": "logistic_mixture", "components": 2},
    {"likelihood": "logistic_mixture", "components": 2, "independent_channels": True},
]

# ---------------------------------------------------------------- causal


def dependence(model: AutoregressiveModel, label: int | None) -> Tensor:
    """The effect of each sub-pixel on each distribution: (targets, sources), `in_order`.

    In float64, since small influences must not drown in rounding; and of the log-probabilities,
    so that what a likelihood couples is found as well.
    """
    config = model.config
    order = list(in_order(config))
    n = len(order)
    shape = (1, config.channels, config.height, config.width)
    image = torch.randint(0, config.levels, shape).to(torch.uint8)
    changed = image.repeat(n, 1, 1, 1)  # the n-th one has another n-th sub-pixel
    for index, place in enumerate(order):
        changed[index, *place] = (image[0, *place] + 1) % config.levels
    labels = None if label is None else torch.full((n,), label)
    log_probs = []
    # Dropout hides the same units only in batches of the same size.
    alike = n if model.training and getattr(config, "dropout", 0) else 1
    for images in (image.expand(alike, -1, -1, -1), changed):
        torch.manual_seed(1)
        given = None if labels is None else labels[: len(images)]
        parameters = model.unpack(model.network(model.scale(images).double(), given))
        log_probs.append(model.likelihood.level_log_probs(parameters, images))
    effect = (log_probs[1] - log_probs[0]).abs().amax(dim=1)  # (sources, C, H, W)
    return effect.permute(2, 3, 1, 0).reshape(n, n)


def assert_causal(model: AutoregressiveModel) -> None:
    config = model.config
    allowed = legal(config)
    for training, label in itertools.product(
        [True, False], range(config.label_slots) if config.classes else [None]
    ):
        with torch.no_grad():
            effect = dependence(model.train(training), label)
        assert effect[~allowed].max() < 1e-11, "sees itself or the future"
        reached = (effect * allowed).amax(dim=1)
        assert reached[allowed.any(dim=1)].min() > 1e-9, "sees nothing at all"


@pytest.mark.parametrize("condition", CONDITIONS, ids=variant_name)
@pytest.mark.parametrize("levels", [2, 16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=variant_name)
def test_no_distribution_depends_on_its_own_or_a_later_sub_pixel(
    name: str, options: dict[str, Any], channels: int, levels: int, condition: dict[str, Any]
) -> None:
    assert_causal(small(name, channels=channels, levels=levels, **options, **condition))


@pytest.mark.parametrize("extra", EXTRAS, ids=variant_name)
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=variant_name)
def test_hidden_labels_apart_colours_and_mixtures_leave_it_causal(
    name: str, options: dict[str, Any], extra: dict[str, Any]
) -> None:
    assert_causal(small(name, channels=3, levels=4, **{**options, **extra}))


@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=variant_name)
def test_no_output_depends_on_another_image_of_the_batch(
    name: str, options: dict[str, Any]
) -> None:
    model = small(name, **{**options, "dropout": 0.0} if "dropout" in options else options).train()
    x = torch.randn(4, 1, 4, 5, dtype=torch.float64)
    with torch.no_grad():
        together = model.network(x, None)
        alone = torch.cat([model.network(image[None], None) for image in x])
    torch.testing.assert_close(together, alone, atol=1e-12, rtol=0)


# ---------------------------------------------------------------- complete, or how not


def support(model: AutoregressiveModel) -> Tensor:
    """Where gradients are not exactly 0: bool (targets, sources), both `in_order`."""
    order = list(in_order(model.config))
    n = len(order)
    colour, row, column = (torch.tensor(part) for part in zip(*order, strict=True))
    seen = torch.zeros(n, n, dtype=torch.bool)
    for _ in range(3):  # a unit that is inactive for one image may be active for another
        shape = (1, model.config.channels, model.config.height, model.config.width)
        x = torch.randn(shape, dtype=torch.float64).repeat(n, 1, 1, 1).requires_grad_()
        parameters = model.unpack(model.network(x, None))  # the n-th one is for the n-th target
        targets = parameters[torch.arange(n), :, colour, row, column]  # (targets, P)
        (targets * torch.randn(targets.shape[1])).sum().backward()
        assert x.grad is not None
        seen |= x.grad.permute(0, 2, 3, 1).reshape(n, n) != 0
    return seen


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=variant_name)
def test_at_saturating_depth_a_complete_architecture_sees_exactly_its_past(
    name: str, options: dict[str, Any], channels: int
) -> None:
    chosen = {"first_kernel_size": 3, "channels": channels, **options, "blocks": 1}
    blocks = small(name, **chosen).config.saturating_blocks
    model = small(name, **{**chosen, "blocks": blocks}).eval()
    expected = legal(model.config)
    if model.likelihood.coupled:  # then R enters G's distribution there, not in the network
        expected &= ~same_pixel(model.config)
    seen = support(model)
    assert not (seen & ~expected).any()
    assert torch.equal(seen, expected) == model.complete


def test_completeness_is_claimed_as_in_the_papers() -> None:
    claims = {
        (name, options.get("layer")): small(name, **options).complete for name, options in VARIANTS
    }
    assert claims == {
        ("pixelcnn", None): False,
        ("pixelcnn_attention", None): True,
        ("gated_pixelcnn", None): True,
        ("pixelcnnpp", None): True,
        ("pixelsnail", None): True,
        ("pixelrnn", "diagonal_bilstm"): True,
        ("pixelrnn", "row_lstm"): False,
    }


def displacements(model: AutoregressiveModel) -> tuple[Tensor, Tensor]:
    """Rows up and columns to the right from each target to each source, grey images."""
    height, width = model.config.height, model.config.width
    row = torch.arange(height).repeat_interleave(width)
    column = torch.arange(width).repeat(height)
    return row[:, None] - row, column - column[:, None]


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("blocks", [1, 2])
@pytest.mark.parametrize(("first", "kernel_size"), [(3, 3), (3, 5), (5, 3), (3, 1)])
def test_the_row_lstm_sees_a_triangle_exactly(
    first: int, kernel_size: int, blocks: int, cell: str
) -> None:
    model = small(
        "pixelrnn",
        layer="row_lstm",
        cell=cell,
        height=6,
        width=11,
        blocks=blocks,
        first_kernel_size=first,
        kernel_size=kernel_size,
    )
    up, right = displacements(model)
    # One column to each side per row, from the window of the first convolution; and to the left
    # what the masked convolutions along the row add.
    # left what the masked convolutions along the row add.
    left = up + first // 2 + blocks * (kernel_size // 2)
    triangle = (up >= 1) & (right <= up - 1 + first // 2) & (right >= -left)
    own_row = (up == 0) & (right <= -1) & (right >= -left)
    assert torch.equal(support(model), triangle | own_row)


@pytest.mark.parametrize(("first", "kernel_size"), [(3, 3), (5, 3), (3, 5)])
def test_the_blind_spot_of_the_pixelcnn_is_what_lies_right_of_a_slanted_line(
    first: int, kernel_size: int
) -> None:
    model = small(
        "pixelcnn", height=6, width=9, blocks=9, first_kernel_size=first, kernel_size=kernel_size
    )
    up, right = displacements(model)
    seen = (up >= 1) & (right <= first // 2 + (up - 1) * (kernel_size // 2))
    assert torch.equal(support(model), seen | ((up == 0) & (right < 0)))


def test_without_its_own_pixel_the_reverse_pass_loses_the_last_one_of_the_row_above() -> None:
    model = small("pixelrnn", height=5, width=9, first_kernel_size=3)
    model.layers[0].own_pixel = None
    up, right = displacements(model)
    to_the_end = model.config.width - 1 - torch.arange(9).repeat(5)[:, None]
    lost = (up == 1) & (right == to_the_end) & (right > 1)
    assert torch.equal(support(model), legal(model.config) & ~lost)


# ---------------------------------------------------------------- probabilities


def all_images(levels: int, channels: int, height: int, width: int) -> Tensor:
    """Every possible image: uint8 (levels ** sub-pixels, C, H, W)."""
    pixels = itertools.product(range(levels), repeat=channels * height * width)
    return torch.tensor(list(pixels), dtype=torch.uint8).reshape(-1, channels, height, width)


@pytest.mark.parametrize(
    ("levels", "channels", "height", "width"),
    [(2, 1, 2, 2), (2, 1, 3, 3), (4, 1, 1, 2), (4, 3, 1, 1), (2, 3, 1, 2), (256, 1, 1, 1)],
)
@pytest.mark.parametrize("extra", [{}, *EXTRAS], ids=variant_name)
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=variant_name)
def test_the_probabilities_of_all_images_sum_to_1(
    name: str,
    options: dict[str, Any],
    extra: dict[str, Any],
    levels: int,
    channels: int,
    height: int,
    width: int,
) -> None:
    size = 2 * min(max(height, width), 2) - 1
    shape = {"levels": levels, "channels": channels, "height": height, "width": width}
    kernels = {"kernel_size": size, "first_kernel_size": size}
    chosen = {**options, **extra, **shape, **kernels, "position": True}
    model = small(name, **chosen).float().eval()
    if model.config.likelihood == "logistic_mixture":  # narrow, or all levels are equally likely
        scales = slice(2 * model.config.components, 3 * model.config.components)
        with torch.no_grad():
            model.output.bias.view(channels, -1)[:, scales] -= 6
    images = all_images(levels, channels, height, width)
    for label in range(model.config.label_slots) if model.config.classes else [None]:
        labels = None if label is None else torch.full((len(images),), label)
        with torch.no_grad():
            nats = model.log_prob(images, labels)
        assert nats.exp().sum().item() == pytest.approx(1, abs=1e-5)
        assert nats.std() > 0.01, "a model that finds all images alike would prove little"
