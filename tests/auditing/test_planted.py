"""A mistake planted somewhere in a deep network is found in the layer where it was planted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import nn

import pixelcnn
from pixelcnn.causality.reach import legal_relation
from tests.helpers.audit_leaking import OneWeight, RowsBelow
from tests.helpers.audit_parts import Attention, DownShifted, Masked, down, flat, square

WIDTH = 4
LAYERS = 10


def deep(at: int = -1, planted: nn.Module | None = None, size: int = 3) -> nn.Sequential:
    """Ten masked layers, the one at a place exchanged."""
    layers = [
        Masked("B" if index else "A", WIDTH if index else 1, WIDTH, size) for index in range(LAYERS)
    ]
    if planted is not None:
        layers[at] = planted
    between = [part for layer in layers for part in (layer, nn.ReLU())]
    return nn.Sequential(*between, nn.Conv2d(WIDTH, 2, 1))


class OverPixels(nn.Module):
    """Attention among the pixels of a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = Attention(WIDTH, diagonal=200)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + square(self.attention(flat(x)), x.shape[-1])


PLANTED = {
    "no_mask": (6, lambda: nn.Conv2d(WIDTH, WIDTH, 3, padding=1)),
    "rows_below": (5, lambda: RowsBelow("B", WIDTH, WIDTH, 3)),
    "one weight": (8, lambda: OneWeight("B", WIDTH, WIDTH, 3)),
    "b_first": (0, lambda: Masked("B", 1, WIDTH, 3)),
    "attention_row": (4, OverPixels),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_mistake_in_one_of_ten_layers_is_located(name: str) -> None:
    at, make = PLANTED[name]
    report = pixelcnn.audit(deep(at, make()))
    assert report.verdict == "leak"
    assert report.culprit is not None
    assert report.culprit.module.split(".")[0] == str(2 * at)
    assert report.culprit.code is not None


@pytest.mark.parametrize("seed", range(8))
def test_one_weight_is_found_however_narrow_and_deep_the_network(seed: int) -> None:
    """Most such networks are shut somewhere by a ReLU, with most weights."""
    torch.manual_seed(seed)
    at, make = PLANTED["one weight"]
    report = pixelcnn.audit(deep(at, make()))
    assert report.verdict == "leak"
    assert report.culprit is not None
    assert report.culprit.module == str(2 * at)


def test_the_first_of_many_layers_without_a_mask_is_named() -> None:
    report = pixelcnn.audit(nn.Sequential(*(nn.Conv2d(1, 1, 3, padding=1) for _ in range(LAYERS))))
    assert report.culprit is not None
    assert report.culprit.module == "0"


def test_exchanged_masks_are_put_down_to_the_first_layer() -> None:
    class Around(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = Masked("A", WIDTH, WIDTH, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.layer(x).relu()

    net = nn.Sequential(
        Masked("B", 1, WIDTH, 3), *(Around() for _ in range(LAYERS - 1)), nn.Conv2d(WIDTH, 2, 1)
    )
    report = pixelcnn.audit(net)
    assert report.culprit is not None
    assert report.culprit.module == "0"
    assert "the pixel itself" in report.culprit.says


def test_batch_norm_is_told_once_and_the_masks_are_audited_all_the_same() -> None:
    net = deep(7, OneWeight("B", WIDTH, WIDTH, 3))
    net[5] = nn.BatchNorm2d(WIDTH)
    report = pixelcnn.audit(net)
    assert (report.verdict, report.culprit.module) == ("leak", "5")  # type: ignore[union-attr]
    assert report.masks is not None
    assert (report.masks.verdict, report.masks.culprit.module) == ("leak", "14")  # type: ignore[union-attr]
    assert net[5].training
    assert pixelcnn.audit(deep().eval()).verdict == "none"


class SkipsItsRow(Masked):
    """A kernel that reads the row above, and not its own."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.mask.zero_()
        self.mask[:, :, 0] = 1


class TwoStacks(nn.Module):
    """A vertical and a horizontal stack of ten layers; one of them makes a mistake."""

    def __init__(self, own_row_skipped: int = -1, dropped: int = -1) -> None:
        super().__init__()
        self.vertical = nn.ModuleList(
            SkipsItsRow("B", WIDTH, WIDTH, 3)
            if index == own_row_skipped
            else DownShifted(WIDTH if index else 1, WIDTH)
            for index in range(LAYERS // 2)
        )
        self.horizontal = nn.ModuleList(
            Masked("B" if index else "A", WIDTH if index else 1, WIDTH, 3)
            for index in range(LAYERS // 2)
        )
        self.out = nn.Conv2d(WIDTH, 2, 1)
        for layer in self.horizontal:
            layer.mask[:, :, 0] = 0
        if dropped >= 0:
            for layer in self.horizontal[dropped : dropped + 1]:
                layer.mask.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        above, row = x, x
        for v, h in zip(self.vertical, self.horizontal, strict=True):
            above = v(above).relu()
            row = (h(row) + down(above)).relu()
        return self.out(row)


def test_two_stacks_without_a_mistake_have_no_blind_spot() -> None:
    report = pixelcnn.audit(TwoStacks())
    assert (report.verdict, report.blind) == ("none", None)


def test_a_horizontal_stack_that_reads_nothing_is_named_for_the_blind_spot() -> None:
    report = pixelcnn.audit(TwoStacks(dropped=0))
    assert report.verdict == "none"
    assert report.blind is not None
    assert report.blind.module == "horizontal.0"
    assert "to the left" in report.blind.says


@pytest.mark.parametrize("at", range(1, LAYERS // 2))
def test_a_vertical_stack_that_skips_its_own_row_once_is_named_for_the_blind_spot(at: int) -> None:
    report = pixelcnn.audit(TwoStacks(own_row_skipped=at))
    assert report.verdict == "none"
    assert report.blind is not None
    assert report.blind.module == f"vertical.{at}"


def test_colours_masked_once_too_often_are_named_for_the_blind_spot() -> None:
    layers = [
        Masked(
            "A" if index in (0, LAYERS - 1) else "B",
            6 if index else 3,
            6,
            1 if index == LAYERS - 1 else 3,
            colours=3,
        )
        for index in range(LAYERS)
    ]
    report = pixelcnn.audit(nn.Sequential(*layers), channels=3)
    assert report.verdict == "none"
    assert report.blind is not None
    assert report.blind.module == str(LAYERS - 1)


# ---------------------------------------------------------------- what no relation shows


@pytest.mark.parametrize("last", [nn.Sigmoid(), nn.Softmax(dim=1), nn.Tanh()])
def test_a_network_of_ten_layers_that_ends_in_probabilities_is_told(last: nn.Module) -> None:
    net = deep()
    report = pixelcnn.audit(nn.Sequential(*net, last))
    assert report.verdict == "none"
    [note] = [note for note in report.notes if "not logits" in note]
    assert f"(`{len(net)}`)" in note


def test_a_sigmoid_in_the_middle_or_a_gate_at_the_end_is_no_probability() -> None:
    class Gate(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 7 * x * x.sigmoid()

    for net in (deep(8, nn.Sequential(Masked("B", WIDTH, WIDTH, 3), nn.Sigmoid())), Gate()):
        stack = nn.Sequential(Masked("A", 1, 1, 3), net) if isinstance(net, Gate) else net
        assert not [note for note in pixelcnn.audit(stack).notes if "logits" in note]


def test_the_one_activation_that_is_missing_in_ten_layers_is_located() -> None:
    layers = list(deep())
    layers[9] = nn.Identity()
    report = pixelcnn.audit(nn.Sequential(*layers))
    [note] = [note for note in report.notes if "no activation" in note]
    assert note.startswith("Between `8` and `10`")
    layers = [one for one in deep() if not isinstance(one, nn.ReLU)]
    [note] = [note for note in pixelcnn.audit(nn.Sequential(*layers)).notes if "linear" in note]
    assert note.startswith("Nothing between its 10 convolutions")
    assert not [note for note in pixelcnn.audit(deep()).notes if "linear" in note]


def test_convolutions_side_by_side_need_no_activation_between_them() -> None:
    class SideBySide(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.rest = Masked("A", 1, WIDTH, 3), deep()[2:]
            self.left, self.right = Masked("A", 1, WIDTH, 3), Masked("A", 1, WIDTH, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            beside = self.left(x) + self.right(x)
            changed = self.first(x)
            return self.rest(beside + changed.relu_())

    assert not [note for note in pixelcnn.audit(SideBySide()).notes if "no activation" in note]


# ---------------------------------------------------------------- random networks


@st.composite
def networks(draw: st.DrawFn) -> tuple[nn.Sequential, list[int]]:
    """A random causal network, and the places of its masked layers."""
    # Networks must be the same each time an example is run; two channels are seldom both dead.
    torch.manual_seed(draw(st.integers(0, 2**16)))
    layers: list[nn.Module] = []
    masked: list[int] = []
    width = 1
    for index in range(draw(st.integers(2, 5))):
        outputs = draw(st.integers(2, 4))
        size = draw(st.sampled_from([1, 3, 5])) if index else draw(st.sampled_from([3, 5]))
        dilation = draw(st.integers(1, 2)) if size > 1 else 1
        if size > 1:
            masked.append(len(layers))
        layers.append(Masked("B" if index else "A", width, outputs, size, dilation=dilation))
        layers.append(draw(st.sampled_from([nn.ReLU, nn.Tanh, nn.ELU, nn.Identity]))())
        width = outputs
    return nn.Sequential(*layers, nn.Conv2d(width, 2, 1)), masked


@settings(max_examples=15, derandomize=True)
@given(networks(), st.data())
def test_one_broken_weight_of_a_random_network_is_found_and_located(
    made: tuple[nn.Sequential, list[int]], data: st.DataObject
) -> None:
    net, masked = made
    clean = pixelcnn.audit(net, size=12)
    assert clean.verdict == "none"
    assert np.array_equal(clean.legal_map, legal_relation(1, 12, 12))
    at = data.draw(st.sampled_from(masked))
    layer = net[at]
    hidden = (layer.mask == 0).nonzero()
    ahead = hidden if at == 0 else hidden[(hidden[:, 2:] != layer.kernel_size[0] // 2).any(dim=1)]
    out, into, row, column = data.draw(st.sampled_from(ahead.tolist()))
    layer.mask[out, into, row, column] = 1
    broken = pixelcnn.audit(net, size=12)
    assert broken.verdict == "leak"
    assert broken.culprit is not None
    assert broken.culprit.module == str(at)
    assert broken.culprit.kernel is not None
    assert broken.culprit.kernel.position == (row, column)
