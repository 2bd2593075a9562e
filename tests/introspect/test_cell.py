"""A cell of a feature map is explained by the values that it is computed from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pixelcnn.causality.reach import receptive_field
from pixelcnn.errors import ConfigError
from pixelcnn.introspect.attention_cell import looked_up
from pixelcnn.introspect.cell import Cell, Term, convolution, made_of, window
from pixelcnn.introspect.feature_maps import activations, attention_weights, summarize
from pixelcnn.introspect.recurrent_cell import remembered
from pixelcnn.introspect.wiring import Numbers, Wiring, gate_maps, numbers_of, wire
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.conditioning import LabelPlanes
from pixelcnn.nn.layers import TapConv2d
from tests.helpers.model_cases import VARIANTS, small, variant_name

LABELLED: list[tuple[str, dict[str, Any]]] = [
    ("pixelcnn", {"classes": 3, "conditioning": "concat", "position": True}),
    ("gated_pixelcnn", {"classes": 3, "conditioning": "film", "channels": 3}),
]


def looked_at(
    name: str, options: dict[str, Any]
) -> tuple[AutoregressiveModel, Wiring, Tensor, Tensor | None, Numbers]:
    """A small model, its wiring, an image, its label, and all values for them."""
    model = small(name, **options).float().eval()
    config = model.config
    generator = torch.Generator().manual_seed(3)
    shape = (config.channels, config.height, config.width)
    image = torch.randint(0, config.levels, shape, generator=generator).to(torch.uint8)
    labels = torch.tensor([1]) if config.classes else None
    wiring = wire(model)
    return model, wiring, image, labels, numbers_of(model, wiring.graph, image, labels)


def cells(shape: tuple[int, ...]) -> Iterator[Cell]:
    """Corners and centre of maps, in different channels."""
    channels, rows, columns = shape
    for place, (row, column) in enumerate(
        [
            (0, 0),
            (0, columns - 1),
            (rows // 2, columns // 2),
            (rows - 1, 0),
            (rows - 1, columns - 1),
        ]
    ):
        yield (place * 5) % channels, row, column


@pytest.mark.parametrize(("name", "options"), [*VARIANTS, *LABELLED], ids=variant_name)
def test_kernel_times_patch_is_the_value_of_every_convolution(
    name: str, options: dict[str, Any]
) -> None:
    model, wiring, image, labels, numbers = looked_at(name, options)
    maps = activations(model, image[None], labels)
    explained = set()
    for place, value in wiring.places.items():
        for cell in cells(tuple(numbers[value.index].shape)):
            result = convolution(wiring, numbers, place, cell)
            if result is None:
                continue
            explained.add(value.layer)
            assert result.total == pytest.approx(maps[place][0][cell].item(), abs=2e-5)
            assert np.nansum(result.products) == pytest.approx(result.sums[result.source])
            assert abs(result.sums[result.source]) == abs(result.sums).max()
            np.testing.assert_array_equal(result.products, result.patch * result.kernel)
            last = len(result.sums) - 1
            other = convolution(wiring, numbers, place, cell, last)
            assert other is not None
            assert np.nansum(other.products) == pytest.approx(result.sums[last])
    of_labels = [layer for layer in model.modules() if isinstance(layer, LabelPlanes)]
    layers = [layer for layer in model.modules() if isinstance(layer, TapConv2d)]
    assert len(explained) == len(layers) - len(of_labels)


@pytest.mark.parametrize(("name", "options"), [*VARIANTS, *LABELLED], ids=variant_name)
def test_every_layer_that_leads_to_the_prediction_is_named(
    name: str, options: dict[str, Any]
) -> None:
    model, wiring, image, labels, numbers = looked_at(name, options)
    maps = activations(model, image[None], labels)
    # Nothing reads the last vertical stack, and label planes do not read the image.
    unread = {place for place in maps if place not in wiring.places}
    assert all(place.endswith(("2.vertical_stack", "convolution")) for place in unread)
    for place, value in wiring.places.items():
        if place in maps:
            assert torch.equal(numbers[value.index], maps[place][0])


@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=variant_name)
def test_a_cell_changes_only_with_pixels_in_its_window(name: str, options: dict[str, Any]) -> None:
    model, wiring, image, _, numbers = looked_at(name, options)
    pixels = list(np.ndindex(*image.shape[1:]))
    flipped = [image.clone() for _ in pixels]
    for one, (row, column) in zip(flipped, pixels, strict=True):
        one[0, row, column] ^= 1
    changed = [numbers_of(model, wiring.graph, one) for one in flipped]
    noticed = possible = 0
    for place, value in wiring.places.items():
        for cell in cells(tuple(numbers[value.index].shape)):
            seen = window(wiring, place, cell)
            for pixel, after in zip(pixels, changed, strict=True):
                same = after[value.index][cell] == numbers[value.index][cell]
                assert same or seen[pixel], (place, cell, pixel)
                noticed += bool(seen[pixel] and not same)
            possible += int(seen.sum())
    assert noticed > 0.8 * possible


def test_the_window_of_the_output_is_the_receptive_field() -> None:
    model, wiring, *_ = looked_at("gated_pixelcnn", {})
    for pixel in [(0, 0), (2, 3), (3, 4)]:
        expected = receptive_field(model, pixel)
        np.testing.assert_array_equal(window(wiring, "output", (0, *pixel)), expected)


def worked_out(term: Term) -> float:
    """Recompute a value from its parts."""
    parts = [worked_out(part) for part in term.parts]
    if term.op == "number":
        return term.value
    if term.op == "add":
        return sum(parts)
    if term.op == "mul":
        return math.prod(parts)
    (x,) = parts
    known = {
        "relu": max(x, 0),
        "elu": x if x > 0 else math.expm1(x),
        "tanh": math.tanh(x),
        "sigmoid": 1 / (1 + math.exp(-x)),
        "neg": -x,
    }
    return known[term.op]


@pytest.mark.parametrize(("name", "options"), [*VARIANTS, *LABELLED], ids=variant_name)
def test_sums_and_gates_follow_from_the_layers_before_them(
    name: str, options: dict[str, Any]
) -> None:
    _, wiring, _, _, numbers = looked_at(name, options)
    kinds = set()
    for place, value in wiring.places.items():
        for cell in cells(tuple(numbers[value.index].shape)):
            term = made_of(wiring, numbers, place, cell)
            kinds.add(term.op)
            assert term.value == pytest.approx(numbers[value.index][cell].item())
            assert worked_out(term) == pytest.approx(term.value, abs=1e-5)
            assert all(leaf.name for leaf in term.leaves)
    expected = {"pixelrnn": set(), "gated_pixelcnn": {"add", "mul", "tanh", "sigmoid"}}
    assert expected.get(name, {"add"}) <= kinds


def test_a_gate_names_the_layers_it_is_computed_from() -> None:
    _, wiring, _, _, numbers = looked_at("gated_pixelcnn", {})
    term = made_of(wiring, numbers, "layers.1.vertical_stack", (3, 2, 2))
    assert (term.op, [part.name for part in term.parts]) == (
        "mul",
        ["comes from layer 2: vertical tanh, map 3", "comes from layer 2: vertical sigmoid, map 3"],
    )
    sigmoid = made_of(wiring, numbers, "layers.1.vertical_gate.sigmoid", (3, 2, 2))
    assert sigmoid.parts[0].name == "comes from layer 2: vertical, map 15"  # the second half of 24
    grown = made_of(wiring, numbers, "layers.1.horizontal_stack", (0, 0, 0))
    assert [part.name for part in grown.parts] == [
        "comes from layer 1, map 0",
        "comes from layer 2: mix, map 0",
    ]


@pytest.mark.parametrize(
    ("name", "gates"),
    [("gated_pixelcnn", 5), ("pixelcnnpp", 28), ("pixelsnail", 6), ("pixelcnn", 0)],
)
def test_both_halves_of_every_gate_are_available(name: str, gates: int) -> None:
    model, wiring, _, _, numbers = looked_at(name, {})
    gates_by_name = gate_maps(wiring, numbers)
    assert len(gates_by_name) == 2 * gates
    summaries = summarize(model, gates_by_name)
    assert {summary.part for summary in summaries} <= {"gate"}
    assert (
        len({summary.label for summary in summaries})
        == len({summary.title for summary in summaries})
        == 2 * gates
    )
    for place, maps in gates_by_name.items():
        if place.endswith(".sigmoid"):
            assert 0 <= maps.min() <= maps.max() <= 1


def test_missing_places_and_cells_are_explained() -> None:
    _, wiring, _, _, numbers = looked_at("pixelcnn", {})
    with pytest.raises(ConfigError, match="nowhere is not a layer"):
        window(wiring, "nowhere", (0, 0, 0))
    with pytest.raises(ConfigError, match=r"\(12, 0, 0\) is outside the maps of first"):
        convolution(wiring, numbers, "first", (12, 0, 0))
    with pytest.raises(ConfigError, match="source = 1 is unknown; first reads 1 maps"):
        convolution(wiring, numbers, "first", (0, 0, 0), 1)


# ---------------------------------------------------------------- attention and recurrence


@pytest.mark.parametrize(
    ("name", "options"),
    [case for case in VARIANTS if case[0] in ("pixelcnn_attention", "pixelsnail")],
    ids=variant_name,
)
def test_weight_times_value_is_the_number_of_every_attention(
    name: str, options: dict[str, Any]
) -> None:
    model, wiring, image, labels, numbers = looked_at(name, options)
    maps, weights = activations(model, image[None], labels), attention_weights(model, image[None])
    assert set(weights) <= set(wiring.places)
    for place in weights:
        for cell in cells(tuple(maps[place][0].shape)):
            lookup = looked_up(wiring, numbers, place, cell)
            assert lookup is not None
            assert lookup.total == pytest.approx(maps[place][0][cell].item(), abs=1e-5)
            target = cell[1] * 5 + cell[2]
            assert np.nansum(lookup.weights) == pytest.approx(float(target > 0))
            np.testing.assert_array_equal(np.isnan(lookup.weights).ravel(), np.arange(20) >= target)
            used = weights[place][0, lookup.head, target, :target].numpy()
            np.testing.assert_allclose(lookup.weights.ravel()[:target], used, atol=1e-4)
            added = [abs(lookup.products[at]) for at in lookup.strongest]
            assert added == sorted(added, reverse=True)
            assert len(added) == target
    assert looked_up(wiring, numbers, "first", (0, 0, 0)) is None


@pytest.mark.parametrize(
    ("name", "options"), [case for case in VARIANTS if case[0] == "pixelrnn"], ids=variant_name
)
def test_the_gates_of_a_recurrence_make_the_number_of_its_cell(
    name: str, options: dict[str, Any]
) -> None:
    model, wiring, image, labels, numbers = looked_at(name, options)
    maps = activations(model, image[None], labels)
    letters = "rznh" if options.get("cell") == "gru" else "figcoh"
    layers = [place for place in maps if place.endswith("recurrence")]
    for place in layers:
        for cell in cells(tuple(maps[place][0].shape)):
            steps = remembered(wiring, numbers, place, cell)
            assert steps is not None
            assert "".join(steps) == letters
            assert steps["h"].value == pytest.approx(maps[place][0][cell].item(), abs=1e-5)
            for term in steps.values():
                assert worked_out(term) == pytest.approx(term.value)
                assert all(leaf.name for leaf in term.leaves)
    assert len(layers) == (4 if options["layer"] == "diagonal_bilstm" else 2)
    assert remembered(wiring, numbers, "first", (0, 0, 0)) is None
