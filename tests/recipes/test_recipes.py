"""Shipped weights, their recipes, and their cards."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pixelcnn.checkpoints.files import save_checkpoint, shipped
from pixelcnn.cli import main
from pixelcnn.cli.card import CARDS
from pixelcnn.cli.train import Train, TrainOptions
from pixelcnn.data.dataset import Split
from pixelcnn.data.registry import load_data
from pixelcnn.errors import DataError
from pixelcnn.models.registry import build_model
from pixelcnn.recipes.shipped import recipes
from pixelcnn.scores.classifier import load_classifier
from pixelcnn.scores.samples import judge_samples
from pixelcnn.system.shipped import CLASSIFIER

_TINY = {"hidden_channels": 4, "blocks": 1}


@pytest.mark.parametrize("name", recipes())
def test_every_recipe_can_start(name: str) -> None:
    recipes()[name].config.check()


def test_a_recipe_can_be_trained_with_another_seed() -> None:
    asked = Train(recipe="photographs", training=TrainOptions(seed=3))._run_config()
    recipe = recipes()["photographs"].config
    assert replace(asked, notes={}) == replace(recipe, train=replace(recipe.train, seed=3))
    assert "--seed 3" in asked.notes["command"]


@pytest.mark.parametrize("checkpoint", shipped(), ids=lambda one: one.name)
def test_a_shipped_checkpoint_matches_its_recipe(checkpoint) -> None:
    config = recipes()[checkpoint.name].config
    header = checkpoint.header
    assert header.model == config.model
    assert header.config | config.model_options == header.config
    assert bool(header.config["classes"]) == config.conditional
    recipe, asked = checkpoint.card["recipe"], config.train
    assert recipe["model_options"] == dict(config.model_options)
    for option in ("batch_size", "learning_rate", "optimizer", "schedule", "seed"):
        assert recipe["train"][option] == getattr(asked, option)
    assert checkpoint.card["step"] == asked.steps


@pytest.mark.parametrize("checkpoint", shipped(), ids=lambda one: one.name)
def test_a_shipped_checkpoint_has_a_card_and_a_sheet_of_its_own(checkpoint) -> None:
    text = (CARDS / f"{checkpoint.name}.md").read_text()
    assert f"{checkpoint.card['test_nats']:.2f} ± " in text
    assert checkpoint.card["command"] in text
    assert (CARDS / f"{checkpoint.name}.png").stat().st_size < 100_000


def test_a_card_is_written_for_any_checkpoint(tmp_path: Path) -> None:
    model = build_model("pixelcnn", height=8, width=8, hidden_channels=4, blocks=1)
    path = tmp_path / "mine.safetensors"
    data = {"name": "digits8x8", "levels": 2, "binarize": "threshold", "size": 8}
    save_checkpoint(path, model, {"data": data})
    assert main(["card", str(path), "--images", "60", "--output", str(tmp_path)]) == 0
    text = (tmp_path / "mine.md").read_text()
    assert "digits8x8, 8 × 8, threshold" in text
    assert "a discriminator is right in" in text
    assert "the classifier behind it reads grey digits of 28 × 28 only" in text
    assert (tmp_path / "mine.png").exists()


def test_an_untrained_model_is_told_from_data_and_shuffled_data_is_not() -> None:
    data = load_data("digits8x8")
    model = build_model("pixelcnn", height=8, width=8, hidden_channels=4, blocks=1)
    torch.manual_seed(0)
    scores = judge_samples(model, data.test, images=100)
    assert scores.two_sample_accuracy.low > 0.6
    assert scores.frechet_distance is None


def test_the_classifier_judges_any_number_of_levels_as_it_would_their_thresholded_images() -> None:
    grey = load_data("mnist5k", levels=256).test
    black_and_white = load_data("mnist5k", levels=2).test
    classifier, _ = load_classifier(CLASSIFIER)
    of_grey, of_two = (
        judge_samples(build_model("pixelcnn", levels=levels, **_TINY), split, classifier, images=60)
        for levels, split in ((256, grey), (2, black_and_white))
    )
    assert of_grey.frechet_distance_of_data == of_two.frechet_distance_of_data
    assert of_grey.classifier_accuracy == of_two.classifier_accuracy
    assert of_grey.classifier_accuracy > 0.9
    unlabelled = Split(black_and_white.images, torch.zeros_like(black_and_white.labels))
    model = build_model("pixelcnn", **_TINY)
    assert judge_samples(model, unlabelled, classifier, images=60).classifier_accuracy is None
    assert of_grey.frechet_distance > 2 * of_grey.frechet_distance_of_data


def test_too_few_test_images_are_refused() -> None:
    model = build_model("pixelcnn", height=8, width=8, hidden_channels=4, blocks=1)
    few = Split(torch.zeros(90, 1, 8, 8, dtype=torch.uint8), torch.zeros(90, dtype=torch.int64))
    with pytest.raises(DataError, match="need 100 test images"):
        judge_samples(model, few, images=50)


def test_an_unknown_recipe_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--recipe", "nonsense"]) == 2
    assert "mnist-threshold-gated" in capsys.readouterr().err
