"""The page Sample: it shows what the library draws for the options on screen or in the URL."""

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

from pages import common
from pixelcnn import build_model, sample
from pixelcnn.checkpoints import save_checkpoint
from pixelcnn.film import draw_film
from pixelcnn.likelihoods import draw, temper
from pixelcnn.opening import read_opening
from widgets.payload import unpack

APP = Path(__file__).parents[1] / "app.py"
MODEL = "mnist-threshold-gated"


@pytest.fixture
def page() -> AppTest:
    return open_page()


@pytest.fixture
def other_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder in place of the shipped checkpoints."""
    monkeypatch.setattr(common, "CHECKPOINTS", tmp_path)
    forget_models()
    yield tmp_path
    forget_models()


def forget_models() -> None:
    for cached in (common.shipped_models, common.load_model, common.receptive_field):
        cached.clear()


def open_page(**query: str) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=30)
    page.run().switch_page("pages/sample.py")
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def film_of(page: AppTest) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    return unpack(page.get("bidi_component")[0].proto.bytes)


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
    model = common.load_model(MODEL)[0]
    expected = draw_film(model, 4, label=3, temperature=0.7, seed=12, engine="torch")
    np.testing.assert_array_equal(images_of(page), expected.images)


def test_the_url_sets_the_options() -> None:
    page = open_page(n="1", label="7", temperature="1.3", seed="5")
    assert page.selectbox(key="n").value == 1
    assert page.selectbox(key="label").value == "7"
    model = common.load_model(MODEL)[0]
    expected = draw_film(model, 1, label=7, temperature=1.3, seed=5, engine="torch")
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


def test_a_click_on_a_sample_shows_its_own_map_and_bits(page: AppTest) -> None:
    opening = read_opening()
    assert f"Sample 1 has **{opening.bits[0]:.1f} bits**" in told(page)
    payload = page.get("bidi_component")[0].proto.bytes
    digest = json.loads(payload[4 : 4 + int.from_bytes(payload[:4], "little")])
    page.session_state["film"] = {"event": {"image": 2, "digest": digest["digest"]}}
    page.run()
    assert f"Sample 3 has **{opening.bits[2]:.1f} bits**" in told(page)
    values = unpack(page.get("bidi_component")[1].proto.bytes)[1]["values"]
    np.testing.assert_allclose(values, opening.entropy_map[2])


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
        "temper": temper,
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
def test_no_model_at_all_is_explained() -> None:
    assert "No trained model was found" in open_page().error[0].value


def told(page: AppTest) -> str:
    return "\n".join(one.value for one in page.markdown)
