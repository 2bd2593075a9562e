"""A trained model can be kept under a name, and nothing else is written."""

import pytest

from pixelcnn.checkpoints.files import load_checkpoint, shipped
from pixelcnn.errors import RunError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.runs.kept_models import (
    MAX_OF_ONE,
    keep_model,
    kept_models,
    owner_of,
    remove_model,
)
from pixelcnn.runs.store import create_run, list_runs
from pixelcnn.runs.worker import run_training
from pixelcnn.training.config import TrainConfig

CONFIG = RunConfig(
    model_options={"hidden_channels": 4, "blocks": 1},
    data="digits8x8",
    train=TrainConfig(steps=2, held_out=10, samples=0),
)


@pytest.fixture
def run(tmp_path) -> Run:
    run = create_run(tmp_path, CONFIG)
    run_training(run)
    return run


def test_a_kept_model_is_listed_and_has_the_run_s_last_weights(tmp_path, run: Run) -> None:
    assert kept_models(tmp_path) == []
    path = keep_model(run, "My digits 1", tmp_path)
    (kept,) = kept_models(tmp_path)
    assert (kept.name, kept.path) == ("My digits 1", path)
    model, card = load_checkpoint(kept.path)
    assert card["run"] == run.id
    assert card["step"] == 2
    last, _ = load_checkpoint(run.checkpoint("last"))
    assert all(
        (mine == theirs).all()
        for mine, theirs in zip(model.parameters(), last.parameters(), strict=True)
    )
    assert [listed.id for listed in list_runs(tmp_path)] == [run.id]


@pytest.mark.parametrize(
    "name", ["", " ", "../up", "a/b", "a\\b", ".hidden", "x" * 41, "a\nb", "ü"]
)
def test_a_name_that_is_not_a_plain_file_name_is_refused(tmp_path, run: Run, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RunError, match="name"):
        keep_model(run, name, tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_name_is_used_once(tmp_path, run: Run) -> None:
    keep_model(run, "one", tmp_path)
    for taken in ("one", shipped()[0].name):
        with pytest.raises(RunError, match="already a model"):
            keep_model(run, taken, tmp_path)


def test_a_run_without_weights_has_nothing_to_keep(tmp_path) -> None:
    with pytest.raises(RunError, match="no weights yet"):
        keep_model(create_run(tmp_path, CONFIG), "early", tmp_path)
    assert kept_models(tmp_path) == []


def test_each_owner_keeps_ten_and_a_removed_name_stays_taken(tmp_path, run: Run) -> None:
    (run.path / "owner").write_text("a" * 64)
    for number in range(MAX_OF_ONE):
        keep_model(run, f"n{number}", tmp_path)
    assert owner_of("n0", tmp_path) == run.owner == "a" * 64
    with pytest.raises(RunError, match="You keep 10 models"):
        keep_model(run, "one more", tmp_path)
    remove_model("n3", tmp_path)
    assert "n3" not in {model.name for model in kept_models(tmp_path)}
    with pytest.raises(RunError, match="There was a model called 'n3'"):
        keep_model(run, "n3", tmp_path)
    keep_model(run, "one more", tmp_path)
    for name in ("n3", "../config", "", "x" * 99):
        with pytest.raises(RunError, match="removed already"):
            remove_model(name, tmp_path)
