"""Two models on the same images: comparability, difference, and scores."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from pixelcnn import build_model, load_data
from pixelcnn.checkpoints.files import load_checkpoint, shipped
from pixelcnn.data.dataset import Split
from pixelcnn.errors import ConfigError, DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.engines import make_engine
from pixelcnn.scores.intervals import bootstrap_difference, bootstrap_mean, share_interval
from pixelcnn.scores.paired import PairedScores, binarization, obstacles, paired_scores
from pixelcnn.scores.recorded import read_record
from pixelcnn.scores.report import score_set
from pixelcnn.scores.speeds import drawing_times
from pixelcnn.scores.two_sample import two_sample_test
from pixelcnn.scores.unseen import unseen_digits
from pixelcnn.scores.which_real import ROUNDS, deal

CONFIG = {"height": 28, "width": 28, "channels": 1, "levels": 2}


def small(name: str = "pixelcnn", **options: object) -> AutoregressiveModel:
    torch.manual_seed(0)
    model = build_model(name, height=8, width=8, hidden_channels=8, blocks=1, **options)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


@pytest.fixture(scope="module")
def scores() -> list[PairedScores]:
    """A model without classes and one with, on 30 digits, 12 at a time."""
    digits = load_data("digits8x8").test
    split = Split(digits.images[:30], digits.labels[:30])
    return list(paired_scores(small(), small(classes=10), split, batch_size=12))


def test_models_are_comparable_only_on_the_same_kind_of_images() -> None:
    drawn = {"data": {"binarize": "static"}}
    assert obstacles(CONFIG, {}, CONFIG, {"data": {"binarize": "threshold"}}) == []
    assert "28 × 28" in obstacles(CONFIG, {}, CONFIG | {"height": 14, "width": 14}, {})[0]
    assert "16" in obstacles(CONFIG, {}, CONFIG | {"levels": 16}, {})[0]
    assert "*static*" in obstacles(CONFIG, {}, CONFIG, drawn)[0]
    assert "colours" in obstacles(CONFIG, {}, CONFIG | {"channels": 3}, {})[0]
    # With more than two levels, the binarisation does not matter.
    grey = CONFIG | {"levels": 16}
    assert obstacles(grey, drawn, grey, {}) == []


def test_paired_scores_grow_to_the_log_probabilities_of_both_models(
    scores: list[PairedScores],
) -> None:
    assert [len(score.ours) for score in scores] == [12, 24, 30]
    assert [score.done for score in scores] == [False, False, True]
    digits = load_data("digits8x8").test
    with torch.inference_mode():
        ours = -small().log_prob(digits.images[:30])
        theirs = -small(classes=10).log_prob(digits.images[:30], digits.labels[:30])
    torch.testing.assert_close(scores[-1].ours, ours)
    torch.testing.assert_close(scores[-1].theirs, theirs)
    difference = scores[-1].difference
    assert difference.value == pytest.approx((ours - theirs).mean().item(), abs=1e-4)
    assert difference.low < difference.value < difference.high


def test_a_label_is_never_worth_more_than_what_it_costs_to_guess_it(
    scores: list[PairedScores],
) -> None:
    last = scores[-1]
    assert last.label_worth == pytest.approx(math.log(10))  # theirs has the label
    digits = load_data("digits8x8").test
    model = small(classes=10)
    with torch.inference_mode():
        each = torch.stack(
            [model.log_prob(digits.images[:30], torch.full((30,), k)) for k in range(10)]
        )
    untold = math.log(10) - each.logsumexp(dim=0)  # -log p(x), without a label
    assert (untold <= last.theirs + math.log(10) + 1e-4).all()
    assert last.after_paying == pytest.approx(
        (last.ours - last.theirs).double().mean().item() - math.log(10)
    )


def test_pairing_makes_the_interval_narrow_where_digits_differ_more_than_models() -> None:
    generator = torch.Generator().manual_seed(0)
    hard = 10 * torch.randn(300, generator=generator)
    ours, theirs = (hard + shift + torch.randn(300, generator=generator) for shift in (0.0, 1.0))
    alone, paired = bootstrap_mean(ours), bootstrap_difference(ours, theirs)
    assert paired.high - paired.low < 0.25 * (alone.high - alone.low)
    assert paired.clear
    assert alone.low < alone.value < alone.high
    assert alone.times(2) == pytest.approx([2 * bound for bound in alone])
    with pytest.raises(DataError, match="two images"):
        bootstrap_mean(ours[:1])
    with pytest.raises(DataError, match="same for both"):
        bootstrap_difference(ours, theirs[:5])


def test_the_unseen_digits_are_not_in_any_training_set() -> None:
    images, labels = unseen_digits()
    others = unseen_digits(others=True).images
    assert images.shape == others.shape == (500, 1, 28, 28)
    assert labels.bincount(minlength=10).min() > 30
    learned = load_data("mnist5k")
    known = {
        bytes(image.numpy().tobytes()) for image in (*learned.train.images, *learned.test.images)
    }
    known |= {bytes(image.numpy().tobytes()) for image in images}
    assert len(known) == 5500
    assert not any(bytes(image.numpy().tobytes()) in known for image in others)
    assert unseen_digits(16, 14).images.shape == (500, 1, 14, 14)
    assert int(unseen_digits(16, 14).images.max()) > 1
    drawn = unseen_digits(binarize="static").images
    assert 0 < (drawn != images).float().mean() < 0.1


def test_records_belong_to_the_shipped_files_only(tmp_path: Path) -> None:
    current = [each for each in shipped() if read_record(each.name, each.path)]
    assert current, "no record fits its file: run python -m pixelcnn remake records"
    checkpoint = current[0]
    record = read_record(checkpoint.name, checkpoint.path)
    assert record
    assert record.pictures.shape == (12, 1, 28, 28)
    model, card = load_checkpoint(checkpoint.path)
    images, labels = unseen_digits(binarize=binarization(card))
    with torch.inference_mode():
        nats = -model.log_prob(images[:5], labels[:5] if model.config.classes else None)
    np.testing.assert_allclose(record.nats[:5], nats, rtol=1e-3)
    other = tmp_path / "other.safetensors"
    other.write_bytes(checkpoint.path.read_bytes() + b" ")
    assert read_record(checkpoint.name, other) is None
    assert read_record("nobody", checkpoint.path) is None


def test_both_models_are_timed() -> None:
    models = [small(), small("gated_pixelcnn", classes=10)]
    times = drawing_times(models, [make_engine(model, "torch") for model in models], rounds=3)
    assert len(times) == 2
    assert all(seconds > 0 for seconds in times)


def test_copies_of_training_digits_are_detected() -> None:
    from pixelcnn.scores.classifier import load_classifier
    from pixelcnn.system.shipped import CLASSIFIER

    training = load_data("mnist5k").train.images
    real = unseen_digits().images[:100]
    scores = score_set(training[:100], real, training, load_classifier(CLASSIFIER)[0])
    assert scores.typical == 0
    labels = load_data("mnist5k").train.labels
    chosen = scores.closest(labels, 5)
    assert len(set(labels[scores.nearest[chosen]].tolist())) == 5
    assert (scores.nearest == torch.arange(100)).all()
    assert scores.frechet > 0
    assert 1 <= scores.classes <= 10
    assert min(scores.among) > 0.5


def test_a_discriminator_finds_the_fake_of_a_pair_more_often_than_it_knows_a_single_one() -> None:
    digits = load_data("mnist5k").train.images
    flips = torch.rand(digits[:300].shape, generator=torch.Generator().manual_seed(0)) < 0.02
    verdict = two_sample_test(digits[:300] ^ flips.byte(), digits[300:600], epochs=3)
    assert verdict.pairs.value >= verdict.accuracy.value - 0.05
    assert verdict.pairs.value > 0.6
    same = two_sample_test(digits[:300], digits[300:600], epochs=2)
    assert same.pairs.low <= 0.5 <= same.pairs.high


def test_a_game_is_fair_and_the_same_for_everyone() -> None:
    first, again, other = deal(500, 3), deal(500, 3), deal(500, 4)
    assert (first.real == again.real).all()
    assert (first.sides == again.sides).all()
    assert (first.real != other.real).any()
    assert len(set(first.real.tolist())) == ROUNDS
    sides = np.concatenate([deal(500, seed).sides for seed in range(100)])
    interval = share_interval(int(sides.sum()), len(sides))
    assert interval.low <= 0.5 <= interval.high
    real = np.ones((ROUNDS, 1, 2, 2), np.uint8)
    table = first.laid_out(real, 0 * real)
    rounds = np.arange(ROUNDS)
    assert table[rounds, first.sides].all()
    assert not table[rounds, 1 - first.sides].any()
    with pytest.raises(ConfigError, match="there are 5"):
        deal(5, 0)
