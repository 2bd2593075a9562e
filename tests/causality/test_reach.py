"""Receptive fields: exact counts, and agreement with gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from pixelcnn.causality.depth_growth import put_mask_b_first, receptive_field_by_depth
from pixelcnn.causality.reach import (
    AuditReport,
    audit,
    legal_relation,
    limit_reach,
    receptive_field,
    sub_pixel_relation,
)
from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import trace
from pixelcnn.models.registry import build_model, model_names

PAIRS = 306_936  # (target, predecessor) pairs of a 28 x 28 image, one channel


def thin(name: str, **options: Any) -> AutoregressiveModel:
    """As few channels as possible, since these do not affect the reach."""
    return build_model(name, hidden_channels=options.pop("hidden_channels", 1), **options)


def stack(layers: int, **options: Any) -> AutoregressiveModel:
    """A first layer of type A and `layers` k x k masked convolutions of type B."""
    return thin("pixelcnn", block="bottleneck", blocks=layers, **options)


# ---------------------------------------------------------------- the exact counts, 28 x 28


def test_seven_layers_after_a_7_x_7_one_see_a_third() -> None:
    report = audit(stack(7))
    assert (report.legal, report.seen, report.never, report.leaks) == (PAIRS, 99_808, 55_250, 0)
    assert f"{report.seen_share:.1%}" == "32.5%"
    centre = report.at(14, 14)
    assert (centre.legal, centre.seen, centre.not_yet, centre.never) == (406, 192, 159, 55)
    assert centre.leaks == 0
    assert report.causal


def test_plain_blocks_have_two_layers_each() -> None:
    seen = receptive_field(thin("pixelcnn", block="plain", blocks=4))
    assert np.array_equal(seen, receptive_field(stack(8)))


def test_fifteen_layers_see_two_thirds() -> None:
    seen = receptive_field(stack(15))
    assert f"{seen.sum() / PAIRS:.1%}" == "65.3%"
    assert seen[14, 14].sum() == 351


def test_no_depth_sees_the_blind_spot() -> None:
    limit = limit_reach(stack(1))[0, :, :, 0]
    assert limit.sum() == PAIRS - 55_250
    assert f"{limit.sum() / PAIRS:.1%}" == "82.0%"
    assert 406 - limit[14, 14].sum() == 55


@pytest.mark.parametrize(
    ("options", "share"),
    [
        ({"first_kernel_size": 3, "kernel_size": 3}, "77.9%"),
        ({"first_kernel_size": 7, "kernel_size": 5}, "89.1%"),
    ],
)
def test_the_blind_spot_depends_on_the_kernels(options: dict[str, int], share: str) -> None:
    report = audit(stack(1, **options))
    assert f"{1 - report.never / report.legal:.1%}" == share


def test_two_stacks_with_enough_layers_see_everything_and_nothing_else() -> None:
    report = audit(thin("gated_pixelcnn", blocks=26))
    assert np.array_equal(report.relation, report.legal_map)
    assert (report.legal, report.seen, report.never, report.leaks) == (PAIRS, PAIRS, 0, 0)


@pytest.mark.parametrize("name", model_names())
def test_mask_b_first_leaks_every_pixel_to_itself(name: str) -> None:
    model = thin(name, blocks=2)
    put_mask_b_first(model)
    report = audit(model)
    assert report.leaks == 784
    assert not report.causal
    itself = np.eye(784, dtype=bool).reshape(1, 28, 28, 1, 28, 28)
    assert np.array_equal(report.relation & ~report.legal_map, itself)
    assert report.at(14, 14).leaks == 1


@pytest.mark.parametrize("name", model_names())
def test_presets_of_the_registry_leak_nothing(name: str) -> None:
    model = thin(name, hidden_channels=2, blocks=3, kernel_size=7, position=True, classes=10)
    assert audit(model).leaks == 0


# ---------------------------------------------------------------- against gradients


def gradient_support(model: AutoregressiveModel, seeds: int = 3) -> np.ndarray:
    """The outputs that react to each input, in float64: bool (C, H, W, C, H, W).

    Summed over all parameters of an output with random weights, so that nothing cancels, and over
    several images, so that a ReLU which happens to be shut hides nothing.
    """
    config = model.config
    model = model.double().eval()
    torch.manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1 + 0.3 * ("bias" in name))
    shape = (config.channels, config.height, config.width)
    support = np.zeros((*shape, *shape), bool)
    labels = torch.zeros(1, dtype=torch.int64) if config.classes else None
    for _ in range(seeds):
        x = torch.randn(1, *shape, dtype=torch.float64, requires_grad=True)
        output = model.unpack(model.network(x, labels))[0]  # (P, C, H, W)
        mixed = (output * torch.randn(len(output), 1, 1, 1, dtype=torch.float64)).sum(dim=0)
        for target in np.ndindex(*shape):
            (gradient,) = torch.autograd.grad(mixed[target], x, retain_graph=True)
            support[target] |= gradient[0].numpy() != 0
    return support


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("pixelcnn", {"block": "plain", "blocks": 1}),
        ("pixelcnn", {"block": "plain", "blocks": 2, "first_kernel_size": 5}),
        ("pixelcnn", {"block": "bottleneck", "blocks": 3, "norm": "layer", "position": True}),
        ("pixelcnn", {"block": "bottleneck", "blocks": 1, "kernel_size": 5, "classes": 2}),
        ("gated_pixelcnn", {"blocks": 1}),
        ("gated_pixelcnn", {"blocks": 3, "position": True}),
        ("gated_pixelcnn", {"blocks": 1, "kernel_size": 5, "classes": 2, "levels": 4}),
    ],
)
def test_the_exact_reach_is_the_support_of_the_gradients(
    name: str, options: dict[str, Any], channels: int
) -> None:
    sizes = {"height": 5, "width": 6, "first_kernel_size": 3, "channels": channels}
    model = build_model(name, hidden_channels=48, **{**sizes, **options})
    relation = audit(model).relation
    assert np.array_equal(gradient_support(model), relation)


@settings(max_examples=15)
@given(
    name=st.sampled_from(model_names()),
    height=st.integers(2, 5),
    width=st.integers(2, 5),
    blocks=st.integers(1, 3),
    kernel=st.sampled_from([1, 3]),
    first=st.sampled_from([1, 3]),
)
def test_the_exact_reach_is_the_support_of_the_gradients_at_any_size(
    name: str, height: int, width: int, blocks: int, kernel: int, first: int
) -> None:
    model = build_model(
        name,
        height=height,
        width=width,
        blocks=blocks,
        kernel_size=kernel,
        first_kernel_size=first,
        hidden_channels=32,
    )
    relation = sub_pixel_relation(trace(model), model)
    assert np.array_equal(gradient_support(model), relation)
    assert not (relation & ~legal_relation(1, height, width)).any()


@pytest.mark.parametrize("name", model_names())
def test_gradients_find_the_leak_of_mask_b_first_too(name: str) -> None:
    model = build_model(name, height=4, width=4, first_kernel_size=3, hidden_channels=32, blocks=2)
    put_mask_b_first(model)
    relation = sub_pixel_relation(trace(model), model)
    support = gradient_support(model)
    assert np.array_equal(support, relation)
    assert (support & ~legal_relation(1, 4, 4)).sum() == 16


def test_every_complete_architecture_is_complete_in_the_limit() -> None:
    for name in model_names():
        for channels in (1, 3):
            model = build_model(
                name, height=6, width=7, channels=channels, hidden_channels=3, blocks=1
            )
            everything = np.array_equal(limit_reach(model), legal_relation(channels, 6, 7))
            assert everything == model.complete


# ---------------------------------------------------------------- the interface


def test_legal_relation_is_the_order_of_drawing() -> None:
    legal = legal_relation(3, 2, 2)
    assert legal[1, 0, 1, 0, 0, 1]  # G after R of the same pixel
    assert not legal[0, 0, 1, 1, 0, 1]
    assert legal[0, 1, 0, 2, 0, 1]  # any colour of an earlier pixel
    assert legal.sum() == 12 * 11 // 2


def test_receptive_field_of_one_pixel_is_a_slice_of_all() -> None:
    model = stack(3)
    fields = receptive_field(model)
    assert fields.shape == (28, 28, 28, 28)
    assert np.array_equal(receptive_field(model, (3, 20)), fields[3, 20])


@pytest.mark.parametrize("pixel", [(28, 0), (0, -1), (-1, 5), (5, 28)])
def test_a_pixel_outside_the_image_is_refused(pixel: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match=r"pixel = .* lies outside a 28 x 28 image"):
        receptive_field(stack(1), pixel)


def test_a_first_layer_of_a_single_weight_of_type_a_sees_nothing() -> None:
    report = audit(stack(3, first_kernel_size=1, height=6, width=6))
    assert (report.seen, report.leaks, report.never) == (0, 0, report.legal)


def test_the_number_of_channels_does_not_change_the_reach() -> None:
    for name in model_names():
        thick = build_model(name, hidden_channels=24, blocks=2, height=8, width=8)
        slim = build_model(name, hidden_channels=1, blocks=2, height=8, width=8)
        assert np.array_equal(receptive_field(thick), receptive_field(slim))


def test_counts_of_single_pixels_add_up_to_the_report() -> None:
    report = audit(stack(2, height=6, width=7))
    at = [report.at(row, column) for row in range(6) for column in range(7)]
    for total, part in [("legal", "legal"), ("seen", "seen"), ("never", "never")]:
        assert getattr(report, total) == sum(getattr(pixel, part) for pixel in at)
    assert all(pixel.legal == pixel.seen + pixel.not_yet + pixel.never for pixel in at)


def test_leaks_are_counted_even_where_the_past_is_seen_whole() -> None:
    everything = np.ones((1, 3, 3, 1, 3, 3), bool)
    report = AuditReport(everything, everything)
    assert (report.legal, report.seen, report.leaks, report.never) == (36, 36, 45, 0)


# ---------------------------------------------------------------- layer by layer


@pytest.mark.parametrize("mask", ["A", "B"])
@pytest.mark.parametrize(
    ("name", "first", "kernel"),
    [("pixelcnn", 7, 3), ("pixelcnn", 3, 5), ("gated_pixelcnn", 7, 3), ("gated_pixelcnn", 3, 5)],
)
def test_receptive_fields_by_depth_agree_with_networks_of_each_depth(
    name: str, first: int, kernel: int, mask: Any
) -> None:
    size = 13
    grown = receptive_field_by_depth(
        name, size=size, first_kernel_size=first, kernel_size=kernel, first_mask=mask
    )
    assert len(grown.relations) == size
    options = {"block": "bottleneck"} if name == "pixelcnn" else {}
    for blocks in (1, 2, 3, 4, 7, 12):
        model = thin(
            name,
            height=size,
            width=size,
            blocks=blocks,
            first_kernel_size=first,
            kernel_size=kernel,
            **options,
        )
        if mask == "B":
            put_mask_b_first(model)
        assert np.array_equal(grown.relations[blocks], receptive_field(model))


@pytest.mark.parametrize("kernel", [3, 5, 7])
@pytest.mark.parametrize("name", model_names())
def test_receptive_fields_end_where_no_depth_adds_anything(name: str, kernel: int) -> None:
    grown = receptive_field_by_depth(name, size=12, first_kernel_size=3, kernel_size=kernel)
    model = thin(name, height=12, width=12, first_kernel_size=3, kernel_size=kernel, blocks=1)
    assert np.array_equal(grown.limit, limit_reach(model)[0, :, :, 0])


def test_the_first_layer_alone_sees_its_own_window() -> None:
    grown = receptive_field_by_depth("pixelcnn", first_kernel_size=5)
    expected = np.zeros((28, 28), bool)
    expected[12:14, 12:17] = True
    expected[14, 12:14] = True
    assert np.array_equal(grown.relations[0][14, 14], expected)


def test_totals_by_depth_agree_with_the_audit() -> None:
    plain, gated = (
        receptive_field_by_depth("pixelcnn").totals,
        receptive_field_by_depth("gated_pixelcnn").totals,
    )
    at = plain[7]
    assert (at.legal, at.seen, at.never, at.leaks) == (PAIRS, 99_808, 55_250, 0)
    assert f"{plain[27].seen_share:.1%}" == "82.0%"
    assert (gated[7].never, gated[26].seen) == (0, PAIRS)
    assert {
        total.leaks for total in receptive_field_by_depth("gated_pixelcnn", first_mask="B").totals
    } == {784}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "pixelvae"}, "'pixelvae' is unknown"),
        ({"kernel_size": 4}, "kernel_size = 4 has no centre"),
        ({"first_mask": "C"}, "first_mask = 'C' is unknown"),
        ({"size": 1}, "size = 1"),
    ],
)
def test_invalid_sizes_are_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        receptive_field_by_depth(**{"name": "pixelcnn", **options})
