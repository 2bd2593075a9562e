"""Layers read what they declare: masks, taps, the vertical stack, norms and biases."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.errors import ConfigError
from pixelcnn.models.conditioning import ClassBias, PositionBias
from pixelcnn.nn.layers import (
    ChannelNorm,
    MaskedConv2d,
    ShiftDown,
    TapConv2d,
    TapLayer,
    VerticalConv2d,
    causal_mask,
    colour_of,
)

odd = st.integers(0, 4).map(lambda half: 2 * half + 1)


@st.composite
def mask_options(draw: st.DrawFn) -> dict[str, object]:
    colours = draw(st.sampled_from([1, 3]))
    repeats = draw(st.sampled_from([1, 2]))
    return {
        "in_channels": colours * draw(st.integers(1, 3)),
        "out_channels": repeats * colours * draw(st.integers(1, 3)),
        "kernel_size": (draw(odd), draw(odd)),
        "mask_type": draw(st.sampled_from(["A", "B"])),
        "colours": colours,
        "out_repeats": repeats,
    }


def comes_before(dy: int, dx: int, source: int, target: int, mask_type: str) -> bool:
    """The causal rule, stated independently: (row, column, colour) in drawing order."""
    if (dy, dx, source) == (0, 0, target):
        return mask_type == "B"
    return (dy, dx, source) < (0, 0, target)


@given(mask_options())
def test_a_mask_allows_exactly_what_was_drawn_before(options: dict) -> None:
    mask = causal_mask(**options)
    rows, columns = options["kernel_size"]
    assert mask.shape == (options["out_channels"], options["in_channels"], rows, columns)
    group = options["in_channels"] // options["colours"]
    part = options["out_channels"] // options["out_repeats"]
    out_group = part // options["colours"]
    for target, source, row, column in torch.cartesian_prod(*map(torch.arange, mask.shape)):
        allowed = comes_before(
            int(row) - rows // 2,
            int(column) - columns // 2,
            int(source) // group,
            int(target) % part // out_group,
            options["mask_type"],
        )
        assert bool(mask[target, source, row, column]) == allowed


@given(mask_options())
def test_type_b_is_type_a_and_the_own_colour_of_the_centre(options: dict) -> None:
    strict = causal_mask(**{**options, "mask_type": "A"})
    loose = causal_mask(**{**options, "mask_type": "B"})
    added = (loose & ~strict).nonzero()
    rows, columns = options["kernel_size"]
    assert not (strict & ~loose).any()
    assert {(int(row), int(column)) for _, _, row, column in added} == {(rows // 2, columns // 2)}
    source = colour_of(options["in_channels"], options["colours"])
    target = colour_of(options["out_channels"], options["colours"], options["out_repeats"])
    assert all(target[out] == source[into] for out, into, _, _ in added)


def test_green_sees_red_of_its_own_pixel_with_both_types() -> None:
    a = causal_mask(3, 3, (1, 1), "A", colours=3)[:, :, 0, 0]
    b = causal_mask(3, 3, (1, 1), "B", colours=3)[:, :, 0, 0]
    assert a.tolist() == [[False] * 3, [True, False, False], [True, True, False]]
    assert b.tolist() == [[True, False, False], [True, True, False], [True] * 3]


@pytest.mark.parametrize("size", [0, 2, 4, -1])
def test_a_kernel_without_a_centre_is_refused(size: int) -> None:
    with pytest.raises(ConfigError, match=f"kernel_size = {size} has no centre"):
        MaskedConv2d(1, 1, size, "A")


def test_an_unknown_mask_type_is_refused() -> None:
    with pytest.raises(ConfigError, match="mask_type = 'C' is unknown"):
        MaskedConv2d(1, 1, 3, "C")  # type: ignore[arg-type]


@pytest.mark.parametrize(("channels", "repeats"), [(2, 1), (6, 4), (5, 2)])
def test_channels_too_few_for_colours_are_refused(channels: int, repeats: int) -> None:
    with pytest.raises(ConfigError, match=f"channels = {channels} cannot be divided"):
        colour_of(channels, 3, repeats)


# ---------------------------------------------------------------- convolutions


def padded_convolution(layer: TapConv2d, x: Tensor) -> Tensor:
    """The textbook version: the full kernel, zeros included, with equal padding on all sides."""
    rows, columns = layer.kernel_size
    step = layer.dilation[0]
    padding = (rows // 2 * step, columns // 2 * step)
    weight = layer.weight * layer.mask
    return F.conv2d(x, weight, layer.bias, padding=padding, dilation=step)


def from_taps(layer: TapLayer, x: Tensor, out_channels: int) -> Tensor:
    """The sum over the taps: each shifts the image and multiplies the channels."""
    height, width = x.shape[2:]
    total = x.new_zeros(x.shape[0], out_channels, height, width)
    reach = 64
    padded = F.pad(x, [reach] * 4)
    for (dy, dx), weight in layer.taps().items():
        moved = padded[:, :, reach + dy : reach + dy + height, reach + dx : reach + dx + width]
        total += torch.einsum("bchw,cd->bdhw", moved, weight.to(x))
    return total


@given(
    options=mask_options(),
    dilation=st.integers(1, 3),
    height=st.integers(1, 7),
    width=st.integers(1, 7),
    seed=st.integers(0, 999),
)
def test_a_cropped_kernel_and_its_taps_compute_what_the_full_kernel_does(
    options: dict, dilation: int, height: int, width: int, seed: int
) -> None:
    torch.manual_seed(seed)
    layer = MaskedConv2d(**options, dilation=dilation).double()
    nn.init.normal_(layer.bias)
    x = torch.randn(2, options["in_channels"], height, width, dtype=torch.float64)
    with torch.no_grad():
        result = layer(x)
        torch.testing.assert_close(result, padded_convolution(layer, x))
        bias = layer.bias[None, :, None, None]
        torch.testing.assert_close(result, from_taps(layer, x, options["out_channels"]) + bias)


@given(mask_options())
def test_tap_masks_contain_exactly_the_allowed_weights(options: dict) -> None:
    layer = MaskedConv2d(**options)
    masks = layer.tap_masks()
    assert masks.keys() == layer.taps().keys()
    assert all(mask.any() for mask in masks.values())
    assert sum(int(mask.sum()) for mask in masks.values()) == int(layer.mask.sum())
    for offset, weight in layer.taps().items():
        assert not weight[~masks[offset]].any()


def test_training_never_moves_a_masked_weight() -> None:
    torch.manual_seed(0)
    layer = MaskedConv2d(1, 4, 5, "A")
    with torch.no_grad():
        layer.weight.copy_(torch.randn_like(layer.weight))  # masked ones too
    before = layer.weight.detach().clone()
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    layer(torch.randn(3, 1, 6, 6)).square().sum().backward()
    optimizer.step()
    moved = layer.weight != before
    assert not moved[~layer.mask].any()
    assert moved[layer.mask].all()


def test_initial_weights_are_zero_where_masked_and_scaled_by_the_rest() -> None:
    torch.manual_seed(0)
    layer = MaskedConv2d(64, 256, 7, "A")
    assert not layer.weight[~layer.mask].any()
    fan_in = 24 * 64  # the taps above and left of the centre, times the channels
    assert layer.weight[layer.mask].std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.01)


def test_the_mask_is_not_stored_with_the_weights() -> None:
    assert set(MaskedConv2d(1, 1, 3, "A").state_dict()) == {"weight", "bias"}


@pytest.mark.parametrize("size", [1, 3, 5])
def test_the_vertical_stack_reads_the_rows_above_and_its_full_row(size: int) -> None:
    half = size // 2
    expected = {(dy, dx) for dy in range(-half, 1) for dx in range(-half, half + 1)}
    assert set(VerticalConv2d(2, 3, size).taps()) == expected


@given(height=st.integers(1, 6), width=st.integers(1, 6))
def test_shift_down_moves_every_row_down_and_declares_it(height: int, width: int) -> None:
    x = torch.randn(2, 3, height, width)
    moved = ShiftDown(3)(x)
    assert not moved[:, :, 0].any()
    assert torch.equal(moved[:, :, 1:], x[:, :, :-1])
    assert torch.equal(moved, from_taps(ShiftDown(3), x, 3))


# ---------------------------------------------------------------- norms and biases


@pytest.mark.parametrize("colours", [1, 3])
def test_a_channel_norm_mixes_neither_positions_nor_colours(colours: int) -> None:
    torch.manual_seed(0)
    norm = ChannelNorm(6, colours=colours).double()
    x = torch.randn(1, 6, 3, 3, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(norm, x)  # (1, 6, 3, 3, 1, 6, 3, 3)
    group = colour_of(6, colours)
    for target in range(6):
        for source in range(6):
            support = jacobian[0, target, :, :, 0, source].abs().reshape(9, 9) > 1e-12
            expected = torch.eye(9, dtype=torch.bool) & (group[target] == group[source])
            assert torch.equal(support, expected)


@pytest.mark.parametrize("colours", [1, 3])
def test_a_channel_norm_leaves_mean_0_and_variance_1_in_each_group(colours: int) -> None:
    x = torch.randn(2, 12, 4, 4, dtype=torch.float64) * 5 + 3
    y = ChannelNorm(12, colours=colours).double()(x).unflatten(1, (colours, -1))
    torch.testing.assert_close(y.mean(dim=2), torch.zeros_like(y.mean(dim=2)))
    spread = y.var(dim=2, unbiased=False)
    torch.testing.assert_close(spread, torch.ones_like(spread), atol=1e-4, rtol=0)


def test_biases_start_neutral_for_classes_and_differ_by_position() -> None:
    labels = ClassBias(10, 4)(torch.tensor([3, 7]))
    assert labels.shape == (2, 4, 1, 1)
    assert not labels.any()
    position = PositionBias(5, 6, 4)()
    assert position.shape == (1, 4, 5, 6)
    corners = position[0, :, [0, 0, -1, -1], [0, -1, 0, -1]].T  # (4, channels)
    assert len(torch.unique(corners, dim=0)) == 4
