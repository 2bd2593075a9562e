"""The discretised mixture of logistics: a distribution at any number of levels, and trainable."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor
from torch.nn import functional as F

from pixelcnn.nn.logistic_mixture import DiscretizedLogisticMixture

LEVELS = [2, 4, 16, 256]


def random_case(
    levels: int, coupled: bool, scale: float = 1.0, seed: int = 0, dtype: torch.dtype = torch.float
) -> tuple[DiscretizedLogisticMixture, Tensor, Tensor]:
    """A mixture of 3 components, parameters (4, P, 3, 2, 2) and images (4, 3, 2, 2) for it."""
    torch.manual_seed(seed)
    mixture = DiscretizedLogisticMixture(levels, 3, coupled=coupled)
    parameters = scale * torch.randn(4, mixture.parameters, 3, 2, 2, dtype=dtype)
    return mixture, parameters, torch.randint(0, levels, (4, 3, 2, 2)).to(torch.uint8)


# ---------------------------------------------------------------- a distribution


@given(
    levels=st.sampled_from(LEVELS),
    coupled=st.booleans(),
    scale=st.sampled_from([0.1, 1.0, 5.0, 50.0]),
    seed=st.integers(0, 999),
)
def test_the_probabilities_of_all_levels_sum_to_1(
    levels: int, coupled: bool, scale: float, seed: int
) -> None:
    mixture, parameters, images = random_case(levels, coupled, scale, seed, torch.double)
    log_probs = mixture.level_log_probs(parameters, images)
    assert log_probs.shape == (4, levels, 3, 2, 2)
    # Levels are float32 numbers on their axis, so bins meet only approximately.
    ones = torch.ones(4, 3, 2, 2, dtype=torch.float64)
    torch.testing.assert_close(log_probs.exp().sum(dim=1), ones, atol=1e-4, rtol=0)


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("mean", [-30.0, -1.0, 0.0, 1.0, 30.0])
@pytest.mark.parametrize("raw_scale", [-30.0, -3.0, 0.0, 30.0])
def test_narrow_wide_and_far_off_curves_sum_to_1_in_float32(
    levels: int, mean: float, raw_scale: float
) -> None:
    mixture = DiscretizedLogisticMixture(levels, 1, coupled=False)
    parameters = torch.tensor([0.0, mean, raw_scale]).view(1, 3, 1, 1, 1)
    probabilities = mixture.level_log_probs(parameters, torch.zeros(1, 1, 1, 1).byte()).exp()
    assert probabilities.sum().item() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("levels", LEVELS)
def test_the_outermost_levels_include_everything_beyond_them(levels: int) -> None:
    mixture = DiscretizedLogisticMixture(levels, 1, coupled=False)
    image = torch.zeros(1, 1, 1, 1, dtype=torch.uint8)
    for mean, level in [(-9.0, 0), (9.0, levels - 1)]:
        parameters = torch.tensor([0.0, mean, -3.0]).view(1, 3, 1, 1, 1)
        probabilities = mixture.level_log_probs(parameters, image).exp().flatten()
        assert probabilities[level].item() == pytest.approx(1, abs=1e-6)


@given(
    levels=st.sampled_from(LEVELS),
    coupled=st.booleans(),
    scale=st.sampled_from([0.1, 3.0, 50.0]),
    seed=st.integers(0, 999),
)
def test_log_prob_is_that_of_the_image_s_level(
    levels: int, coupled: bool, scale: float, seed: int
) -> None:
    mixture, parameters, images = random_case(levels, coupled, scale, seed)
    of_levels = mixture.level_log_probs(parameters, images)
    chosen = of_levels.gather(1, images.long()[:, None])[:, 0]
    torch.testing.assert_close(mixture.log_prob(parameters, images), chosen)


# ---------------------------------------------------------------- the paper's formula


def naive_bin(levels: int, level: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """The paper's difference of two sigmoids, exact only near the mean."""
    value = 2 * level.double() / (levels - 1) - 1
    half = 1 / (levels - 1)
    upper = torch.sigmoid((value + half - mean) / scale)
    lower = torch.sigmoid((value - half - mean) / scale)
    upper = torch.where(level == levels - 1, torch.ones_like(upper), upper)
    return upper - torch.where(level == 0, torch.zeros_like(lower), lower)


@pytest.mark.parametrize("levels", LEVELS)
def test_near_the_mean_it_is_the_difference_of_two_sigmoids(levels: int) -> None:
    mixture, parameters, images = random_case(levels, coupled=False, dtype=torch.double)
    logits, means, raw_scales = parameters.chunk(3, dim=1)  # (4, 3, 3, 2, 2): components second
    scales = (7 - F.softplus(14 - F.softplus(raw_scales + 7))).exp()
    bins = naive_bin(levels, images[:, None].long(), means, scales)
    expected = (logits.softmax(dim=1) * bins).sum(dim=1).log()
    torch.testing.assert_close(mixture.log_prob(parameters, images), expected)


@pytest.mark.parametrize("levels", LEVELS)
def test_all_channels_of_a_pixel_come_from_one_component(levels: int) -> None:
    mixture, parameters, images = random_case(levels, coupled=True, dtype=torch.double)
    parameters[:, :3, 1:] = 0  # G and B do not adjust the weights, as in the paper
    logits, means, raw_scales, first, second = parameters.chunk(5, dim=1)
    first, second = first.tanh(), second.tanh()
    red, green, _ = (2 * images.double() / (levels - 1) - 1).unsqueeze(1).unbind(dim=2)
    shifted = [means[:, :, 0], means[:, :, 1] + first[:, :, 1] * red]
    shifted.append(means[:, :, 2] + first[:, :, 2] * red + second[:, :, 2] * green)
    scales = (7 - F.softplus(14 - F.softplus(raw_scales + 7))).exp()
    bins = naive_bin(levels, images[:, None].long(), torch.stack(shifted, dim=2), scales)
    pixel = (logits[:, :, 0].softmax(dim=1) * bins.prod(dim=2)).sum(dim=1).log()  # (4, 2, 2)
    torch.testing.assert_close(mixture.log_prob(parameters, images).sum(dim=1), pixel)


# ---------------------------------------------------------------- dependences


@pytest.mark.parametrize("coupled", [True, False])
def test_a_channel_depends_on_the_earlier_ones_of_its_pixel_only_if_coupled(coupled: bool) -> None:
    mixture, parameters, images = random_case(16, coupled)
    base = mixture.level_log_probs(parameters, images)
    depends = torch.zeros(3, 3, dtype=torch.bool)  # (channel changed, channel affected)
    for channel in range(3):
        changed = images.clone()
        changed[:, channel] = (changed[:, channel] + 5) % 16
        effect = (mixture.level_log_probs(parameters, changed) - base).abs()
        depends[channel] = effect.amax(dim=(0, 1, 3, 4)) > 1e-4
        assert (effect.amax(dim=(0, 1, 3, 4))[~depends[channel]] == 0).all()
    expected = torch.ones(3, 3, dtype=torch.bool).triu(1) & coupled
    assert torch.equal(depends, expected)


def test_a_pixel_does_not_depend_on_another_one() -> None:
    mixture, parameters, images = random_case(16, coupled=True)
    changed = images.clone()
    changed[:, :, 0, 0] = (changed[:, :, 0, 0] + 5) % 16
    effect = mixture.level_log_probs(parameters, changed) - mixture.level_log_probs(
        parameters, images
    )
    assert (effect.abs().amax(dim=(0, 1, 2)) > 0).tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize("coupled", [True, False])
def test_the_weights_of_the_components_are_a_distribution(coupled: bool) -> None:
    mixture, parameters, images = random_case(16, coupled)
    weights = mixture.component_log_weights(parameters, images).exp()
    assert weights.shape == (4, 3, 3, 2, 2)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(4, 3, 2, 2))


# ---------------------------------------------------------------- training


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("raw_scale", [-30.0, -3.0, 0.0, 1.0])
@pytest.mark.parametrize("mean", [-3.0, -1.0, -0.1, 0.1, 1.0, 3.0])
def test_the_mean_has_a_gradient_however_far_off_it_is(
    levels: int, mean: float, raw_scale: float
) -> None:
    mixture = DiscretizedLogisticMixture(levels, 1, coupled=False)
    for level in sorted({0, 1, levels // 2, levels - 2, levels - 1}):
        parameters = torch.tensor([0.0, mean, raw_scale]).view(1, 3, 1, 1, 1).requires_grad_()
        image = torch.full((1, 1, 1, 1), level, dtype=torch.uint8)
        log_prob = mixture.log_prob(parameters, image)
        log_prob.sum().backward()
        assert log_prob.isfinite().all()
        assert parameters.grad is not None
        assert parameters.grad.isfinite().all()
        pull = parameters.grad[0, 1].item()
        value = 2 * level / (levels - 1) - 1
        beyond = level in (0, levels - 1) and abs(mean) >= 1 and (mean > 0) == (level > 0)
        if abs(value - mean) > 1 / (levels - 1) and not beyond:
            assert pull * (value - mean) > 0, "towards the level"
            assert abs(pull) > 1e-4


@given(levels=st.sampled_from(LEVELS), coupled=st.booleans(), seed=st.integers(0, 999))
def test_no_parameters_give_a_gradient_that_is_not_finite(
    levels: int, coupled: bool, seed: int
) -> None:
    mixture, parameters, images = random_case(levels, coupled, scale=15.0, seed=seed)
    parameters.requires_grad_()
    mixture.log_prob(parameters, images).sum().backward()
    assert parameters.grad is not None
    assert parameters.grad.isfinite().all()


def found_frequencies(frequencies: Tensor, components: int, coupled: bool) -> Tensor:
    """The distribution of R that `bias_for` gives: (levels,)."""
    mixture = DiscretizedLogisticMixture(len(frequencies), components, coupled=coupled)
    bias = mixture.bias_for(frequencies)
    assert bias.shape == (mixture.parameters,)
    parameters = bias.view(1, -1, 1, 1, 1).expand(-1, -1, 3, -1, -1)
    image = torch.zeros(1, 3, 1, 1, dtype=torch.uint8)
    return mixture.level_log_probs(parameters, image)[0, :, 0, 0, 0].exp()


@given(share=st.floats(0.001, 0.999), coupled=st.booleans(), components=st.integers(1, 5))
def test_bias_for_matches_two_frequencies_exactly(
    share: float, coupled: bool, components: int
) -> None:
    frequencies = torch.tensor([1 - share, share])
    result = found_frequencies(frequencies, components, coupled)
    torch.testing.assert_close(result, frequencies, atol=1e-3, rtol=0)


@pytest.mark.parametrize("levels", [4, 16, 256])
@pytest.mark.parametrize("coupled", [True, False])
def test_bias_for_approximates_the_frequencies_of_many_levels(levels: int, coupled: bool) -> None:
    axis = torch.linspace(-1, 1, levels)
    paper, ink = torch.exp(-((axis + 1) ** 2) * 40), torch.exp(-((axis - 0.6) ** 2) * 8)
    frequencies = paper / paper.sum() * 0.7 + ink / ink.sum() * 0.3
    result = found_frequencies(frequencies, 5, coupled)
    assert (result - frequencies).abs().sum() / 2 < 0.1  # total variation distance
