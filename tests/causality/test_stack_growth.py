"""One stack with any masks: its fast receptive fields, paths through it, and generation orders."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from pixelcnn.causality.depth_growth import receptive_field_by_depth
from pixelcnn.causality.generation_orders import generation_order, in_order, order_names
from pixelcnn.causality.paths import Paths, Step, first_seen_depth, stack_path
from pixelcnn.causality.reach import legal_relation, receptive_field
from pixelcnn.causality.stack_growth import (
    masked_stack,
    stack_first_seen_depth,
    stack_receptive_field,
)
from pixelcnn.errors import ConfigError, DataError
from pixelcnn.introspect.saliency import saliency
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import trace
from pixelcnn.models.registry import build_model
from pixelcnn.nn.attention import CausalAttention
from pixelcnn.nn.layers import TapConv2d, TapLayer, causal_mask
from pixelcnn.nn.recurrence import Recurrence

SIZE = 9
any_mask = hnp.arrays(bool, st.sampled_from([(3, 3), (5, 5)]))


def usual(size: int, kind: Any) -> np.ndarray:
    return causal_mask(1, 1, (size, size), kind)[0, 0].numpy()


# ---------------------------------------------------------------- receptive fields


@pytest.mark.parametrize(("first", "kernel", "dilation"), [(7, 3, 1), (3, 5, 2), (5, 3, 3)])
def test_the_fast_receptive_field_of_a_stack_is_that_of_its_network(
    first: int, kernel: int, dilation: int
) -> None:
    fast = stack_receptive_field(usual(first, "A"), usual(kernel, "B"), dilation=dilation)
    general = receptive_field_by_depth(
        "pixelcnn", first_kernel_size=first, kernel_size=kernel, dilations=(dilation,)
    )
    assert np.array_equal(fast.relations, general.relations)
    assert np.array_equal(fast.limit, general.limit)


@settings(max_examples=15)
@given(first=any_mask, later=any_mask, dilation=st.integers(1, 2), blocks=st.integers(1, 6))
def test_a_stack_with_edited_masks_sees_what_such_a_network_sees(
    first: np.ndarray, later: np.ndarray, dilation: int, blocks: int
) -> None:
    fast = stack_receptive_field(first, later, size=6, dilation=dilation)
    network = masked_stack(first, later, size=6, blocks=blocks, dilation=dilation)
    if blocks < 6:
        assert np.array_equal(fast.relations[blocks], receptive_field(network))
    deep = masked_stack(first, later, size=6, blocks=24, dilation=dilation)
    assert np.array_equal(fast.limit, receptive_field(deep))


@settings(max_examples=25)
@given(first=any_mask, later=any_mask, dilation=st.integers(1, 2))
def test_a_path_through_a_stack_with_edited_masks_takes_kept_weights_only(
    first: np.ndarray, later: np.ndarray, dilation: int
) -> None:
    first_seen = stack_first_seen_depth(first, later, (2, 3), size=6, dilation=dilation)
    assert np.array_equal(
        first_seen >= 0,
        stack_receptive_field(first, later, size=6, dilation=dilation).limit[:, :, 2, 3],
    )
    for target in np.ndindex(6, 6):
        steps = stack_path(first_seen, later, (2, 3), target, dilation=dilation)
        assert bool(steps) == (first_seen[target] >= 0)
        for index, (before, after) in enumerate(pairwise(steps)):
            mask, apart = (first, 1) if index == 0 else (later, dilation)
            row = (before.row - after.row) // apart + len(mask) // 2
            column = (before.column - after.column) // apart + len(mask) // 2
            assert mask[row, column]


def test_the_limit_may_lie_deeper_than_the_layers_that_are_reported() -> None:
    """With no diagonal weight, the far corner takes a step for each row and for each column."""
    later = np.zeros((3, 3), bool)
    later[0, 1] = later[1, 0] = True
    fields = stack_receptive_field(usual(3, "A"), later, size=SIZE)
    assert len(fields.relations) == SIZE
    assert not fields.relations[-1][8, 8, 0, 0]
    assert fields.limit[8, 8, 0, 0]
    first_seen = stack_first_seen_depth(usual(3, "A"), later, (0, 0), size=SIZE)
    assert np.array_equal(first_seen >= 0, fields.limit[:, :, 0, 0])
    assert first_seen[8, 8] == 14  # seven rows and seven columns after a first step
    assert len(stack_path(first_seen, later, (0, 0), (8, 8))) == 16


def test_an_opened_future_weight_leaks() -> None:
    later = usual(3, "B")
    later[1, 2] = True
    leaks = [total.leaks for total in stack_receptive_field(usual(7, "A"), later).totals]
    assert leaks[0] == 0
    assert leaks[1] == 784 - 28  # each pixel but the last of a row now sees itself
    assert stack_receptive_field(usual(7, "A"), usual(3, "B")).totals[-1].leaks == 0


def test_a_row_lstm_has_the_blind_spot_of_3_x_3_kernels() -> None:
    rows = receptive_field_by_depth("pixelrnn", size=SIZE, layer="row_lstm")
    assert np.array_equal(rows.limit, receptive_field_by_depth("pixelcnn", size=SIZE).limit)


@pytest.mark.parametrize(
    ("first", "options", "message"),
    [
        (np.ones((4, 4), bool), {}, r"shape \(4, 4\) has no centre"),
        (np.ones((3, 5), bool), {}, r"shape \(3, 5\) has no centre"),
        (np.ones((3, 3), bool), {"size": 1}, "size = 1"),
        (np.ones((3, 3), bool), {"dilation": 0}, "dilation = 0"),
    ],
)
def test_an_invalid_stack_is_refused(
    first: np.ndarray, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        stack_receptive_field(first, usual(3, "B"), **options)


# ---------------------------------------------------------------- paths


@cache
def network(name: str) -> AutoregressiveModel:
    if name == "pixelcnn":
        return masked_stack(usual(5, "A"), usual(3, "B"), size=SIZE, blocks=SIZE - 1)
    sizes = {"height": SIZE, "width": SIZE, "first_kernel_size": 5}
    return build_model(name, hidden_channels=2, blocks=SIZE - 1, **sizes)


@cache
def paths(name: str) -> Paths:
    return Paths(trace(network(name)), SIZE, SIZE)


@pytest.mark.parametrize("name", ["pixelcnn", "gated_pixelcnn"])
def test_there_is_a_path_exactly_where_the_target_sees_the_source(name: str) -> None:
    relations = receptive_field_by_depth(name, size=SIZE, first_kernel_size=5).relations
    layers = dict(network(name).named_modules())
    for target in ((4, 4), (8, 0), (2, 8), (0, 3)):
        for source in np.ndindex(SIZE, SIZE):
            steps = paths(name).find(source, target)
            first_seen = int(first_seen_depth(relations[:, :, :, *source])[target])
            assert bool(steps) == (first_seen >= 0)
            if not steps:
                continue
            assert (steps[0].row, steps[0].column, steps[0].depth) == (*source, -1)
            assert (steps[-1].row, steps[-1].column) == target
            assert steps[-1].depth == first_seen  # through the fewest layers
            for before, after in pairwise(steps):
                move = (before.row - after.row, before.column - after.column)
                assert move in layers[after.layer].tap_masks()
            if name == "pixelcnn":
                depths = stack_first_seen_depth(usual(5, "A"), usual(3, "B"), source, size=SIZE)
                assert np.array_equal(depths, first_seen_depth(relations[:, :, :, *source]))
                assert stack_path(depths, usual(3, "B"), source, target) == steps


def test_paths_through_two_stacks_go_down_first_and_along_the_row_last() -> None:
    def kind(layer: str) -> str:
        return layer.rpartition(".")[2]

    steps = paths("gated_pixelcnn").find((1, 0), (4, 8))
    kinds = [kind(step.layer) for step in steps[1:]]
    assert set(kinds) == {"vertical", "shift", "horizontal"}
    assert kinds == sorted(kinds, key=["vertical", "shift", "horizontal"].index)
    assert {step.row for step in steps[1:] if kind(step.layer) == "horizontal"} == {4}


def is_one_turn(layer: Any, before: Step, after: Step) -> bool:
    """Whether a layer passes information from the place `before` to the place `after`."""
    row, column = after.row // after.scale, after.column // after.scale
    if isinstance(layer, CausalAttention):
        return (before.row, before.column) < (after.row, after.column)
    if isinstance(layer, Recurrence):
        return (before.row - row, before.column - column) in layer.offsets
    if isinstance(layer, TapLayer):
        stride = layer.stride[0] if isinstance(layer, TapConv2d) else 1
        scale = after.scale // stride  # of the layer's input
        move = (before.row // scale - row * stride, before.column // scale - column * stride)
        return move in layer.tap_masks()
    scale = 2 * after.scale  # each row and column is repeated
    return (before.row, before.column) == (row // 2 * scale, column // 2 * scale)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("pixelcnn_attention", {}),
        ("pixelsnail", {}),
        ("pixelrnn", {}),
        ("pixelrnn", {"layer": "row_lstm"}),
        ("pixelcnnpp", {}),
    ],
)
def test_paths_lead_through_attention_recurrence_and_other_resolutions(
    name: str, options: dict[str, Any]
) -> None:
    sizes: dict[str, Any] = {"first_kernel_size": 3, "kernel_size": 3}
    relations = receptive_field_by_depth(name, size=6, **sizes, **options).relations
    sizes |= {"height": 6, "width": 6, "hidden_channels": 2}
    models = [build_model(name, blocks=n, **sizes, **options) for n in range(1, len(relations))]
    paths = [Paths(trace(model), 6, 6) for model in models]
    for target in ((3, 2), (5, 0), (1, 5), (0, 1)):
        for source in np.ndindex(6, 6):
            first_seen = int(first_seen_depth(relations[:, :, :, *source])[target])
            blocks = max(1, first_seen)
            steps = paths[blocks - 1].find(source, target)
            assert bool(steps) == (first_seen >= 0)
            if steps:
                assert (steps[0].row, steps[0].column) == source
                assert (steps[-1].row, steps[-1].column) == target
                assert first_seen <= steps[-1].depth <= blocks
            layers = dict(models[blocks - 1].named_modules())
            for before, after in pairwise(steps):
                assert is_one_turn(layers[after.layer], before, after)


def test_attention_is_a_single_jump() -> None:
    model = build_model("pixelcnn_attention", height=9, width=9, hidden_channels=2, blocks=1)
    (start, jump) = Paths(trace(model), 9, 9).find((0, 8), (8, 0))
    assert (start.row, start.column, jump.row, jump.column) == (0, 8, 8, 0)
    assert jump.layer == "attentions.0.attention"


# ---------------------------------------------------------------- generation orders


@pytest.mark.parametrize("name", order_names())
def test_transforming_the_image_makes_a_raster_network_causal_in_every_order(name: str) -> None:
    order = generation_order(name, 6)
    assert sorted(order.ravel()) == list(range(36))
    relation = receptive_field_by_depth("gated_pixelcnn", size=6, first_kernel_size=3).relations
    legal = order[:, :, None, None] > order[None, None]
    turned = in_order(relation, order)
    assert not (turned & ~legal).any()
    assert np.array_equal(turned[-1], legal)
    assert np.array_equal(in_order(legal_relation(1, 6, 6)[0, :, :, 0], order), legal)


def test_each_order_transforms_the_image_as_its_name_says() -> None:
    relation = receptive_field_by_depth("pixelcnn", size=6, first_kernel_size=3).relations[2]
    turned = {name: in_order(relation, generation_order(name, 6)) for name in order_names()}
    assert np.array_equal(turned["raster"], relation)
    assert np.array_equal(turned["columns"][2, 4], relation[4, 2].T)
    assert np.array_equal(turned["reversed"][2, 4], relation[3, 1, ::-1, ::-1])
    mirrored = relation[3, 6 - 1 - 4].copy()
    mirrored[1::2] = mirrored[1::2, ::-1]
    assert np.array_equal(turned["serpentine"][3, 4], mirrored)


def test_an_unknown_order_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="'spiral' is unknown; use one of raster"):
        generation_order("spiral", 6)


# ---------------------------------------------------------------- saliency


@pytest.mark.parametrize("classes", [0, 3])
def test_saliency_is_the_slope_of_the_logit_and_zero_out_of_reach(classes: int) -> None:
    torch.manual_seed(0)
    sizes = {"height": 7, "width": 6, "first_kernel_size": 3}
    model = build_model("pixelcnn", hidden_channels=8, blocks=1, classes=classes, **sizes)
    with torch.no_grad():  # a fresh model ignores the class
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    images = torch.randint(0, 2, (11, 1, 7, 6), dtype=torch.uint8)
    labels = torch.arange(11) % 3 if classes else None
    calls: list[tuple[int, int]] = []
    weights = saliency(
        model, images, (4, 3), labels, progress=lambda done, of: calls.append((done, of))
    )
    assert np.array_equal(weights > 0, receptive_field(model, (4, 3)))
    assert calls == [(8, 11), (11, 11)]

    # The same by finite differences for one pixel: the network is smooth in its input.
    model = model.double()
    x = model.scale(images).double()
    further, nearer = x.clone(), x.clone()
    further[:, 0, 3, 3] += 1e-5
    nearer[:, 0, 3, 3] -= 1e-5
    with torch.no_grad():
        change = model.network(further, labels) - model.network(nearer, labels)
    slope = change[:, 0, 4, 3].abs().mean() / 2e-5
    assert weights[3, 3] == pytest.approx(float(slope), rel=1e-3)


def test_saliency_refuses_what_does_not_fit() -> None:
    model = build_model("pixelcnn", height=4, width=4, hidden_channels=2, blocks=1)
    images = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    with pytest.raises(ConfigError, match=r"target = \(4, 0\) is outside 4 x 4"):
        saliency(model, images, (4, 0))
    with pytest.raises(DataError, match="images is empty"):
        saliency(model, images[:0], (1, 1))
    colours = build_model("pixelcnn", channels=3, height=4, width=4, hidden_channels=3, blocks=1)
    with pytest.raises(ConfigError, match="needs a grey model of two levels"):
        saliency(colours, images, (1, 1))
