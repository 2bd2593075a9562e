"""Directed convolutions read exactly the pixels in their names; concat_elu has both signs."""

from __future__ import annotations

import pytest
import torch

from pixelcnn.nn.streams import ConvDown, ConvDownRight, concat_elu


def test_conv_down_reads_the_rows_above_and_its_own() -> None:
    expected = {(dy, dx) for dy in (-1, 0) for dx in (-1, 0, 1)}  # the paper's 2 x 3
    assert set(ConvDown(2, 3, 3).taps()) == expected
    assert set(ConvDown(2, 3, 5).taps()) == {(y, x) for y in (-2, -1, 0) for x in range(-2, 3)}


def test_strict_conv_down_reads_the_same_kernel_one_row_higher() -> None:
    expected = {(dy, dx) for dy in (-2, -1) for dx in (-1, 0, 1)}
    assert set(ConvDown(2, 3, 3, strict=True).taps()) == expected
    assert set(ConvDown(2, 3, 1, strict=True).taps()) == {(-1, 0)}


def test_conv_down_right_reads_the_quarter_up_and_to_the_left() -> None:
    expected = {(dy, dx) for dy in (-1, 0) for dx in (-1, 0)}  # the paper's 2 x 2
    assert set(ConvDownRight(2, 3, 3).taps()) == expected


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 4), (7, 7)])
@pytest.mark.parametrize("kind", [ConvDown, ConvDownRight])
def test_a_stride_of_two_keeps_every_second_row_and_column_of_the_same_result(
    kind: type[ConvDown] | type[ConvDownRight], size: tuple[int, int]
) -> None:
    plain, strided = kind(2, 3, 3).double(), kind(2, 3, 3, stride=2).double()
    strided.load_state_dict(plain.state_dict())
    x = torch.randn(2, 2, *size, dtype=torch.float64)
    torch.testing.assert_close(strided(x), plain(x)[:, :, ::2, ::2])


def test_concat_elu_is_the_elu_of_both_signs() -> None:
    h = torch.tensor([-2.0, 3.0]).view(1, 2, 1, 1)
    expected = torch.tensor([-2.0, 3.0, 2.0, -3.0])
    expected = torch.where(expected > 0, expected, expected.expm1())
    torch.testing.assert_close(concat_elu(h).flatten(), expected)
