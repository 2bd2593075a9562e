"""The page Feature maps: what it shows is what the network computed for that digit."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from pages.features.snapshots import trainings
from pages.features.words import EXPLAINED, views
from pages.shared import common
from pixelcnn import build_model, load_checkpoint
from pixelcnn.checkpoints.files import save_checkpoint
from pixelcnn.introspect.feature_maps import activations, first_kernels, prediction, summarize
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.registry import model_names
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.recordings import recorded_run
from pixelcnn.runs.snapshots import load_snapshot, snapshot_steps
from pixelcnn.runs.status import RunStatus
from pixelcnn.runs.store import create_run
from pixelcnn.runs.worker import run_training
from pixelcnn.scores.unseen import unseen_digits
from pixelcnn.training.config import TrainConfig
from tests.helpers import app_pages
from tests.helpers.app_pages import forget_cached, shipped_again, shipped_instead, told, widgets
from widgets.painter.widget import Drawing, drawing_state

__all__ = ["shipped_again"]  # a fixture

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Three small models in place of the shipped ones, by name; the last two with classes."""
    torch.manual_seed(0)
    size = {"height": 14, "width": 14, "hidden_channels": 12, "blocks": 2}
    made = {
        "one-stack": build_model("pixelcnn", block="bottleneck", **size),
        "two-stacks": build_model("gated_pixelcnn", classes=10, **size),
        "attention": build_model("pixelcnn_attention", classes=10, heads=4, **size),
    }
    with shipped_instead(tmp_path_factory.mktemp("models"), made, std=0.3):
        yield made


def open_page(model: str, **query: str) -> AppTest:
    return app_pages.open_page("features", {"model": model, **query})


def galleries(page: AppTest) -> list[dict[str, NDArray[np.float32]]]:
    """What each gallery on the page shows: {layer: (channels, H, W)}, undone from its steps."""
    shown = []
    for meta, arrays in widgets(page):
        if "layers" in meta:
            shown.append(
                {
                    layer["name"]: unquantised(layer, arrays[f"layer{index}"])
                    for index, layer in enumerate(meta["layers"])
                }
            )
    return shown


def unquantised(layer: dict[str, Any], codes: NDArray[np.uint16]) -> NDArray[np.float32]:
    values = layer["low"] + codes.astype(np.float32) / 65534 * (layer["high"] - layer["low"])
    return np.where(codes == 65535, np.nan, values).astype(np.float32)


def assert_shown(shown: NDArray[np.float32], maps: torch.Tensor) -> None:
    """Equal to within half a step of the colour scale."""
    expected = maps.detach().numpy()
    step = 2 * np.nanmax(np.abs(expected)) / 65534 + 1e-6
    np.testing.assert_allclose(shown, expected, atol=0.51 * step)


def digit_image(digit: int, example: int = 0) -> torch.Tensor:
    test = unseen_digits(2, 14)
    return test.images[test.labels == digit][example][None]  # (1, 1, 14, 14)


def expected_layers(
    model: AutoregressiveModel, images: torch.Tensor, label: int | None, *parts: str
) -> dict[str, torch.Tensor]:
    labels = None if label is None else torch.tensor([label])
    found = activations(model, images, labels)
    return {
        one.label: found[one.name][0]
        for one in summarize(model, found, labels)
        if one.part in parts
    }


@pytest.mark.usefixtures("shipped_again")
def test_the_shipped_model_is_open_at_first() -> None:
    page = app_pages.open_page("features")
    assert page.title[0].value == "What is inside?"
    layers = list(galleries(page)[0])
    assert layers[0] == "the image"
    assert layers[-1] == "prediction"
    assert len(layers) > 4


def test_layers_stand_from_the_image_to_the_prediction(models: dict[str, Any]) -> None:
    page = open_page("one-stack", digit="3", example="2")
    shown = galleries(page)[0]
    image = digit_image(3, 2)
    expected = expected_layers(models["one-stack"], image, None, "stack")
    assert list(shown) == ["the image", *expected, "prediction"]
    assert list(expected) == ["first layer", "block 1", "block 2", "head", "output"]
    np.testing.assert_allclose(shown["the image"], image[0])
    for label, maps in expected.items():
        assert_shown(shown[label], maps)
    assert_shown(shown["prediction"], prediction(models["one-stack"], image)[0])


@pytest.mark.parametrize(
    ("part", "parts", "first"),
    [
        ("Horizontal stack", ("horizontal stack", "stack"), "layer 1"),
        ("Vertical stack", ("vertical stack",), "layer 1"),
        ("Inside the layers", ("inside",), "layer 1: vertical"),
    ],
)
def test_the_stacks_are_shown_apart(
    models: dict[str, Any], part: str, parts: tuple[str, ...], first: str
) -> None:
    page = open_page("two-stacks", digit="5")
    page.button_group(key="part-gated_pixelcnn").set_value(part).run()
    assert not page.exception
    shown = galleries(page)[0]
    expected = expected_layers(models["two-stacks"], digit_image(5), 5, *parts)
    assert list(shown) == ["the image", *expected, "prediction"]
    assert next(iter(expected)) == first
    for label, maps in expected.items():
        assert_shown(shown[label], maps)


def test_the_convolutions_inside_the_blocks_can_be_shown(models: dict[str, Any]) -> None:
    page = open_page("one-stack")
    page.button_group(key="part-pixelcnn").set_value("Inside the blocks").run()
    assert "block 2: look" in galleries(page)[0]
    assert "Dead units" in told(page)


def test_another_label_gives_other_maps(models: dict[str, Any]) -> None:
    page = open_page("two-stacks", digit="4")
    page.selectbox(key="told").set_value("9").run()
    shown = galleries(page)[0]
    other = expected_layers(models["two-stacks"], digit_image(4), 9, "horizontal stack")
    own = expected_layers(models["two-stacks"], digit_image(4), 4, "horizontal stack")
    assert_shown(shown["layer 3"], other["layer 3"])
    assert not torch.equal(own["layer 3"], other["layer 3"])


@pytest.mark.parametrize("name", model_names())
def test_every_layer_of_every_architecture_can_be_looked_at(
    models: dict[str, Any], name: str
) -> None:
    torch.manual_seed(0)
    size = {"height": 8, "width": 8, "hidden_channels": 6, "blocks": 1}
    model = build_model(name, **size)
    save_checkpoint(common.CHECKPOINTS / "other.safetensors", model, {})
    forget_cached()
    page = open_page("other")
    image = torch.from_numpy(galleries(page)[0]["the image"]).to(torch.uint8)[None]
    everything = activations(model.eval(), image)
    seen = []
    for view, parts in views(name).items():
        assert view in EXPLAINED
        page.button_group(key=f"part-{name}").set_value(view).run()
        assert not page.exception
        if view == "Gates":
            continue
        expected = expected_layers(model, image, None, *parts)
        assert expected
        assert list(galleries(page)[0]) == ["the image", *expected, "prediction"]
        seen += expected
    assert len(seen) == len(everything)


def scale_of(page: AppTest, layer: str) -> list[float]:
    """The two ends of the colour scale of a layer of the gallery."""
    for meta, _ in widgets(page):
        for one in meta.get("layers", []):
            if one["name"] == layer:
                return one["colors"]
    raise AssertionError(layer)


def test_a_locked_colour_scale_stays_when_the_digit_changes(models: dict[str, Any]) -> None:
    free, locked = ([] for _ in range(2))
    for digit in ("1", "8"):
        free.append(scale_of(open_page("one-stack", digit=digit), "block 1"))
        page = open_page("one-stack", digit=digit, scale="all digits")
        locked.append(scale_of(page, "block 1"))
        assert scale_of(page, "block 2") != locked[-1]
        page = open_page("one-stack", digit=digit, scale="all layers")
        assert scale_of(page, "block 1") == scale_of(page, "head")
    assert free[0] != free[1]
    assert locked[0] == locked[1]
    assert locked[0][1] >= max(high for _, high in free) - 1e-6


def test_an_uploaded_picture_goes_through_the_network(models: dict[str, Any]) -> None:
    page = open_page("one-stack", source="Your picture")
    paper = Image.new("L", (60, 60), 255)
    ImageDraw.Draw(paper).line((30, 10, 30, 50), fill=0, width=6)
    content = io.BytesIO()
    paper.save(content, "PNG")
    page.file_uploader(key="picture-upload").upload("one.png", content.getvalue(), "image/png")
    page.run()
    assert not page.exception
    image = galleries(page)[0]["the image"][0]
    assert 3 < image.sum() < 40
    assert image[:, :4].sum() == image[:, -4:].sum() == 0  # one upright stroke in the middle
    page.file_uploader(key="picture-upload").upload("no.png", b"no picture", "image/png")
    page.run()
    assert "cannot be read as a picture" in page.error[0].value


def test_a_training_can_be_looked_back_at(models: dict[str, Any]) -> None:
    run = recorded_run("moments28")
    steps = snapshot_steps(run)
    test = unseen_digits(2, 28)
    image = test.images[test.labels == 3][:1]  # the models here are too small to share theirs
    page = open_page("one-stack", digit="3", **{"moment-moments28": str(steps[2])})
    for step in (steps[2], 0):
        if step == 0:
            page.select_slider(key="moment-moments28").set_value(0).run()
        shown = galleries(page)[2]
        model = load_snapshot(run, step)
        expected = activations(model, image, torch.tensor([3]))
        assert_shown(shown["block 2"], expected["blocks.1"][0])
        assert_shown(shown["prediction"], prediction(model, image, torch.tensor([3]))[0])
    assert "given the label 3" in "\n".join(caption.value for caption in page.caption)


def test_a_run_that_was_trained_here_can_be_looked_back_at(models: dict[str, Any]) -> None:
    run = create_run(
        None,
        RunConfig(
            model_options={"hidden_channels": 4, "blocks": 1},
            data="digits8x8",
            train=TrainConfig(steps=6, samples=0, held_out=20, threads=1),
        ),
    )
    run_training(run)
    lock = run.lock
    assert lock.acquire()
    run.write_status(RunStatus("running"))
    assert run.id not in trainings()  # it would drop moments while they are looked at
    run.write_status(RunStatus("finished"))
    lock.release()
    page = open_page("one-stack", training=run.id)
    assert page.select_slider(key=f"moment-{run.id}").options == ["0", "5", "6"]
    assert galleries(page)[2]["block 1"].shape == (4, 8, 8)


def test_a_model_without_classes_gets_no_label(models: dict[str, Any]) -> None:
    assert "told" not in {box.key for box in open_page("one-stack").selectbox}


def open_layer(page: AppTest, index: int, name: str, instead_of: int) -> None:
    """What the browser sends when a layer is opened."""
    page.session_state["maps"] = {"map": {"layer": index, "name": name, "instead_of": instead_of}}
    page.run()
    assert not page.exception


def number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def test_the_open_layer_s_numbers_are_printed_and_its_path_is_in_the_address(
    models: dict[str, Any],
) -> None:
    page = open_page("one-stack", digit="3")
    open_layer(page, 4, "head", 1)
    model = models["one-stack"]
    found = activations(model, digit_image(3))
    (head,) = (one for one in summarize(model, found) if one.name == "head")
    words = told(page)
    assert "**head, 1 × 1**: 12 maps of 14 × 14" in words
    assert f"Min **{number(head.minimum)}**, mean **{number(head.mean)}**" in words
    assert f"max **{number(head.maximum)}**" in words
    assert f"Dead units: **{head.dead} of 12** ({head.dead_share:.1%})" in words
    assert "`head`" in words
    assert page.query_params["layer"] == "head"


def test_image_and_prediction_are_explained_when_opened(models: dict[str, Any]) -> None:
    page = open_page("one-stack")
    open_layer(page, 0, "the image", 1)
    assert "0 is paper, 1 is ink" in told(page)
    open_layer(page, 6, "prediction", 1)
    assert "probability of ink" in told(page)


def test_the_address_restores_digit_label_part_and_layer(models: dict[str, Any]) -> None:
    page = open_page(
        "two-stacks",
        **{
            "digit": "8",
            "example": "1",
            "told": "3",
            "part-gated_pixelcnn": "Vertical stack",
            "layer": "layers.1.vertical_stack",
        },
    )
    shown = galleries(page)[0]
    np.testing.assert_allclose(shown["the image"], digit_image(8, 1)[0])
    expected = expected_layers(models["two-stacks"], digit_image(8, 1), 3, "vertical stack")
    assert_shown(shown["layer 2"], expected["layer 2"])
    assert "**layer 2, vertical stack**" in told(page)


def test_an_invalid_address_shows_the_defaults(models: dict[str, Any]) -> None:
    page = open_page("two-stacks", digit="11", example="-3", told="x", layer="nowhere")
    np.testing.assert_allclose(galleries(page)[0]["the image"], digit_image(7)[0])
    assert "**layer 1, horizontal stack**" in told(page)


def test_a_drawing_goes_through_the_network_too(models: dict[str, Any]) -> None:
    page = open_page("two-stacks")
    page.button_group(key="source").set_value("Your drawing").run()
    assert not galleries(page)[0]["the image"].any()
    image = np.zeros((14, 14), np.uint8)
    image[3:11, 6] = 1
    page.session_state["picture-painter"] = drawing_state(
        Drawing(image, np.ones((14, 14), bool)), 0
    )
    page.selectbox(key="told-drawing").set_value("1").run()
    shown = galleries(page)[0]
    np.testing.assert_allclose(shown["the image"][0], image)
    given = torch.from_numpy(image)[None, None]
    expected = expected_layers(models["two-stacks"], given, 1, "horizontal stack")
    assert_shown(shown["layer 2"], expected["layer 2"])


def test_a_drawing_is_kept_while_a_test_digit_is_looked_at(models: dict[str, Any]) -> None:
    page = open_page("one-stack", source="Your drawing")
    image = np.zeros((14, 14), np.uint8)
    image[2:5, 2:9] = 1
    page.session_state["picture-painter"] = drawing_state(
        Drawing(image, np.ones((14, 14), bool)), 0
    )
    page.run()
    page.button_group(key="source").set_value("A test digit").run()
    assert galleries(page)[0]["the image"].sum() != image.sum()
    page.button_group(key="source").set_value("Your drawing").run()
    np.testing.assert_allclose(galleries(page)[0]["the image"][0], image)


@pytest.mark.parametrize("name", ["one-stack", "two-stacks"])
def test_the_learned_kernels_are_shown_with_masked_weights_unknown(
    models: dict[str, Any], name: str
) -> None:
    shown = galleries(open_page(name))[1]
    expected = first_kernels(models[name])
    assert len(shown) == len(expected)
    for kernels, weights in zip(shown.values(), expected.values(), strict=True):
        assert_shown(kernels, weights[:, 0])
        assert np.isnan(kernels).any()


def test_switching_the_model_shows_the_other_one(models: dict[str, Any]) -> None:
    page = open_page("two-stacks")
    page.selectbox(key="model").set_value("one-stack").run()
    assert not page.exception
    assert "block 1" in galleries(page)[0]


def test_a_model_of_colours_is_not_offered(models: dict[str, Any]) -> None:
    torch.manual_seed(0)
    model = build_model("pixelcnn", channels=3, height=8, width=8, hidden_channels=6, blocks=1)
    save_checkpoint(common.CHECKPOINTS / "colour.safetensors", model, {})
    forget_cached()
    assert "colour" not in open_page("colour").selectbox(key="model").options


@pytest.mark.usefixtures("shipped_again")
def test_the_notebook_lines_run(monkeypatch: pytest.MonkeyPatch) -> None:
    page = app_pages.open_page("features")
    monkeypatch.chdir(ROOT)
    model, _ = load_checkpoint(ROOT / "checkpoints" / f"{common.DEFAULT_MODEL}.safetensors")
    config = model.config
    images = torch.zeros(2, config.channels, config.height, config.width, dtype=torch.uint8)
    scope = {"images": images, "labels": torch.tensor([1, 2])}
    exec(page.code[-1].value, scope)
    labels = scope["labels"] if config.classes else None
    assert list(scope["maps"]) == list(activations(model, images, labels))
