"""Training resumes exactly from its own saved state, and refuses others."""

import pytest
import torch

from pixelcnn.errors import RunError
from pixelcnn.models.registry import build_model
from pixelcnn.training.events import Sampled, Saved, Step
from pixelcnn.training.state import load_state, save_state
from pixelcnn.training.trainer import Trainer, train
from tests.helpers.training_cases import losses, make_data, make_model, quiet


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "rmsprop", "muon"])
@pytest.mark.parametrize("name", ["pixelcnn", "gated_pixelcnn"])
def test_resumed_training_takes_exactly_the_steps_of_an_uninterrupted_one(
    tmp_path, name, optimizer
):
    data = make_data(binarize="dynamic")
    config = quiet(steps=24, save_every=9, sample_every=5, optimizer=optimizer)
    uninterrupted = list(train(make_model(data, classes=3, name=name), data, config))
    saved = next(event for event in uninterrupted if isinstance(event, Saved))
    save_state(tmp_path / "state.safetensors", saved.state)

    state = load_state(tmp_path / "state.safetensors")
    other = build_model(
        name, height=6, width=6, classes=3, hidden_channels=12, blocks=1
    )  # other random weights: all must come from the file
    rest = list(train(other, data, config, resume=state))

    expected = uninterrupted[uninterrupted.index(saved) + 1 :]
    assert [type(event) for event in rest] == [type(event) for event in expected]
    assert losses(rest) == losses(expected)
    for ours, theirs in zip(rest, expected, strict=True):
        if isinstance(ours, Sampled):
            assert torch.equal(ours.images, theirs.images)
        if isinstance(ours, Saved):
            assert ours.state.model.keys() == theirs.state.model.keys()
            for key, tensor in ours.state.model.items():
                assert torch.equal(tensor, theirs.state.model[key])


def test_a_saved_state_is_a_copy_that_later_steps_do_not_change():
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
