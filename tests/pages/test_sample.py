"""The page Sample: it shows what the library draws for the options on screen or in the URL."""

import itertools
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from pages.shared import common
from pages.shared.loaded import loaded
from pixelcnn import build_model, sample
from pixelcnn.checkpoints.files import save_checkpoint
from pixelcnn.film.branches import Branch, grow
from pixelcnn.film.film import draw_film
from pixelcnn.film.grids import Row, draw_grid, uniforms_of
from pixelcnn.film.opening import read_opening
from pixelcnn.nn.likelihoods import apply_temperature, draw
from tests.helpers import app_pages
from tests.helpers.app_pages import button, forget_cached, told, widgets

MODEL = "mnist-threshold-gated"


@pytest.fixture
def page() -> AppTest:
    return open_page()


@pytest.fixture
def other_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder in place of the shipped checkpoints."""
    monkeypatch.setattr(common, "CHECKPOINTS", tmp_path)
    forget_cached()
    yield tmp_path
    forget_cached()


def open_page(**query: str) -> AppTest:
    common.warm_up().join()  # so that page and test draw with the same engine
    return app_pages.open_page("sample", query)


def film_of(page: AppTest) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    return widgets(page)[0]


def images_of(page: AppTest) -> NDArray[np.uint8]:
    return film_of(page)[1]["images"]


def test_the_first_film_is_the_opening_film(page: AppTest) -> None:
    meta, arrays = film_of(page)
    opening = read_opening()
    assert page.title[0].value == "How does a digit appear?"
    assert meta["autoplay"]
    for name in ("images", "probabilities"):
        np.testing.assert_array_equal(arrays[name], getattr(opening, name))


def test_the_options_are_those_of_the_library(page: AppTest) -> None:
    page.selectbox(key="n").select(4)
    page.selectbox(key="label").select("3")
    page.slider(key="temperature").set_value(0.7)
    page.number_input(key="seed").set_value(12).run()
    assert not page.exception
    model = loaded(MODEL).model
    expected = draw_film(model, 4, label=3, temperature=0.7, seed=12, engine=loaded(MODEL).engine)
    np.testing.assert_array_equal(images_of(page), expected.images)


def test_the_url_sets_the_options() -> None:
    page = open_page(n="1", label="7", temperature="1.3", seed="5")
    assert page.selectbox(key="n").value == 1
    assert page.selectbox(key="label").value == "7"
    model = loaded(MODEL).model
    expected = draw_film(model, 1, label=7, temperature=1.3, seed=5, engine=loaded(MODEL).engine)
    np.testing.assert_array_equal(images_of(page), expected.images)


def test_nonsense_in_the_url_gives_the_defaults() -> None:
    page = open_page(n="3", label="77", temperature="9", seed="none")
    np.testing.assert_array_equal(images_of(page), read_opening().images)


def test_other_digits_come_with_the_next_seed() -> None:
    page = open_page(n="1", seed="9999")
    before = images_of(page)
    page.button[0].click().run()
    assert page.number_input(key="seed").value == 0
    assert not np.array_equal(images_of(page), before)


def test_at_temperature_0_all_samples_of_a_label_are_one_picture() -> None:
    images = images_of(open_page(n="4", label="3", temperature="0"))
    assert (images == images[:1]).all()


def test_sixteen_digits_with_their_distributions_are_a_small_message(page: AppTest) -> None:
    payload = page.get("bidi_component")[0].proto.bytes
    assert {"probabilities", "entropy", "surprise", "uniforms", "field"} <= film_of(page)[1].keys()
    assert len(payload) < 300_000


def test_a_click_on_a_sample_shows_its_own_map_and_bits(page: AppTest) -> None:
    opening = read_opening()
    assert f"Sample 1 costs **{opening.bits[0]:.1f} bits**" in told(page)
    click(page, image=2)
    assert f"Sample 3 costs **{opening.bits[2]:.1f} bits**" in told(page)
    values = widgets(page)[1][1]["values"]
    np.testing.assert_allclose(values, opening.entropy_map[2])
    values = widgets(page)[2][1]["values"]
    np.testing.assert_allclose(values, opening.surprise_map[2])
    np.testing.assert_allclose(values.sum(), opening.bits[2], rtol=1e-5)


def test_another_value_grows_a_branch_with_the_same_random_numbers(page: AppTest) -> None:
    opening = read_opening()
    click(page, image=3, row=12, column=14, channel=0, level=0)
    assert tree_in_address(page) == "0.s3.r12c14v0"
    assert page.segmented_control(key="show").value == "Branches"
    meta, arrays = film_of(page)
    branch = grow(loaded(MODEL).model, opening.only(3), Branch(0, 3, 12, 14, 0, 0))
    np.testing.assert_array_equal(arrays["images"][:1], opening.images[3:4])
    np.testing.assert_array_equal(arrays["images"][1:], branch.images)
    np.testing.assert_array_equal(arrays["uniforms"][0], arrays["uniforms"][1])
    assert (meta["start"], meta["changed"]) == ([12, 14], [None, [12, 14]])
    assert f"{branch.bits[0]:.1f} bits instead of {opening.bits[3]:.1f}" in told(page)
    page.run()  # the browser's last word is still there, and must not be taken for a new one
    assert tree_in_address(page) == "0.s3.r12c14v0"


def test_a_branch_of_a_branch_comes_back_by_its_link_and_can_be_removed() -> None:
    page = open_page(show="Branches", tree="0.s3.r12c14v0-1.r20c5v1")
    images = images_of(page)
    assert images[:, 0, 12, 14].tolist() == [1, 0, 0]
    assert images[:, 0, 20, 5].tolist()[1:] == [1 - images[2, 0, 20, 5], images[2, 0, 20, 5]]
    assert (images[1].ravel()[: 20 * 28 + 5] == images[2].ravel()[: 20 * 28 + 5]).all()
    button(page, "Remove branch 2").click().run()
    assert tree_in_address(page) == "0.s3.r12c14v0"
    np.testing.assert_array_equal(images_of(page), images[:2])


def test_branches_belong_to_the_digits_they_grew_from() -> None:
    page = open_page(show="Branches", tree="0.s3.r12c14v0")
    page.number_input(key="seed").set_value(1).run()
    assert "tree" not in page.query_params
    assert "There are no branches yet" in page.info[0].value


@pytest.mark.parametrize("tree", ["nonsense", "0.s99.r1c1v1", "0.s3.r12c14v1"])
def test_a_damaged_link_to_branches_is_explained(tree: str) -> None:
    page = open_page(show="Branches", tree=tree)
    assert "The branches in this link cannot be shown." in page.warning[0].value
    np.testing.assert_array_equal(images_of(page), read_opening().images)


@pytest.mark.parametrize(
    ("view", "rows"),
    [
        ("Temperatures", [Row(4, t) for t in (0.0, 0.5, 1.0, 1.5, 2.0)]),
        ("Classes", [Row(label, 0.8) for label in range(10)]),
    ],
)
def test_a_grid_shows_what_the_library_draws(view: str, rows: list[Row]) -> None:
    page = open_page(show=view, seed="9998", label="4", temperature="0.8")
    model = loaded(MODEL).model
    seeds = (9998, 9999, 0, 1, 2)
    expected = draw_grid(model, rows, uniforms_of(model, seeds), engine=loaded(MODEL).engine)
    meta, arrays = film_of(page)
    np.testing.assert_array_equal(arrays["images"], expected.images)
    assert meta["captions"][:5] == [f"seed {seed}" for seed in seeds]
    assert len(meta["rowNames"]) == len(rows)


def test_two_models_draw_with_the_same_random_numbers() -> None:
    meta, arrays = film_of(open_page(show="Two models"))
    pairs = arrays["uniforms"].reshape(2, 2, 4, -1)
    np.testing.assert_array_equal(pairs[:, 0], pairs[:, 1])
    images = arrays["images"].reshape(2, 2, 4, -1)
    assert (images[:, 0] != images[:, 1]).any()
    assert meta["rowNames"] == ["A", "B", "A", "B"]


def test_guidance_needs_a_model_that_learned_without_labels_too(other_checkpoints: Path) -> None:
    options = {"height": 8, "width": 8, "hidden_channels": 4, "blocks": 1, "classes": 10}
    save_checkpoint(other_checkpoints / "a.safetensors", build_model("pixelcnn", **options), {})
    guided = build_model("pixelcnn", label_dropout=0.1, **options)
    save_checkpoint(other_checkpoints / "b.safetensors", guided, {})
    page = open_page(show="Guidance", n="4")
    assert "Guidance exaggerates" in page.info[0].value
    page.selectbox(key="model").select("b").run()
    assert not page.info
    assert images_of(page).shape == (20, 1, 8, 8)


def test_the_race_tells_both_times_and_what_was_worked_out(page: AppTest) -> None:
    button(page, "Start the race").click().run()
    assert not page.exception
    assert "times faster" in told(page)
    assert "Both drew the same pixels" in told(page)


def test_a_colour_model_is_explained_and_branched_by_channel(other_checkpoints: Path) -> None:
    options = {"height": 6, "width": 6, "hidden_channels": 6, "blocks": 1, "channels": 3}
    model = build_model("pixelcnnpp", levels=8, **{**options, "hidden_channels": 12})
    save_checkpoint(other_checkpoints / "colour.safetensors", model, {})
    page = open_page(n="4")
    assert "a probability for each level" in told(page)
    assert "probability for ink" not in told(page)
    level = (int(images_of(page)[1, 2, 3, 4]) + 1) % 8
    click(page, image=1, row=3, column=4, channel=2)
    assert "Sample 2, row 3, column 4, blue" in told(page)
    click(page, image=1, row=3, column=4, channel=2, level=level)
    assert tree_in_address(page) == f"0.s1.r3c4k2v{level}"
    images = images_of(page)
    assert images[1, 2, 3, 4] == level
    np.testing.assert_array_equal(images[0, :, :3], images[1, :, :3])


def test_the_code_on_the_page_draws_what_the_library_draws(page: AppTest) -> None:
    model = build_model("gated_pixelcnn", height=5, width=4, classes=3, blocks=1).eval()
    labels = torch.tensor([0, 2])
    uniforms = torch.rand(2, 1, 5, 4, generator=torch.Generator().manual_seed(1))
    names = {
        "reading_order": [(..., row, column) for row, column in np.ndindex(5, 4)],
        "likelihood": model.likelihood,
        "model": model,
        "labels": labels,
        "images": torch.zeros(2, 1, 5, 4, dtype=torch.uint8),
        "uniforms": uniforms,
        "temperature": 0.9,
        "apply_temperature": apply_temperature,
        "draw": draw,
    }
    [loop] = [code.value for code in page.code if code.language == "python"]
    exec(loop, names)
    expected = sample(
        model, 2, labels=labels, uniforms=uniforms, temperature=0.9, engine="reference"
    )
    assert torch.equal(names["images"], expected)


def test_the_command_on_the_page_names_the_options() -> None:
    page = open_page(n="1", label="4", temperature="0.5", seed="8")
    [command] = [code.value for code in page.code if code.language == "bash"]
    assert shlex.split(command) == [
        *("python", "-m", "pixelcnn", "sample", MODEL, "--n", "1", "--label", "4"),
        *("--temperature", "0.5", "--seed", "8", "--output", "digits.png"),
    ]


def test_a_model_without_classes_asks_for_no_label(other_checkpoints: Path) -> None:
    model = build_model("pixelcnn", height=8, width=8, hidden_channels=4, blocks=1)
    save_checkpoint(other_checkpoints / "small.safetensors", model, {})
    page = open_page(n="4")
    assert "label" not in [select.key for select in page.selectbox]
    assert images_of(page).shape == (4, 1, 8, 8)


def test_a_model_with_damaged_weights_is_explained(other_checkpoints: Path) -> None:
    path = other_checkpoints / "small.safetensors"
    model = build_model("pixelcnn", height=8, width=8, hidden_channels=4, blocks=1)
    save_checkpoint(path, model, {})
    # The last bytes belong to weights: all ones is no finite number.
    path.write_bytes(path.read_bytes()[:-4] + b"\xff" * 4)
    page = open_page(n="1")
    assert "small.safetensors cannot be used" in page.error[0].value


@pytest.mark.usefixtures("other_checkpoints")
def test_a_missing_model_is_explained() -> None:
    assert "contains no trained model" in open_page().error[0].value


def click(page: AppTest, **event: int) -> None:
    """What the player reports when somebody clicks in it; the page then runs."""
    payload = page.get("bidi_component")[0].proto.bytes
    header = json.loads(payload[4 : 4 + int.from_bytes(payload[:4], "little")])
    count = next(_counts)
    page.session_state["film"] = {"event": {**event, "count": count, "digest": header["digest"]}}
    page.run()
    assert not page.exception


def tree_in_address(page: AppTest) -> str:
    """A test may give an address as a list, and the page writes plain text."""
    given = page.query_params["tree"]
    return given if isinstance(given, str) else given[0]


_counts = itertools.count(1)
