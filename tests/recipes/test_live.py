"""The presets keep their promises, their recordings match, and the shown code runs."""

from dataclasses import replace

import pytest
import torch

from pixelcnn.causality.reach import audit
from pixelcnn.data.registry import load_data
from pixelcnn.errors import RunError
from pixelcnn.metrics import evaluate
from pixelcnn.models.registry import build_model
from pixelcnn.recipes.code import python_code
from pixelcnn.recipes.config import RunConfig
from pixelcnn.recipes.live import live_presets
from pixelcnn.recipes.preview import preview
from pixelcnn.runs.recordings import record_run, recorded_run
from pixelcnn.runs.store import create_run
from pixelcnn.runs.view import RunView
from pixelcnn.runs.worker import run_training
from pixelcnn.training.config import TrainConfig

TINY = RunConfig(
    model_options={"hidden_channels": 8, "blocks": 1},
    conditional=True,
    data="digits8x8",
    train=TrainConfig(steps=12, batch_size=8, held_out=20, samples=2, sample_every=4, seed=5),
)


def test_the_first_preset_is_14_by_14_and_all_of_them_can_run() -> None:
    presets = live_presets()
    first = next(iter(presets.values()))
    assert (first.config.data, first.config.data_options["size"]) == ("mnist5k", 14)
    assert first.config.train.seconds is not None
    assert first.config.train.seconds < 30
    for preset in presets.values():
        preset.config.check()


@pytest.mark.parametrize("name", list(live_presets()))
def test_a_recording_is_a_finished_run_of_its_preset_that_learnt(name: str) -> None:
    preset = live_presets()[name]
    view = RunView(recorded_run(name))
    assert view.config == preset.config
    assert view.status.state == "finished"
    data = load_data(preset.config.data, **preset.config.data_options)
    facts = preview(preset.config, data)
    assert view.held_out is not None
    assert view.held_out.nats < 0.65 * facts.per_pixel.nats
    assert view.frame_steps[0] == 0
    assert view.frame_steps[-1] == view.status.step
    shape = (len(view.frame_steps), 8, data.channels, data.height, data.width)
    assert view.frames.shape == shape
    assert view.frames.max() == data.levels - 1


def test_a_recording_shows_what_the_run_showed(tmp_path) -> None:
    run = create_run(tmp_path, TINY)
    with pytest.raises(RunError, match="not finished"):
        record_run(run, "mine", tmp_path / "recorded")
    run_training(run)
    record_run(run, "mine", tmp_path / "recorded")
    copy, original = RunView(recorded_run("mine", tmp_path / "recorded")), RunView(run)
    assert copy.config == original.config
    assert copy.status == original.status
    assert (copy.frames == original.frames).all()
    assert copy.held_out == original.held_out
    assert len(copy.curves()) == len(original.curves())
    assert not list((tmp_path / "recorded").rglob("*.safetensors"))
    with pytest.raises(RunError, match="no recording 'other'"):
        recorded_run("other", tmp_path / "recorded")


@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("levels", [2, 4])
def test_the_shown_code_reproduces_the_run(
    tmp_path, capsys: pytest.CaptureFixture[str], conditional: bool, levels: int
) -> None:
    config = replace(TINY, conditional=conditional, data_options={"levels": levels})
    run = create_run(tmp_path, config)
    run_training(run)
    names: dict[str, object] = {}
    exec(python_code(config), names)
    printed = capsys.readouterr().out.splitlines()
    held_out = RunView(run).held_out
    assert held_out is not None
    assert printed[-1] == f"step 12: {held_out.bits_per_dim:.3f} bits per pixel, held out"
    model, data = names["model"], names["data"]
    assert isinstance(model, torch.nn.Module)
    labels = data.test.labels[:20] if conditional else None
    assert evaluate(model, data.test.images[:20], labels).nats == pytest.approx(held_out.nats)
    assert names["images"].shape == (8, 1, 8, 8)


@pytest.mark.parametrize("name", list(live_presets()))
def test_the_code_of_each_preset_names_every_choice(name: str) -> None:
    config = live_presets()[name].config
    code = python_code(config)
    compile(code, name, "exec")
    for option, value in config.model_options.items():
        assert f"{option}={value!r}" in code
    assert f"seconds={config.train.seconds!r}" in code
    assert f"learning_rate={config.train.learning_rate!r}" in code


def test_a_preview_counts_what_the_built_model_has() -> None:
    config = live_presets()["gated14"].config
    data = load_data(config.data, **config.data_options)
    facts = preview(config, data)
    model = build_model(config.model, height=14, width=14, classes=10, **config.model_options)
    assert facts.parameters.stored == sum(weight.numel() for weight in model.parameters())
    assert facts.seen_share == audit(model).seen_share
    assert facts.reachable_share == 1
    assert facts.train_images == 4500
    assert facts.uniform.bits_per_dim == pytest.approx(1)
    assert facts.nats_per_bit == pytest.approx(facts.per_pixel.nats / facts.per_pixel.bits_per_dim)
    blind = preview(live_presets()["digits14"].config, data)
    assert blind.seen_share < blind.reachable_share < 1
