"""Averaged weights, hidden labels and dropout, and that resuming stays exact."""

import copy
import itertools

import pytest
import torch

from pixelcnn.checkpoints.files import load_checkpoint
from pixelcnn.data.dataset import DataSet, Split
from pixelcnn.errors import RunError
from pixelcnn.metrics import evaluate
from pixelcnn.models.registry import build_model
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.store import start_run
from pixelcnn.runs.worker import run_training
from pixelcnn.training.batches import hide_labels, seeded_noise
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.ema import averaged_weights, decay_at
from pixelcnn.training.events import Evaluated, Sampled, Saved, Step
from pixelcnn.training.state import load_state, save_state
from pixelcnn.training.trainer import Trainer, train


@pytest.fixture
def data():
    """Random images, darker to the right, of three classes."""
    generator = torch.Generator().manual_seed(0)
    images = (torch.rand((40, 1, 6, 6), generator=generator) > torch.linspace(0, 1, 6)).byte()
    split = Split(images, torch.arange(40) % 3)
    return DataSet("made", 2, "threshold", split, split, ("a", "b", "c"))


def make_model(seed=0, dropout=0.0, **options):
    torch.manual_seed(seed)
    small = {"height": 6, "width": 6, "hidden_channels": 12, "blocks": 1}
    model = build_model("pixelcnn", **small, **options)
    if dropout:
        model.first = torch.nn.Sequential(model.first, torch.nn.Dropout(dropout))
    return model


def quiet(**options):
    """A configuration that reports only at the end, and draws nothing."""
    silent = {"evaluate_every": 0, "sample_every": 0, "save_every": 0, "samples": 0}
    return TrainConfig(**{"batch_size": 8, "precision": "float32", **silent, **options})


def losses(events):
    return [event.nats for event in events if isinstance(event, Step)]


def same_tensors(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


# Resuming


@pytest.mark.parametrize(
    ("options", "ema"),
    [
        ({}, 0.9),
        ({"classes": 3, "label_dropout": 0.5}, 0.0),
        ({"dropout": 0.5}, 0.0),
        ({"classes": 3, "label_dropout": 0.5, "dropout": 0.3}, 0.99),
    ],
)
def test_resume_is_exact_with_an_average_hidden_labels_and_dropout(tmp_path, data, options, ema):
    config = quiet(steps=12, save_every=5, evaluate_every=4, ema=ema)
    uninterrupted = list(train(make_model(**options), data, config))
    saved = next(event for event in uninterrupted if isinstance(event, Saved))
    save_state(tmp_path / "state.safetensors", saved.state)

    torch.manual_seed(99)  # as after other draws in this process
    state = load_state(tmp_path / "state.safetensors")
    rest = list(train(make_model(seed=5, **options), data, config, resume=state))

    expected = uninterrupted[uninterrupted.index(saved) + 1 :]
    assert losses(rest) == losses(expected)
    for ours, theirs in zip(rest, expected, strict=True):
        if isinstance(ours, Evaluated):
            assert ours.nats == theirs.nats
        if isinstance(ours, Saved):
            assert same_tensors(ours.state.model, theirs.state.model)
            assert same_tensors(ours.state.average, theirs.state.average)
            assert bool(ours.state.average) == (ema > 0)


def test_a_state_without_an_average_is_refused_where_one_is_needed(data):
    *_, saved = train(make_model(), data, quiet(steps=1))
    with pytest.raises(RunError, match="configuration"):
        train(make_model(), data, quiet(steps=2, ema=0.9), resume=saved.state)


# Averaged weights


def test_the_average_follows_its_definition():
    model = make_model()
    average = averaged_weights(model, 0.5)
    expected = model.first.weight.detach().clone()
    for step in range(1, 13):
        with torch.no_grad():
            model.first.weight.add_(step)
        average.update_parameters(model)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * model.first.weight.detach()
    assert torch.allclose(average.module.first.weight, expected, atol=1e-5)
    assert [decay_at(step, 0.5) for step in (1, 7, 8, 1000)] == [2 / 11, 8 / 17, 0.5, 0.5]


def test_the_average_does_not_affect_training(data):
    assert losses(train(make_model(), data, quiet(steps=8, ema=0.9))) == losses(
        train(make_model(), data, quiet(steps=8))
    )


def test_scores_samples_and_the_final_weights_are_those_of_the_average(data):
    model = make_model()
    config = quiet(steps=10, learning_rate=0.05, ema=0.9, samples=4)
    trainer = Trainer(model, data, config)
    *_, scored, drawn, saved = trainer
    assert isinstance(scored, Evaluated)
    assert isinstance(drawn, Sampled)
    averaged, raw = make_model(), make_model()
    averaged.load_state_dict(saved.state.average)
    raw.load_state_dict(saved.state.model)
    assert evaluate(averaged, data.test.images).nats == pytest.approx(scored.nats, rel=1e-6)
    assert evaluate(raw, data.test.images).nats != pytest.approx(scored.nats, rel=1e-4)
    assert same_tensors(model.state_dict(), averaged.state_dict())
    assert not model.training


def test_an_average_scores_better_than_the_last_of_many_rough_steps(data):
    rough = {"steps": 60, "learning_rate": 0.1, "schedule": "constant", "seed": 1}
    scores = {}
    for ema in (0.0, 0.95):
        *_, scored, _ = train(make_model(), data, quiet(**rough, ema=ema))
        scores[ema] = scored.nats
    assert scores[0.95] < scores[0.0]


def test_checkpoints_have_the_average_and_the_state_has_the_raw_weights(tmp_path):
    class InThisProcess:
        def launch(self, run):
            run_training(run)

    config = RunConfig(
        model_options={"hidden_channels": 8, "blocks": 1},
        data="digits8x8",
        train=quiet(steps=6, ema=0.9, learning_rate=0.05),
    )
    run = start_run(tmp_path, config, starter=InThisProcess())
    assert run.status().state == "finished", run.status().message
    state = load_state(run.state_path)
    for which in ("best", "last"):
        model, _ = load_checkpoint(run.checkpoint(which))
        kept = model.state_dict()
        if which == "last":
            assert same_tensors(dict(state.average), kept)
        assert not same_tensors(dict(state.model), kept)


# Hidden labels


def seen_labels(model, data, config):
    """Record the labels of each forward pass: (training mode?, labels)."""
    seen = []
    hook = model.register_forward_pre_hook(
        lambda module, inputs: seen.append((module.training, inputs[1].clone()))
    )
    list(train(model, data, config))
    hook.remove()
    return seen


def test_training_hides_labels_and_evaluation_does_not(data):
    model = make_model(classes=3, label_dropout=0.4)
    seen = seen_labels(model, data, quiet(steps=40))
    trained = torch.cat([labels for training, labels in seen if training])
    assert 0.3 < (trained == model.config.no_label).float().mean() < 0.5
    evaluated = [labels for training, labels in seen if not training]
    assert evaluated
    assert all(torch.equal(labels, data.test.labels) for labels in evaluated)


def test_without_label_dropout_every_label_is_true(data):
    seen = seen_labels(make_model(classes=3), data, quiet(steps=5))
    assert all(int(labels.max()) < 3 for _, labels in seen)


def test_which_labels_are_hidden_depends_on_seed_and_step_alone():
    labels = torch.arange(200) % 3
    hidden = {key: hide_labels(labels, 0.5, 3, *key) for key in ((0, 0), (0, 1), (1, 0))}
    assert torch.equal(hidden[0, 0], hide_labels(labels, 0.5, 3, 0, 0))
    for first, second in itertools.combinations(hidden.values(), 2):
        assert not torch.equal(first, second)
    kept = hidden[0, 0] != 3
    assert torch.equal(hidden[0, 0][kept], labels[kept])


# Dropout


def test_dropout_is_active_and_does_not_affect_other_random_numbers(data):
    torch.manual_seed(3)
    expected = torch.rand(4)
    model = make_model(dropout=0.5)
    plain = copy.deepcopy(model)
    plain.first[1].p = 0.0
    torch.manual_seed(3)
    with_dropout = losses(train(model, data, quiet(steps=3)))
    assert torch.equal(torch.rand(4), expected)
    assert with_dropout != losses(train(plain, data, quiet(steps=3)))


def test_dropout_differs_by_step_and_seed():
    masks = []
    for seed, step in ((0, 0), (0, 0), (0, 1), (1, 0)):
        with seeded_noise(seed, step, torch.device("cpu")):
            masks.append(torch.nn.functional.dropout(torch.ones(64), 0.5))
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])
    assert not torch.equal(masks[0], masks[3])
