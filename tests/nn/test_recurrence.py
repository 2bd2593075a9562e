"""Recurrent layers compute what a plain loop over the pixels does."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor

from pixelcnn.nn.recurrence import (
    GATES,
    Cell,
    DiagonalRecurrence,
    Recurrence,
    RowRecurrence,
    skew,
    unskew,
)

HIDDEN = 3
SIZES = [(1, 1), (1, 4), (4, 1), (3, 5), (5, 3)]


def kinds(cell: Cell) -> list[Recurrence]:
    torch.manual_seed(0)
    return [
        RowRecurrence(HIDDEN, cell).double(),
        DiagonalRecurrence(HIDDEN, cell, reverse=False).double(),
        DiagonalRecurrence(HIDDEN, cell, reverse=True).double(),
    ]


# ---------------------------------------------------------------- skewing


@given(height=st.integers(1, 7), width=st.integers(1, 7), channels=st.integers(1, 3))
def test_unskew_undoes_skew(height: int, width: int, channels: int) -> None:
    x = torch.randn(2, channels, height, width)
    assert torch.equal(unskew(skew(x), width), x)


@given(height=st.integers(1, 7), width=st.integers(1, 7))
def test_skew_shifts_each_row_one_further_and_pads_with_zeros(height: int, width: int) -> None:
    x = torch.randn(1, 1, height, width)
    expected = torch.zeros(1, 1, height, height + width - 1)
    for row in range(height):
        expected[..., row, row : row + width] = x[..., row, :]
    assert torch.equal(skew(x), expected)


# ---------------------------------------------------------------- against a loop


def looped(layer: Recurrence, inputs: Tensor) -> Tensor:
    """The equations, pixel by pixel in an order that respects the reads."""
    batch, _, height, width = inputs.shape
    states: dict[tuple[int, int], Tensor] = {}
    memories: dict[tuple[int, int], Tensor] = {}
    nothing = torch.zeros(batch, HIDDEN, dtype=inputs.dtype)
    backwards = (0, 1) in layer.offsets
    columns = range(width)[::-1] if backwards else range(width)
    for row in range(height):
        for column in columns:
            x = inputs[:, :, row, column]
            read = torch.zeros_like(x)
            for tap, (dy, dx) in enumerate(layer.offsets):
                state = states.get((row + dy, column + dx), nothing)
                read = read + state @ layer.weight[:, :, tap].T
            source = (row + layer.carry[0], column + layer.carry[1])
            if layer.cell == "lstm":
                o, f, i, g = (x + read).chunk(4, dim=1)
                memory = f.sigmoid() * memories.get(source, nothing) + i.sigmoid() * g.tanh()
                memories[row, column] = memory
                states[row, column] = o.sigmoid() * memory.tanh()
            else:
                (x_r, x_z, x_n), (h_r, h_z, h_n) = x.chunk(3, dim=1), read.chunk(3, dim=1)
                kept = (x_z + h_z).sigmoid()
                new = (x_n + (x_r + h_r).sigmoid() * h_n).tanh()
                states[row, column] = (1 - kept) * new + kept * states.get(source, nothing)
    rows = [torch.stack([states[r, c] for c in range(width)], dim=2) for r in range(height)]
    return torch.stack(rows, dim=2)


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_every_recurrence_follows_its_equations(cell: Cell, height: int, width: int) -> None:
    for layer in kinds(cell):
        inputs = torch.randn(2, GATES[cell] * HIDDEN, height, width, dtype=torch.float64)
        states = layer(inputs)
        assert states.shape == (2, HIDDEN, height, width)
        torch.testing.assert_close(states, looped(layer, inputs))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_offsets_are_those_of_the_paper(cell: Cell) -> None:
    row, diagonal, reverse = kinds(cell)
    assert row.offsets == ((-1, -1), (-1, 0), (-1, 1))
    assert diagonal.offsets == ((-1, 0), (0, -1))
    assert reverse.offsets == ((-1, 0), (0, 1))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_reverse_recurrence_is_the_mirror_image_of_the_other(cell: Cell) -> None:
    _, diagonal, reverse = kinds(cell)
    with torch.no_grad():
        reverse.weight.copy_(diagonal.weight)
    inputs = torch.randn(2, GATES[cell] * HIDDEN, 3, 4, dtype=torch.float64)
    torch.testing.assert_close(reverse(inputs), diagonal(inputs.flip(3)).flip(3))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_state_taps_are_the_weights_from_source_to_target(cell: Cell) -> None:
    for layer in kinds(cell):
        taps = layer.state_taps()
        assert list(taps) == list(layer.offsets)
        for index, weight in enumerate(taps.values()):
            assert weight.shape == (HIDDEN, GATES[cell] * HIDDEN)
            assert torch.equal(weight, layer.weight[:, :, index].T)


# ---------------------------------------------------------------- what each sees


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_each_recurrence_sees_exactly_its_triangle_or_quarter(cell: Cell) -> None:
    height, width, row, column = 4, 7, 3, 3
    for layer, seen in zip(
        kinds(cell),
        [
            lambda dy, dx: dy >= 0 and abs(dx) <= dy,
            lambda dy, dx: dy >= 0 and dx <= 0,
            lambda dy, dx: dy >= 0 and dx >= 0,
        ],
        strict=True,
    ):
        shape = (1, GATES[cell] * HIDDEN, height, width)
        inputs = torch.randn(shape, dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(layer(inputs)[0, :, row, column].sum(), inputs)
        support = gradient[0].abs().sum(dim=0) > 0
        for r in range(height):
            for c in range(width):
                assert support[r, c] == seen(row - r, c - column), (type(layer), r, c)
