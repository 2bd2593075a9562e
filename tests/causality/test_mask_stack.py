"""A mask stack sees what its network sees, and leaks are traced to their cause."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from torch import nn

from pixelcnn.causality.mask_stack import MaskStack, Tap, offset_in_words
from pixelcnn.causality.perturbation import perturbation_relation
from pixelcnn.errors import ConfigError
from pixelcnn.nn.layers import TapConv2d

SIZES = (5, 3, 3)


def edited(*toggled: tuple[int, int, int]) -> MaskStack:
    """The correct masks with these weights (layer, row, column of the kernel) flipped."""
    masks = [mask.copy() for mask in MaskStack.correct(SIZES).masks]
    for layer, row, column in toggled:
        masks[layer][row, column] ^= True
    return MaskStack(tuple(masks))


def test_a_mask_stack_sees_what_a_network_with_its_masks_sees() -> None:
    generator = np.random.default_rng(0)
    for _ in range(5):
        masks = [generator.random((size, size)) < 0.3 for size in SIZES]
        layers = []
        for mask in masks:
            layer = TapConv2d(torch.from_numpy(mask)[None, None])
            nn.init.uniform_(layer.weight, 1, 2)  # positive: nothing cancels
            layers.append(layer)
        tried = perturbation_relation(nn.Sequential(*layers), (1, 7, 7))[0, :, :, 0]
        assert np.array_equal(MaskStack(tuple(masks)).relations(7)[-1], tried)


def test_correct_masks_leak_nothing_and_leave_a_blind_spot() -> None:
    report = MaskStack.correct(SIZES).report(14)
    assert report.causal
    assert 0 < report.seen < report.seen + report.never < report.legal
    assert MaskStack.correct(SIZES).leaking_taps() == []


@pytest.mark.parametrize(
    ("toggled", "to_blame"),
    [
        ([(0, 2, 2)], [Tap(0, (0, 0))]),
        ([(0, 3, 2)], [Tap(0, (1, 0))]),
        ([(2, 1, 2)], [Tap(2, (0, 1))]),
        ([(1, 2, 0), (2, 0, 0)], [Tap(1, (1, -1))]),
    ],
)
def test_a_leak_is_blamed_on_the_weights_that_look_ahead(
    toggled: list[tuple[int, int, int]], to_blame: list[Tap]
) -> None:
    stack = edited(*toggled)
    assert stack.leaking_taps() == to_blame
    assert not stack.report(14).causal


def test_weights_are_blamed_if_and_only_if_something_leaks() -> None:
    generator = np.random.default_rng(1)
    leaking = 0
    for _ in range(60):
        masks = [mask ^ (generator.random(mask.shape) < 0.06) for mask in edited().masks]
        stack = MaskStack(tuple(masks))
        assert bool(stack.leaking_taps()) == bool(stack.report(14).leaks)
        leaking += bool(stack.report(14).leaks)
    assert 10 < leaking < 60


def test_looking_sideways_after_a_layer_of_rows_above_is_harmless() -> None:
    rows_above = edited((0, 2, 0), (0, 2, 1), (1, 1, 2))
    assert rows_above.report(14).causal
    assert rows_above.leaking_taps() == []
    assert rows_above.harmless_taps() == [Tap(1, (0, 1))]


def test_masks_survive_their_text_and_other_text_is_refused() -> None:
    stack = edited((0, 4, 4), (2, 2, 2))
    again = MaskStack.from_hex(stack.hex, SIZES)
    assert all(map(np.array_equal, again.masks, stack.masks))
    assert len(stack.hex) < 20
    for text in ("", "ff", "zz-00-00", f"{stack.hex}-00", stack.hex[:-1], "ffffffff-ffff-ffff"):
        with pytest.raises(ConfigError, match="masks = "):
            MaskStack.from_hex(text, SIZES)


def test_the_verdict_on_an_edit_takes_a_few_milliseconds() -> None:
    stack = edited((0, 4, 4))
    stack.report(14)
    start = time.perf_counter()
    stack.report(14)
    assert time.perf_counter() - start < 0.2


def test_offsets_are_described_in_words() -> None:
    assert offset_in_words((0, 0)) == "the pixel itself"
    assert offset_in_words((1, 0)) == "one row below"
    assert offset_in_words((-2, 1)) == "2 rows above, one column to the right"
