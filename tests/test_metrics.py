"""Scores and baselines, against values worked out by hand."""

import math
from itertools import product

import pytest
import torch
from hypothesis import given, strategies as st

from pixelcnn.data.dataset import DataSet, Split
from pixelcnn.errors import DataError
from pixelcnn.metrics import (
    Evaluation,
    bernoulli_baseline,
    bits_per_dim,
    evaluate,
    perplexity_per_pixel,
    uniform_baseline,
)
from pixelcnn.models.registry import build_model


def make_data(train, test, levels=2):
    """Images given as nested lists (N, C, H, W), without classes."""
    splits = []
    for images in (train, test):
        tensor = torch.tensor(images, dtype=torch.uint8)
        splits.append(Split(tensor, torch.zeros(len(tensor), dtype=torch.int64)))
    return DataSet("made", levels, "threshold" if levels == 2 else None, *splits)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build_model("pixelcnn", height=5, width=4, hidden_channels=8, blocks=1)


@given(st.integers(1, 5000), st.integers(2, 256))
def test_a_uniform_guess_costs_log2_of_the_levels_in_every_unit(dims, levels):
    score = uniform_baseline(levels, dims)
    assert score.bits_per_dim == pytest.approx(math.log2(levels))
    assert score.perplexity_per_pixel == levels
    assert perplexity_per_pixel(score.nats, dims) == pytest.approx(levels)
    assert bits_per_dim(score.nats, dims) == pytest.approx(score.bits_per_dim)


def test_perplexity_is_of_a_pixel_not_of_an_image():
    nats, dims = 635.0, 784
    assert math.log10(math.exp(nats)) > 275
    assert perplexity_per_pixel(nats, dims) == pytest.approx(math.exp(635 / 784))
    assert perplexity_per_pixel(math.inf, dims) == math.inf


def test_evaluation_is_the_mean_of_log_prob_with_its_standard_error(model):
    images = torch.randint(0, 2, (7, 1, 5, 4), dtype=torch.uint8)
    with torch.no_grad():
        nats = -model.log_prob(images).double()
    score = evaluate(model, images)
    assert score.nats == pytest.approx(nats.mean().item(), rel=1e-6)
    assert score.nats_stderr == pytest.approx(nats.std().item() / math.sqrt(7), rel=1e-5)
    assert score.bits_per_dim == pytest.approx(score.nats / 20 / math.log(2))
    assert score.perplexity_per_pixel == pytest.approx(math.exp(score.nats / 20))
    assert score.images == 7


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_evaluation_does_not_depend_on_the_batch_size(model, batch_size):
    images = torch.randint(0, 2, (7, 1, 5, 4), dtype=torch.uint8)
    expected = evaluate(model, images)
    score = evaluate(model, images, batch_size=batch_size)
    assert score.nats == pytest.approx(expected.nats, rel=1e-6)


def test_evaluation_does_not_change_the_model(model):
    images = torch.zeros(2, 1, 5, 4, dtype=torch.uint8)
    for training in (True, False):
        model.train(training)
        evaluate(model, images)
        assert model.training is training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_probabilities_of_all_images_sum_to_one():
    model = build_model(
        "pixelcnn", height=2, width=3, hidden_channels=8, blocks=1, first_kernel_size=3
    )
    every = torch.tensor(list(product((0, 1), repeat=6)), dtype=torch.uint8).view(-1, 1, 2, 3)
    total = sum(math.exp(-evaluate(model, image[None]).nats) for image in every)
    assert total == pytest.approx(1, abs=1e-4)


def test_labels_reach_a_conditional_model():
    torch.manual_seed(0)
    model = build_model("pixelcnn", height=4, width=4, classes=3, hidden_channels=8, blocks=1)
    torch.nn.init.normal_(model.condition.shift.embedding.weight)
    images = torch.randint(0, 2, (6, 1, 4, 4), dtype=torch.uint8)
    scores = {evaluate(model, images, torch.full((6,), label)).nats for label in range(3)}
    assert len(scores) == 3


def test_no_images_are_an_error_and_one_image_has_no_standard_error(model):
    with pytest.raises(DataError, match="at least one image"):
        evaluate(model, torch.zeros(0, 1, 5, 4, dtype=torch.uint8))
    assert math.isnan(evaluate(model, torch.zeros(1, 1, 5, 4, dtype=torch.uint8)).nats_stderr)


def test_the_bernoulli_baseline_is_laplaces_rule_pixel_by_pixel():
    # First pixel inked in 3 of 4 training images, the second in none: 4/6 and 1/6.
    train = [[[[1, 0]]], [[[1, 0]]], [[[1, 0]]], [[[0, 0]]]]
    score = bernoulli_baseline(make_data(train, [[[[1, 0]]], [[[0, 1]]]]))
    expected = [-math.log(4 / 6) - math.log(5 / 6), -math.log(2 / 6) - math.log(1 / 6)]
    assert score.nats == pytest.approx(sum(expected) / 2)
    assert score.images == 2
    assert score.bits_per_dim == pytest.approx(sum(expected) / 2 / 2 / math.log(2))


def test_the_baseline_of_more_levels_uses_the_frequency_of_each():
    train = [[[[0]]], [[[0]]], [[[2]]]]
    scores = [bernoulli_baseline(make_data(train, [[[[level]]]], levels=3)) for level in range(3)]
    assert [score.nats for score in scores] == pytest.approx(
        [-math.log(3 / 6), -math.log(1 / 6), -math.log(2 / 6)]
    )


def test_the_baseline_of_coin_flips_approaches_one_bit():
    images = torch.randint(0, 2, (4000, 1, 3, 3)).tolist()
    assert bernoulli_baseline(make_data(images, images)).bits_per_dim == pytest.approx(1, abs=0.01)


def test_an_evaluation_of_no_scores_is_refused():
    with pytest.raises(DataError, match="images is empty"):
        Evaluation.of(torch.empty(0), 4)
