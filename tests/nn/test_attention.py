"""Causal attention is a softmax over earlier positions, and never looks ahead."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pixelcnn.errors import ConfigError
from pixelcnn.nn.attention import CausalAttention, check_heads

HEADS, DEPTH, CHANNELS, HEIGHT, WIDTH = 2, 3, 4, 3, 4
POSITIONS = HEIGHT * WIDTH


def features() -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys (2, HEADS * DEPTH, H, W) and values (2, CHANNELS, H, W)."""
    torch.manual_seed(0)
    query, key = torch.randn(2, 2, HEADS * DEPTH, HEIGHT, WIDTH, dtype=torch.float64)
    return query, key, torch.randn(2, CHANNELS, HEIGHT, WIDTH, dtype=torch.float64)


@pytest.mark.parametrize("strict", [False, True])
def test_it_is_the_mean_of_the_values_under_a_softmax_over_the_past(strict: bool) -> None:
    query, key, value = features()
    result = CausalAttention(HEADS, strict=strict)(query, key, value)
    expected = torch.zeros_like(value)
    part = CHANNELS // HEADS
    for image in range(2):
        for head in range(HEADS):
            q = query[image, head * DEPTH : (head + 1) * DEPTH].flatten(1)  # (DEPTH, positions)
            k = key[image, head * DEPTH : (head + 1) * DEPTH].flatten(1)
            v = value[image, head * part : (head + 1) * part].flatten(1)
            for target in range(POSITIONS):
                seen = target if strict else target + 1
                if seen == 0:
                    continue
                scores = torch.stack([q[:, target] @ k[:, s] for s in range(seen)]) / DEPTH**0.5
                mixed = v[:, :seen] @ scores.softmax(dim=0)
                row, column = divmod(target, WIDTH)
                expected[image, head * part : (head + 1) * part, row, column] = mixed
    torch.testing.assert_close(result, expected)


@pytest.mark.parametrize("strict", [False, True])
def test_weights_reproduce_the_result(strict: bool) -> None:
    query, key, value = features()
    layer = CausalAttention(HEADS, strict=strict)
    weights = layer.weights(query, key)
    assert weights.shape == (2, HEADS, POSITIONS, POSITIONS)
    values = value.reshape(2, HEADS, CHANNELS // HEADS, POSITIONS)
    mixed = torch.einsum("bhts,bhcs->bhct", weights, values).reshape(value.shape)
    torch.testing.assert_close(layer(query, key, value), mixed)
    assert torch.equal(weights, weights.tril(-1 if strict else 0))
    sums = torch.ones(2, HEADS, POSITIONS, dtype=torch.float64)
    sums[:, :, 0] = 0.0 if strict else 1.0
    torch.testing.assert_close(weights.sum(dim=-1), sums)


def test_strict_attention_of_the_first_position_is_zero_and_never_nan() -> None:
    query, key, value = (x.requires_grad_() for x in features())
    result = CausalAttention(HEADS, strict=True)(query, key, value)
    assert (result[:, :, 0, 0] == 0).all()
    assert result.isfinite().all()
    for gradient in torch.autograd.grad(result.square().sum(), (query, key, value)):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("strict", [False, True])
def test_an_image_of_one_pixel_works_with_and_without_strict(strict: bool) -> None:
    query, key, value = (x[:, :, :1, :1] for x in features())
    result = CausalAttention(HEADS, strict=strict)(query, key, value)
    torch.testing.assert_close(result, torch.zeros_like(value) if strict else value)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("which", [1, 2], ids=["key", "value"])
def test_changes_show_at_visible_positions_only(which: int, strict: bool) -> None:
    given = features()
    layer = CausalAttention(HEADS, strict=strict)
    base = layer(*given)
    for source in range(POSITIONS):
        changed = list(given)
        changed[which] = given[which].clone()
        changed[which].flatten(2)[:, :, source] += 3.0
        effect = (layer(*changed) - base).abs().amax(dim=(0, 1)).flatten()  # (positions,)
        first = source + 1 if strict else source
        assert (effect[:first] == 0).all()
        # A lone key has all the weight, whatever it is.
        alone = 0 if which == 2 else 1
        assert (effect[first + (alone if source == 0 else 0) :] > 1e-9).all()


@pytest.mark.parametrize("strict", [False, True])
def test_a_softmax_over_nothing_does_not_show_the_image_to_the_first_position(strict: bool) -> None:
    query, key, value = features()
    value = value.requires_grad_()
    result = CausalAttention(HEADS, strict=strict)(query, key, value)
    (gradient,) = torch.autograd.grad(result[:, :, 0, 0].sum(), value)
    seen = gradient.abs().sum(dim=(0, 1)).flatten() > 0
    assert seen.tolist() == [not strict] + [False] * (POSITIONS - 1)


@pytest.mark.parametrize("strict", [False, True])
def test_heads_do_not_mix_so_colours_stay_apart(strict: bool) -> None:
    query, key, value = features()
    layer = CausalAttention(HEADS, strict=strict)
    base = layer(query, key, value)
    for x, part in ((query, DEPTH), (key, DEPTH), (value, CHANNELS // HEADS)):
        saved = x.clone()
        x[:, part:] += torch.randn_like(x[:, part:])  # the second head's channels
        changed = layer(query, key, value)
        assert torch.equal(changed[:, : CHANNELS // HEADS], base[:, : CHANNELS // HEADS])
        assert not torch.equal(changed, base)
        x.copy_(saved)


def test_heads_that_do_not_fit_are_refused_with_those_that_do() -> None:
    check_heads(3, 12, 3)
    check_heads(4, 12, 1)
    with pytest.raises(ConfigError, match=r"heads = 2 does not divide 12 .*3 colour.*3, 6, 12"):
        check_heads(2, 12, 3)
    with pytest.raises(ConfigError, match=r"attention_heads = 5 .*1, 2, 3, 4, 6, 12"):
        check_heads(5, 12, 1, "attention_heads")
    with pytest.raises(ConfigError, match="heads = 0"):
        check_heads(0, 12, 1)
