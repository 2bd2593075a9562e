"""Scores of samples, on real digits, damaged ones, and noise."""

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor

from pixelcnn.data.registry import load_data
from pixelcnn.errors import CheckpointError, ConfigError, DataError
from pixelcnn.scores.classifier import (
    ClassifierConfig,
    DigitClassifier,
    load_classifier,
    save_classifier,
    train_classifier,
)
from pixelcnn.scores.distances import (
    class_score,
    frechet_distance,
    nearest_images,
    precision_and_recall,
)
from pixelcnn.scores.intervals import bootstrap_difference, share_interval
from pixelcnn.scores.two_sample import two_sample_test
from pixelcnn.system.shipped import CLASSIFIER

DIGITS = load_data("mnist5k").train.images


def damaged(images: Tensor, share: float) -> Tensor:
    """The images with this share of pixels flipped."""
    flips = torch.rand(images.shape, generator=torch.Generator().manual_seed(0)) < share
    return images ^ flips.byte()


@pytest.fixture(scope="module")
def classifier() -> DigitClassifier:
    return load_classifier(CLASSIFIER)[0]


def test_the_shipped_classifier_is_right_in_99_percent_of_test_digits(
    classifier: DigitClassifier,
) -> None:
    test = load_data("mnist5k").test
    right = (classifier.probabilities(test.images).argmax(dim=1) == test.labels).float().mean()
    assert right > 0.98  # on 500 digits; its card covers the complete test set
    assert load_classifier(CLASSIFIER)[1]["test_accuracy"] >= 0.99


def test_frechet_distance_is_small_between_real_digits_and_grows_with_damage(
    classifier: DigitClassifier,
) -> None:
    real, other = DIGITS[:2000], DIGITS[2000:4000]
    features = classifier.features(real)
    distances = [
        frechet_distance(features, classifier.features(damaged(other, share)))
        for share in (0.0, 0.01, 0.05, 0.2)
    ]
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-3)
    assert distances == sorted(distances)
    assert distances[0] < 0.2 * distances[1]


@given(shift=st.floats(-3, 3), scale=st.floats(0.5, 2))
def test_frechet_distance_is_the_formula_for_known_normals(shift: float, scale: float) -> None:
    points = torch.randn(500, 3, generator=torch.Generator().manual_seed(0)).double()
    moved = points * scale + shift
    spread = points.T.cov().diagonal().sum().item()
    mean = (moved.mean(dim=0) - points.mean(dim=0)).square().sum().item()
    expected = mean + (scale - 1) ** 2 * spread
    assert frechet_distance(points, moved) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_the_class_score_counts_clear_and_different_classes() -> None:
    assert class_score(torch.eye(10).repeat(5, 1)) == pytest.approx(10)
    assert class_score(torch.eye(10)[:1].repeat(50, 1)) == pytest.approx(1)
    assert class_score(torch.full((50, 10), 0.1)) == pytest.approx(1)


def test_recall_falls_with_noise_and_with_repetition(
    classifier: DigitClassifier,
) -> None:
    real = classifier.features(DIGITS[:1000])
    good = precision_and_recall(real, classifier.features(DIGITS[1000:2000]))
    noisy = precision_and_recall(real, classifier.features(damaged(DIGITS[1000:2000], 0.2)))
    ones = load_data("mnist5k").train
    repeated = precision_and_recall(real, classifier.features(ones.images[ones.labels == 1][:400]))
    assert min(good) > 0.8
    assert noisy.recall < 0.1
    assert repeated.recall < 0.3
    assert repeated.precision > 0.7


def test_the_nearest_image_of_a_copy_is_the_original() -> None:
    copies = DIGITS[[7, 1999, 3]].clone()
    copies[2, 0, 14, 14] ^= 1
    indices, distances = nearest_images(copies, DIGITS)
    assert indices.tolist() == [7, 1999, 3]
    assert distances.tolist() == [0, 0, 1]


def test_a_discriminator_tells_noise_but_not_real_from_real() -> None:
    real, other = DIGITS[:600], DIGITS[600:1200]
    same = two_sample_test(real, other, epochs=4)
    assert same.accuracy.low <= 0.5 <= same.accuracy.high
    assert same.tested == 600
    noise = two_sample_test(damaged(other, 0.1), real, epochs=4)
    assert noise.accuracy.value > 0.95
    assert len(noise.suspects) == 300
    with pytest.raises(DataError, match="at least 50"):
        two_sample_test(real[:49], other)
    with pytest.raises(DataError, match="must have the same size"):
        two_sample_test(real, other[:, :, :20])


def test_a_bootstrap_interval_covers_the_true_difference_in_19_of_20_cases() -> None:
    generator = torch.Generator().manual_seed(0)
    hits = 0
    for trial in range(200):
        common = 10 * torch.randn(60, generator=generator)
        ours, theirs = common + 0.5, common + torch.randn(60, generator=generator)
        interval = bootstrap_difference(ours, theirs, draws=400, seed=trial)
        hits += interval.low <= 0.5 <= interval.high
    assert 0.88 <= hits / 200 <= 0.99


@given(hits=st.integers(0, 50))
def test_a_shares_interval_is_wilsons(hits: int) -> None:
    share, low, high = share_interval(hits, 50)
    for bound in (low, high):  # the proportions from which this one is 1.96 deviations away
        assert abs(share - bound) == pytest.approx(
            1.959964 * math.sqrt(bound * (1 - bound) / 50), abs=1e-6
        )


def test_a_classifier_survives_saving_and_loading(tmp_path: Path) -> None:
    data = load_data("digits8x8")
    torch.manual_seed(0)
    model = DigitClassifier(ClassifierConfig(size=8))
    losses = list(train_classifier(model, data, steps=150))
    assert sum(losses[-10:]) < 0.5 * sum(losses[:10])
    save_classifier(tmp_path / "c.safetensors", model, {})
    loaded, _ = load_classifier(tmp_path / "c.safetensors")
    assert torch.equal(loaded.features(data.test.images), model.features(data.test.images))
    with pytest.raises(DataError, match="does not fit"):
        train_classifier(model, load_data("mnist5k"), steps=1)
    with pytest.raises(DataError, match="needs"):
        model.features(DIGITS[:2])
    with pytest.raises(ConfigError, match="size"):
        ClassifierConfig(size=3)
    with pytest.raises(CheckpointError):
        load_classifier(Path(CLASSIFIER).parents[1] / "mnist-threshold-gated.safetensors")
