"""Training: the events, the schedule, exact resume, and what happens when it goes wrong."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pixelcnn.data import DataSet, Split, load_data
from pixelcnn.devices import choose_device, choose_precision
from pixelcnn.errors import ConfigError, DataError, LabError, RunError
from pixelcnn.metrics import bernoulli_baseline, evaluate
from pixelcnn.models import build_model
from pixelcnn.training import (
    Evaluated,
    Sampled,
    Saved,
    Step,
    TrainConfig,
    Trainer,
    TrainingDiverged,
    train,
)
from pixelcnn.training_batches import Batches
from pixelcnn.training_state import load_state, save_state


@pytest.fixture(scope="module")
def digits():
    return load_data("digits8x8")


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_data(levels=2, channels=1, size=6, count=40, classes=3, binarize="threshold"):
    """Random images, brighter to the right."""
    generator = torch.Generator().manual_seed(0)
    slope = torch.linspace(0, levels - 1, size).round()
    noise = torch.rand((count, channels, size, size), generator=generator)
    images = (noise * (slope + 1)).floor().clamp(max=levels - 1).to(torch.uint8)
    split = Split(images, torch.arange(count) % classes)
    greys = (noise * 255).to(torch.uint8) if binarize == "dynamic" else None
    names = tuple("abc"[:classes])
    return DataSet("made", levels, binarize, split, split, names, greys=greys)


def make_model(data, *, classes=0, name="pixelcnn", **options):
    torch.manual_seed(0)
    return build_model(
        name,
        levels=data.levels,
        channels=data.channels,
        height=data.height,
        width=data.width,
        classes=classes,
        **{"hidden_channels": 12, "blocks": 1, **options},
    )


def quiet(**options):
    """A configuration that reports only at the end."""
    silent = {"evaluate_every": 0, "sample_every": 0, "save_every": 0, "samples": 2}
    return TrainConfig(**{"batch_size": 8, **silent, **options})


def losses(events):
    return [event.nats for event in events if isinstance(event, Step)]


# What it learns


def test_some_hundred_steps_beat_independent_pixels_on_held_out_digits(digits):
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


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_the_other_optimizers_train_too(optimizer):
    data = make_data()
    curve = losses(train(make_model(data), data, quiet(steps=30, optimizer=optimizer)))
    assert sum(curve[-5:]) < sum(curve[:5])


# The stream of events


def test_events_come_in_order_and_as_often_as_asked():
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
        config.learning_rate_at(share) for share in (0, 0.25, 0.5, 0.75)
    ]
    assert [event.elapsed_s for event in steps] == sorted(event.elapsed_s for event in steps)


def test_the_same_seed_gives_the_same_course_and_samples():
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


def test_samples_that_nobody_wants_are_left_out():
    data = make_data()
    trainer = Trainer(make_model(data), data, quiet(steps=1), cancelled=lambda: True)
    assert not [event for event in trainer if isinstance(event, Sampled)]


def test_no_samples_and_few_held_out_images_are_possible():
    data = make_data()
    events = list(train(make_model(data), data, quiet(steps=1, samples=0, held_out=3)))
    assert not [event for event in events if isinstance(event, Sampled)]
    assert {event.images for event in events if isinstance(event, Evaluated)} == {3}


def test_a_budget_in_seconds_ends_and_leaves_out_the_time_of_the_consumer(monkeypatch):
    now = 0.0

    def tick():
        nonlocal now
        now += 0.01
        return now

    monkeypatch.setattr("pixelcnn.training.time.perf_counter", tick)
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
def test_an_epoch_shows_every_image_at_most_once_and_leaves_less_than_a_batch(count, size, seed):
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


# Going on from a saved state


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "rmsprop"])
@pytest.mark.parametrize("name", ["pixelcnn", "gated_pixelcnn"])
def test_resumed_training_takes_exactly_the_steps_of_an_unbroken_one(tmp_path, name, optimizer):
    data = make_data(binarize="dynamic")
    config = quiet(steps=24, save_every=9, sample_every=5, optimizer=optimizer)
    whole = list(train(make_model(data, classes=3, name=name), data, config))
    saved = next(event for event in whole if isinstance(event, Saved))
    save_state(tmp_path / "state.safetensors", saved.state)

    state = load_state(tmp_path / "state.safetensors")
    other = build_model(
        name, height=6, width=6, classes=3, hidden_channels=12, blocks=1
    )  # other random weights: all of them must come from the file
    rest = list(train(other, data, config, resume=state))

    expected = whole[whole.index(saved) + 1 :]
    assert [type(event) for event in rest] == [type(event) for event in expected]
    assert losses(rest) == losses(expected)
    for ours, theirs in zip(rest, expected, strict=True):
        if isinstance(ours, Sampled):
            assert torch.equal(ours.images, theirs.images)
        if isinstance(ours, Saved):
            assert ours.state.model.keys() == theirs.state.model.keys()
            for key, tensor in ours.state.model.items():
                assert torch.equal(tensor, theirs.state.model[key])


def test_a_saved_state_is_a_copy_that_later_steps_leave_alone():
    data = make_data()
    trainer = Trainer(make_model(data), data, quiet(steps=5))
    events = iter(trainer)
    while not isinstance(next(events), Step):
        pass
    state = trainer.state()
    before = {key: tensor.clone() for key, tensor in state.model.items()}
    for _ in events:
        pass
    assert state.step == 1
    assert all(torch.equal(before[key], state.model[key]) for key in before)
    assert not torch.equal(before["first.weight"], trainer.model.state_dict()["first.weight"])


def test_a_state_of_another_model_is_refused():
    data = make_data()
    *_, saved = train(make_model(data), data, quiet(steps=1))
    with pytest.raises(RunError, match="another model"):
        train(make_model(data, hidden_channels=16), data, quiet(steps=2), resume=saved.state)


def test_a_damaged_or_foreign_state_file_is_refused(tmp_path):
    data = make_data()
    path = tmp_path / "state.safetensors"
    with pytest.raises(RunError, match="missing"):
        load_state(path)
    *_, saved = train(make_model(data), data, quiet(steps=1))
    save_state(path, saved.state)
    content = path.read_bytes()
    for broken in (content[: len(content) // 2], b"", content[:4], b"\x80\x04K\x01."):
        path.write_bytes(broken)
        with pytest.raises(RunError):
            load_state(path)


def test_resuming_keeps_the_precision_that_training_began_with():
    data = make_data()
    trainer = Trainer(make_model(data), data, quiet(steps=2, precision="bfloat16"))
    state = trainer.state()
    resumed = Trainer(make_model(data), data, quiet(steps=2), resume=state)
    assert resumed.state().precision == "bfloat16"


# When it goes wrong


def test_a_learning_rate_of_a_billion_ends_with_advice_and_finite_weights():
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


def test_weights_poisoned_with_nan_end_the_training_at_that_step():
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


# Options


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "steps and seconds"),
        ({"steps": 0}, "steps"),
        ({"steps": 1.5}, "steps"),
        ({"steps": True}, "steps"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": math.nan}, "seconds"),
        ({"seconds": math.inf}, "seconds"),
        ({"steps": 1, "batch_size": 0}, "batch_size"),
        ({"steps": 1, "batch_size": "32"}, "batch_size"),
        ({"steps": 1, "learning_rate": 0}, "learning_rate"),
        ({"steps": 1, "learning_rate": -1e-3}, "learning_rate"),
        ({"steps": 1, "learning_rate": None}, "learning_rate"),
        ({"steps": 1, "learning_rate": True}, "learning_rate"),
        ({"steps": 1, "warmup": 1.1}, "warmup"),
        ({"steps": 1, "beta2": 1}, "beta2"),
        ({"steps": 1, "gradient_clip": 0}, "gradient_clip"),
        ({"steps": 1, "weight_decay": -1}, "weight_decay"),
        ({"steps": 1, "evaluate_every": -1}, "evaluate_every"),
        ({"steps": 1, "samples": 5000}, "samples"),
        ({"steps": 1, "held_out": 0}, "held_out"),
        ({"steps": 1, "seed": -1}, "seed"),
        ({"steps": 1, "threads": 0}, "threads"),
        ({"steps": 1, "optimizer": "sgd"}, "'adamw', 'adam', 'rmsprop'"),
        ({"steps": 1, "ema": 1}, "ema"),
        ({"steps": 1, "ema": -0.1}, "ema"),
        ({"steps": 1, "schedule": "linear"}, "'cosine', 'constant'"),
        ({"steps": 1, "precision": "float16"}, "'bfloat16'"),
        ({"steps": 1, "device": "tpu"}, "'cuda'"),
    ],
)
def test_an_option_that_cannot_work_is_named_at_once(options, named):
    with pytest.raises(ConfigError, match=named):
        TrainConfig(**options)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.sampled_from(["cosine", "constant"]))
def test_the_learning_rate_rises_to_its_peak_then_never_rises_again(first, second, warmup, name):
    config = TrainConfig(steps=1, warmup=warmup, schedule=name, learning_rate=1.0)
    early, late = sorted((first, second))
    assert 0 < config.learning_rate_at(late) <= 1
    if late <= warmup:
        assert config.learning_rate_at(early) <= config.learning_rate_at(late)
    elif early >= warmup:
        assert config.learning_rate_at(early) >= config.learning_rate_at(late)


def test_the_schedule_ends_near_zero_or_stays_at_the_peak():
    config = TrainConfig(steps=1, learning_rate=1.0, warmup=0.25)
    assert config.learning_rate_at(0) == pytest.approx(0.1)
    assert config.learning_rate_at(0.25) == 1
    assert config.learning_rate_at(1) == pytest.approx(0.002)
    assert replace(config, schedule="constant").learning_rate_at(1) == 1
    assert replace(config, warmup=0.0).learning_rate_at(0) == 1


def test_progress_is_the_larger_share_of_the_two_budgets():
    both = TrainConfig(steps=100, seconds=10)
    assert both.progress(50, 2) == 0.5
    assert both.progress(10, 9) == 0.9
    assert both.progress(200, 1) == 1
    assert TrainConfig(steps=4).progress(1, 1e9) == 0.25
    assert TrainConfig(seconds=8).progress(10**6, 2) == 0.25


# Devices


def test_a_device_that_is_not_there_is_an_error_and_auto_finds_one():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type in ("cpu", "cuda", "mps")
    for name in ("cuda", "mps"):
        backend = torch.cuda if name == "cuda" else torch.backends.mps
        if not backend.is_available():
            with pytest.raises(ConfigError, match="'cpu'"):
                choose_device(name)


def test_precision_is_taken_as_asked_or_measured():
    cpu = torch.device("cpu")
    assert choose_precision("float32", cpu) == torch.float32
    assert choose_precision("bfloat16", cpu) == torch.bfloat16
    assert choose_precision("auto", cpu) in (torch.float32, torch.bfloat16)
    assert choose_precision("auto", torch.device("mps")) == torch.float32


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_both_precisions_learn_the_same_thing_with_float32_weights(precision):
    data = make_data()
    model = make_model(data)
    curve = losses(train(model, data, quiet(steps=30, precision=precision, learning_rate=1e-2)))
    assert sum(curve[-5:]) < 0.9 * sum(curve[:5])
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
