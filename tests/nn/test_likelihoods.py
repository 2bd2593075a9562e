"""Likelihoods are distributions, and drawing follows them.

That whole images have probabilities that sum to 1 stands in `test_model_truths.py`.
"""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor

from pixelcnn.nn.likelihoods import Bernoulli, Categorical, Likelihood, apply_temperature, draw

likelihoods = st.one_of(
    st.just(Bernoulli()), st.sampled_from([2, 4, 16, 256]).map(lambda n: Categorical(n))
)


@given(likelihood=likelihoods, scale=st.sampled_from([0.1, 3.0, 50.0]), seed=st.integers(0, 999))
def test_level_log_probs_are_a_distribution_and_agree_with_log_prob(
    likelihood: Likelihood, scale: float, seed: int
) -> None:
    torch.manual_seed(seed)
    shape = (2, 3, 2, 2)
    parameters = scale * torch.randn(2, likelihood.parameters, 3, 2, 2)
    images = torch.randint(0, likelihood.levels, shape).to(torch.uint8)
    of_levels = likelihood.level_log_probs(parameters, images)
    assert of_levels.shape == (2, likelihood.levels, 3, 2, 2)
    torch.testing.assert_close(of_levels.exp().sum(dim=1), torch.ones(shape))
    chosen = of_levels.gather(1, images.long()[:, None])[:, 0]
    torch.testing.assert_close(likelihood.log_prob(parameters, images), chosen)


@pytest.mark.parametrize("likelihood", [Bernoulli(), Categorical(2), Categorical(256)])
def test_the_loss_has_a_gradient_however_wrong_the_network_is(likelihood: Likelihood) -> None:
    parameters = torch.zeros(1, likelihood.parameters, 1, 1, 1)
    parameters[:, -1] = 80.0  # certain of the highest level
    parameters.requires_grad_()
    likelihood.log_prob(parameters, torch.zeros(1, 1, 1, 1, dtype=torch.uint8)).sum().backward()
    assert parameters.grad is not None
    assert parameters.grad[0, -1].item() == pytest.approx(-1, abs=1e-3)


@given(st.one_of(st.just(Bernoulli()), st.integers(2, 16).map(Categorical)), st.integers(0, 999))
def test_bias_for_gives_the_frequencies_back(likelihood: Likelihood, seed: int) -> None:
    torch.manual_seed(seed)
    frequencies = torch.softmax(torch.randn(likelihood.levels), dim=0)
    bias = likelihood.bias_for(frequencies)
    assert bias.shape == (likelihood.parameters,)
    image = torch.zeros(1, 1, 1, 1, dtype=torch.uint8)
    probabilities = likelihood.level_log_probs(bias[None, :, None, None, None], image).exp()
    torch.testing.assert_close(probabilities.flatten(), frequencies)


# ---------------------------------------------------------------- drawing


@st.composite
def distributions(draw_: st.DrawFn) -> Tensor:
    """float32 (1, levels, n): distributions, some with levels that cannot happen."""
    levels = draw_(st.integers(2, 9))
    n = draw_(st.integers(1, 5))
    torch.manual_seed(draw_(st.integers(0, 9999)))
    weights = torch.rand(1, levels, n) + 1e-3
    weights *= torch.rand(1, levels, n) < draw_(st.sampled_from([0.3, 0.7, 1.0]))
    alive = torch.randint(0, levels, (1, 1, n))
    weights.scatter_add_(1, alive, torch.ones(1, 1, n))
    return weights / weights.sum(dim=1, keepdim=True)


uniform_numbers = st.one_of(
    st.just(0.0), st.just(1 - 2**-24), st.floats(0, 1, exclude_max=True, width=32)
)


@given(distributions(), uniform_numbers)
def test_a_level_without_probability_is_never_drawn(probabilities: Tensor, uniform: float) -> None:
    uniforms = torch.full((1, probabilities.shape[2]), uniform)
    drawn = draw(probabilities, uniforms)
    assert drawn.dtype == torch.uint8
    assert (probabilities.gather(1, drawn.long()[:, None]) > 0).all()


def test_rounding_does_not_draw_the_highest_level_when_it_is_impossible() -> None:
    torch.manual_seed(0)
    logits = torch.randn(1000, 256, 1)
    logits[:, -1] = -1000.0
    probabilities = apply_temperature(torch.log_softmax(logits, dim=1), 1.0)
    sums = probabilities.cumsum(dim=1)[:, -1]
    largest = 1 - 2**-24
    assert (sums < largest).any(), "rounding must have kept some sums below the largest number"
    assert (draw(probabilities, torch.full((1000, 1), largest)) < 255).all()


@pytest.mark.parametrize(
    ("uniform", "level"),
    [(0.0, 0), (0.2499, 0), (0.25, 1), (0.4999, 1), (0.5, 3), (0.7499, 3), (0.75, 4), (0.9999, 4)],
)
def test_a_uniform_number_on_a_boundary_belongs_to_the_level_above(
    uniform: float, level: int
) -> None:
    probabilities = torch.tensor([0.25, 0.25, 0.0, 0.25, 0.25])[None, :, None]
    assert draw(probabilities, torch.tensor([[uniform]])).item() == level


def test_draws_have_the_frequencies_of_the_distribution() -> None:
    probabilities = torch.tensor([0.1, 0.0, 0.6, 0.3])
    n = 10_000
    uniforms = (torch.arange(n) + 0.5)[None] / n  # evenly spaced, not random
    drawn = draw(probabilities[None, :, None].expand(1, 4, n), uniforms)
    counts = torch.bincount(drawn.long().flatten(), minlength=4)
    assert (counts - n * probabilities).abs().max() <= 1


@given(
    levels=st.integers(2, 16),
    temperature=st.sampled_from([1e-3, 0.3, 1.0, 4.0, 100.0]),
    seed=st.integers(0, 999),
)
def test_apply_temperature_raises_probabilities_to_a_power(
    levels: int, temperature: float, seed: int
) -> None:
    torch.manual_seed(seed)
    log_probs = torch.log_softmax(torch.randn(2, levels, 3, dtype=torch.float64), dim=1)
    tempered = apply_temperature(log_probs, temperature)
    torch.testing.assert_close(tempered.sum(dim=1), torch.ones(2, 3, dtype=torch.float64))
    ratio = (tempered / tempered.amax(dim=1, keepdim=True)).clamp(min=1e-300).log()
    expected = (log_probs - log_probs.amax(dim=1, keepdim=True)) / temperature
    torch.testing.assert_close(ratio, expected.clamp(min=ratio.min().item()))
    if temperature == 1:
        torch.testing.assert_close(tempered, log_probs.exp())


@given(levels=st.integers(2, 16), uniform=uniform_numbers, seed=st.integers(0, 999))
def test_temperature_0_is_the_likeliest_level_for_any_uniform_number(
    levels: int, uniform: float, seed: int
) -> None:
    torch.manual_seed(seed)
    log_probs = torch.log_softmax(torch.randn(2, levels, 3), dim=1)
    drawn = draw(apply_temperature(log_probs, 0), torch.full((2, 3), uniform))
    assert torch.equal(drawn.long(), log_probs.argmax(dim=1))


def test_temperature_0_takes_the_lowest_of_equal_levels() -> None:
    assert apply_temperature(torch.full((1, 4, 1), 0.25).log(), 0)[0, :, 0].tolist() == [1, 0, 0, 0]
