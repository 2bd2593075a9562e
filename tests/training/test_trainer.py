"""Training: results, events, batches, and failures."""

import math

import pytest
import torch
from hypothesis import given, strategies as st

from pixelcnn.data.dataset import DataSet, Split
from pixelcnn.data.registry import load_data
from pixelcnn.errors import DataError, LabError
from pixelcnn.metrics import bernoulli_baseline, evaluate
from pixelcnn.models.registry import build_model
from pixelcnn.training.batches import Batches
from pixelcnn.training.events import Evaluated, Sampled, Step, TrainingDiverged
from pixelcnn.training.schedule import learning_rate_at
from pixelcnn.training.trainer import Trainer, train
from tests.helpers.training_cases import losses, make_data, make_model, quiet


@pytest.fixture(scope="module")
def digits():
    return load_data("digits8x8")


# Results


def test_a_few_hundred_steps_beat_independent_pixels_on_held_out_digits(digits):
    model = make_model(digits, hidden_channels=16, norm="layer", block="bottleneck", position=True)
    *_, saved = train(model, digits, quiet(steps=150, batch_size=32, learning_rate=1e-2))
    score = evaluate(model, digits.test.images)
    assert score.nats < 0.9 * bernoulli_baseline(digits).nats
    assert saved.step == 150
    assert not model.training


@pytest.mark.parametrize(
    ("name", "levels", "channels", "classes"),
    [
        ("pixelcnn", 2, 1, 0),
        ("pixelcnn", 5, 3, 3),
        ("gated_pixelcnn", 2, 1, 3),
        ("gated_pixelcnn", 256, 3, 0),
    ],
)
def test_every_architecture_and_kind_of_data_trains(name, levels, channels, classes):
    data = make_data(levels, channels, binarize="threshold" if levels == 2 else None)
    model = make_model(data, classes=classes, name=name)
    curve = losses(train(model, data, quiet(steps=30, learning_rate=1e-2)))
    assert sum(curve[-5:]) < sum(curve[:5])


def test_training_starts_from_the_share_of_ink(digits):
    first = next(
        event for event in train(make_model(digits), digits, quiet(steps=1, learning_rate=1e-9))
    )
    ink = digits.train.images.float().mean().item()
    entropy = -64 * (ink * math.log(ink) + (1 - ink) * math.log(1 - ink))
    assert isinstance(first, Evaluated)
    assert first.nats == pytest.approx(entropy, rel=0.05)


def test_weights_that_were_already_trained_are_not_reset(digits):
    model = make_model(digits)
    for _ in train(model, digits, quiet(steps=60, batch_size=32)):
        pass
    reached = evaluate(model, digits.test.images[:500]).nats
    first = next(iter(train(model, digits, quiet(steps=1))))
    assert first.nats == pytest.approx(reached, rel=1e-5)


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "muon"])
def test_the_other_optimizers_train_too(optimizer):
    data = make_data()
    curve = losses(train(make_model(data), data, quiet(steps=30, optimizer=optimizer)))
    assert sum(curve[-5:]) < sum(curve[:5])


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_both_precisions_learn_the_same_thing_with_float32_weights(precision):
    data = make_data()
    model = make_model(data)
    curve = losses(train(model, data, quiet(steps=30, precision=precision, learning_rate=1e-2)))
    assert sum(curve[-5:]) < 0.9 * sum(curve[:5])
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


# Events


def test_events_come_in_order_and_as_often_as_configured():
    data = make_data()
    config = quiet(steps=7, evaluate_every=3, sample_every=2, save_every=5)
    events = [(type(event).__name__, event.step) for event in train(make_model(data), data, config)]
    assert events == [
        ("Evaluated", 0),
        ("Sampled", 0),
        ("Step", 1),
        ("Step", 2),
        ("Sampled", 2),
        ("Step", 3),
        ("Evaluated", 3),
        ("Step", 4),
        ("Sampled", 4),
        ("Step", 5),
        ("Saved", 5),
        ("Step", 6),
        ("Evaluated", 6),
        ("Sampled", 6),
        ("Step", 7),
        ("Evaluated", 7),
        ("Sampled", 7),
        ("Saved", 7),
    ]


def test_a_step_reports_consistent_numbers():
    data = make_data()
    config = quiet(steps=4, warmup=0.5)
    steps = [event for event in train(make_model(data), data, config) if isinstance(event, Step)]
    for event in steps:
        assert event.bits_per_dim == pytest.approx(event.nats / 36 / math.log(2))
        assert event.gradient_norm > 0
        assert event.images_per_second > 0
    assert [event.learning_rate for event in steps] == [
        learning_rate_at(config, share) for share in (0, 0.25, 0.5, 0.75)
    ]
    assert [event.elapsed_s for event in steps] == sorted(event.elapsed_s for event in steps)


def test_the_same_seed_gives_the_same_losses_and_samples():
    data = make_data(binarize="dynamic")
    courses = []
    for seed in (1, 1, 2):
        events = list(train(make_model(data), data, quiet(steps=6, seed=seed)))
        courses.append((losses(events), [e.images for e in events if isinstance(e, Sampled)]))
    assert courses[0][0] == courses[1][0] != courses[2][0]
    assert all(map(torch.equal, courses[0][1], courses[1][1]))


def test_samples_are_of_the_models_own_size_and_levels():
    data = make_data(levels=5, channels=3, binarize=None)
    model = make_model(data, classes=3)
    drawn = [e for e in train(model, data, quiet(steps=1, samples=4)) if isinstance(e, Sampled)]
    assert [event.step for event in drawn] == [0, 1]
    assert drawn[0].images.shape == (4, 3, 6, 6)
    assert drawn[0].images.dtype == torch.uint8
    assert drawn[0].images.max() < 5


def test_cancelled_samples_are_left_out():
    data = make_data()
    trainer = Trainer(make_model(data), data, quiet(steps=1), cancelled=lambda: True)
    assert not [event for event in trainer if isinstance(event, Sampled)]


def test_no_samples_and_few_held_out_images_are_possible():
    data = make_data()
    events = list(train(make_model(data), data, quiet(steps=1, samples=0, held_out=3)))
    assert not [event for event in events if isinstance(event, Sampled)]
    assert {event.images for event in events if isinstance(event, Evaluated)} == {3}


def test_a_budget_in_seconds_excludes_the_consumer_s_time(monkeypatch):
    now = 0.0

    def tick():
        nonlocal now
        now += 0.01
        return now

    monkeypatch.setattr("pixelcnn.training.trainer.time.perf_counter", tick)
    data = make_data()
    trainer = Trainer(make_model(data), data, quiet(seconds=1, precision="float32"))
    for _ in trainer:
        before = trainer.elapsed_s
        now += 100
        assert trainer.elapsed_s == before
    assert trainer.progress == 1
    assert trainer.elapsed_s < 2
    assert trainer.step > 1


# Batches


@given(st.integers(1, 50), st.integers(1, 20), st.integers(0, 3))
def test_an_epoch_shows_every_image_at_most_once_and_skips_less_than_a_batch(count, size, seed):
    images = torch.zeros(count, 1, 2, 2, dtype=torch.uint8)
    split = Split(images, torch.arange(count))
    data = DataSet("made", 2, "threshold", split, split, tuple(map(str, range(count))))
    batches = Batches(data, size, seed)
    steps = max(1, count // size)
    for epoch in range(2):
        seen = [
            label
            for step in range(epoch * steps, (epoch + 1) * steps)
            for label in batches[step].labels.tolist()
        ]
        assert len(seen) == len(set(seen))
        assert count - len(seen) < size


def test_epochs_differ_and_a_batch_depends_only_on_its_step():
    data = make_data(count=32, classes=1, binarize="dynamic")
    forwards, backwards = Batches(data, 8, seed=0), Batches(data, 8, seed=0)
    there = [forwards[step].images for step in range(8)]
    back = [backwards[step].images for step in reversed(range(8))]
    assert all(map(torch.equal, there, reversed(back)))
    assert not torch.equal(torch.cat(there[:4]), torch.cat(there[4:]))


# Failures


def test_a_learning_rate_of_a_billion_diverges_with_advice_and_finite_weights():
    data = make_data()
    model = make_model(data)
    config = quiet(steps=200, learning_rate=1e9, gradient_clip=None, save_every=1)
    events = train(model, data, config)
    with pytest.raises(TrainingDiverged, match="learning_rate") as caught:
        list(events)
    assert isinstance(caught.value, LabError)
    assert "gradient_clip" in str(caught.value)
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_the_message_names_the_step_after_the_last_good_one():
    data = make_data()
    trainer = Trainer(make_model(data), data, quiet(steps=200, learning_rate=1e9))
    with pytest.raises(TrainingDiverged) as caught:
        list(trainer)
    assert f"step {trainer.step + 1}" in str(caught.value)
    assert trainer.step > 0


def test_nan_weights_end_the_training_at_that_step():
    data = make_data()
    model = make_model(data)
    events = train(model, data, quiet(steps=10))
    while next(events).step < 2:
        pass
    model.first.weight.data.fill_(float("nan"))
    with pytest.raises(TrainingDiverged, match="step 3: the loss is nan"):
        next(events)


@pytest.mark.parametrize(
    ("model_options", "message"),
    [
        ({"size": 7}, "height = 6, the model 7"),
        ({"levels": 4}, "levels = 2, the model 4"),
        ({"classes": 5}, "3 classes"),
    ],
)
def test_data_that_does_not_fit_the_model_is_refused_before_training(model_options, message):
    data = make_data()
    size = model_options.pop("size", 6)
    model = build_model("pixelcnn", height=size, width=size, blocks=1, **model_options)
    with pytest.raises(DataError, match=message):
        train(model, data, quiet(steps=1))
