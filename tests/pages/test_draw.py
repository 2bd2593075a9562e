"""The page Draw & complete: what is given stays, the rest and the figures are the library's."""

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

from pages.shared import common
from pages.shared.loaded import loaded
from pixelcnn import build_model
from pixelcnn.checkpoints.files import save_checkpoint
from pixelcnn.completion.completions import Completions, complete
from pixelcnn.completion.observed import Reader
from tests.helpers import app_pages
from tests.helpers.app_pages import button, forget_cached, told, widgets
from widgets.painter.widget import Drawing, drawing_state

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


def save_small(folder: Path, name: str = "small", **options: Any) -> None:
    """A checkpoint of an untrained model of 8 x 8 pixels."""
    size = {"height": 8, "width": 8, "hidden_channels": 12, "blocks": 1}
    save_checkpoint(
        folder / f"{name}.safetensors", build_model("pixelcnn", **{**size, **options}), {}
    )


def open_page(**query: str) -> AppTest:
    common.warm_up().join()  # so that page and test draw with the same engine
    return app_pages.open_page("draw", query)


def widget(page: AppTest, label: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What the widget with this label was given: (meta, arrays)."""
    for meta, arrays in widgets(page):
        if label in (meta.get("label"), meta.get("title")):
            return meta, arrays
    raise AssertionError(f"no widget {label!r}")


def drawing_on(page: AppTest) -> Drawing:
    """What the painter starts from."""
    _, arrays = widget(page, "Your drawing")
    return Drawing(arrays["image"], arrays["known"].astype(bool))


def endings_on(page: AppTest) -> NDArray[np.uint8]:
    return widget(page, "Nine endings")[1]["images"]


def draw(page: AppTest, image: NDArray[np.uint8], known: NDArray[np.bool_]) -> AppTest:
    """As if the browser had sent this drawing."""
    revision = widget(page, "Your drawing")[0]["revision"]
    page.session_state["painter"] = drawing_state(Drawing(image, known), revision)
    page.run()
    assert not page.exception
    return page


def expected(page: AppTest, drawing: Drawing, **options: Any) -> Completions:
    """What the library makes of a drawing, with the classes that the page drew."""
    labels = torch.tensor(list(map(int, widget(page, "Nine endings")[0]["captions"])))
    model = loaded(MODEL).model
    settings = {
        "labels": labels,
        "seed": 0,
        "engine": loaded(MODEL).engine,
        "reader": Reader(model),
        **options,
    }
    return complete(model, drawing.image, drawing.known_mask, 9, **settings)


def top_rows(count: int) -> NDArray[np.bool_]:
    known = np.zeros((28, 28), bool)
    known[:count] = True
    return known


def test_nine_endings_of_half_a_digit_are_there_at_once(page: AppTest) -> None:
    drawing = drawing_on(page)
    assert page.title[0].value == "Can it finish your drawing?"
    assert np.array_equal(drawing.known_mask, top_rows(14))
    assert 10 < drawing.image[:14].sum() < 100
    done = expected(page, drawing)
    np.testing.assert_array_equal(endings_on(page), done.images.numpy())
    np.testing.assert_allclose(widget(page, "Share of the nine endings")[1]["values"], done.mean[0])
    np.testing.assert_allclose(
        widget(page, "Which digit it sees")[1]["shares"],
        done.given.class_probabilities,
        atol=1e-5,
    )
    labels = torch.tensor(list(map(int, widget(page, "Nine endings")[0]["captions"])))
    counts = torch.bincount(labels, minlength=10)
    assert ((counts - 9 * done.given.class_probabilities).abs() < 1.01).all()
    assert f"**{done.given.bits:.1f} bits**" in told(page)


def test_a_drawing_from_the_browser_is_completed_and_stays_as_it_is(page: AppTest) -> None:
    rng = np.random.default_rng(0)
    image, known = rng.integers(0, 2, (28, 28), np.uint8), rng.random((28, 28)) < 0.3
    draw(page, image, known)
    found = endings_on(page)
    assert (found[:, 0][:, known] == image[known]).all()
    np.testing.assert_array_equal(found, expected(page, Drawing(image, known)).images.numpy())
    np.testing.assert_array_equal(widget(page, "Nine endings")[1]["known"], known)


def test_options_are_those_of_the_library(page: AppTest) -> None:
    page.selectbox(key="label").select("3")
    page.slider(key="temperature").set_value(0.4)
    page.number_input(key="seed").set_value(21).run()
    assert not page.exception
    drawing = drawing_on(page)
    label = torch.tensor(3)
    done = expected(page, drawing, labels=label, temperature=0.4, seed=21)
    np.testing.assert_array_equal(endings_on(page), done.images.numpy())
    assert set(widget(page, "Nine endings")[0]["captions"]) == {"3"}
    assert f"**{done.given.class_bits[3].item():.1f} bits**" in told(page)
    assert "given the label 3" in told(page)


def test_the_url_sets_the_options() -> None:
    page = open_page(label="7", temperature="0.3", seed="5")
    done = expected(page, drawing_on(page), labels=torch.tensor(7), temperature=0.3, seed=5)
    np.testing.assert_array_equal(endings_on(page), done.images.numpy())


def test_nonsense_in_the_url_gives_the_defaults(page: AppTest) -> None:
    odd = open_page(label="77", temperature="9", seed="none")
    np.testing.assert_array_equal(endings_on(odd), endings_on(page))


def test_other_endings_come_with_the_next_seed() -> None:
    page = open_page(seed="9999")
    before = endings_on(page)
    button(page, "Other endings").click().run()
    assert page.number_input(key="seed").value == 0
    assert not np.array_equal(endings_on(page), before)


def test_another_digit_is_half_a_test_digit(page: AppTest) -> None:
    before = widget(page, "Your drawing")[0]["revision"]
    button(page, "Another digit").click().run()
    meta, arrays = widget(page, "Your drawing")
    assert meta["revision"] > before
    digits = common.unseen(2, 28).images[:, 0].numpy()
    assert (digits == arrays["image"]).all(axis=(1, 2)).any()
    np.testing.assert_array_equal(arrays["known"], top_rows(14))


def test_blank_paper_has_no_ink_and_leaves_the_lower_half_to_the_model(page: AppTest) -> None:
    button(page, "Blank paper").click().run()
    drawing = drawing_on(page)
    assert not drawing.image.any()
    assert np.array_equal(drawing.known_mask, top_rows(14))


def test_nothing_given_is_explained_and_gives_digits(page: AppTest) -> None:
    draw(page, np.zeros((28, 28), np.uint8), top_rows(0))
    assert "Nothing is given" in told(page)
    assert "**0 bits.**" in told(page)
    np.testing.assert_allclose(widget(page, "Which digit it sees")[1]["shares"], 0.1)


def test_nothing_unknown_is_explained_and_changes_nothing(page: AppTest) -> None:
    image = common.unseen(2, 28).images[3, 0].numpy()
    draw(page, image, top_rows(28))
    assert "Nothing is unknown" in told(page)
    assert (endings_on(page)[:, 0] == image).all()


def test_one_unknown_pixel_is_counted_over_the_endings(page: AppTest) -> None:
    image, known = common.unseen(2, 28).images[3, 0].numpy(), top_rows(28)
    known[27, 27] = False
    draw(page, image, known)
    inked = int(endings_on(page)[:, 0, 27, 27].sum())
    assert f"**One pixel is unknown**: {inked} of 9 endings have ink there." in told(page)


def test_pixels_after_a_gap_are_reported_and_can_become_a_beginning(page: AppTest) -> None:
    image, known = np.zeros((28, 28), np.uint8), top_rows(0)
    image[5, 10:15] = 1
    known[5, 10:15] = True
    draw(page, image, known)
    assert "**5 of 5 given pixels come after an unknown one.**" in told(page)
    button(page, "Also give the paper above it").click().run()
    assert not page.exception
    after = drawing_on(page)
    assert np.array_equal(after.known_mask, top_rows(6))
    np.testing.assert_array_equal(after.image, image)
    assert "come after an unknown one" not in told(page)


def test_the_drawing_is_still_there_after_a_visit_to_another_page(page: AppTest) -> None:
    image, known = np.zeros((28, 28), np.uint8), top_rows(9)
    image[4, 4:20] = 1
    draw(page, image, known)
    page.switch_page("pages/start/page.py").run()
    page.switch_page("pages/draw/page.py").run()
    assert not page.exception
    after = drawing_on(page)
    np.testing.assert_array_equal(after.image, image)
    np.testing.assert_array_equal(after.known_mask, known)


def test_the_page_shows_that_a_given_end_is_not_looked_at(page: AppTest) -> None:
    lower = Drawing(drawing_on(page).image, ~top_rows(14))
    title = "Lower half given: the upper halves are drawn blind and often do not fit."
    _, arrays = widget(page, title)
    images = torch.tensor(arrays["images"])
    np.testing.assert_array_equal(arrays["known"], lower.known_mask)
    assert (images[:, 0, 14:] == torch.tensor(lower.image[14:])).all()
    # The upper half is what the model draws when nothing is given at all.
    nothing = Drawing(lower.image, top_rows(0))
    free = complete(
        loaded(MODEL).model,
        nothing.image,
        nothing.known_mask,
        3,
        seed=0,
        engine=loaded(MODEL).engine,
    )
    assert torch.equal(images[:, :, :14], free.images[:, :, :14])


class TestUpload:
    @staticmethod
    def upload(page: AppTest, content: bytes, name: str = "digit.png") -> AppTest:
        page.file_uploader(key="upload").set_value((name, content, "image/png")).run()
        assert not page.exception
        return page

    @staticmethod
    def png(size: tuple[int, int], stroke: bool = True) -> bytes:
        image = Image.new("L" if max(size) < 1000 else "1", size, 255)
        if stroke:
            width, height = size
            ImageDraw.Draw(image).line(
                [(width * 0.5, height * 0.1), (width * 0.5, height * 0.9)], 0, width // 10
            )
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()

    def test_a_picture_becomes_a_centred_digit_with_its_upper_half_given(
        self, page: AppTest
    ) -> None:
        self.upload(page, self.png((300, 400)))
        drawing = drawing_on(page)
        rows, columns = np.nonzero(drawing.image)
        assert (rows.min(), rows.max()) == (4, 23)
        assert columns.mean() == pytest.approx(13.5, abs=1)
        assert np.array_equal(drawing.known_mask, top_rows(14))

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"not a picture", "cannot be read as a picture"),
            (png((200, 200), stroke=False), "nothing but even paper"),
            (png((10_000, 10_000)), "more than"),
        ],
    )
    def test_an_unusable_file_is_reported_and_leaves_the_drawing(
        self, page: AppTest, content: bytes, says: str
    ) -> None:
        before = drawing_on(page)
        self.upload(page, content)
        assert says in page.error[0].value
        np.testing.assert_array_equal(drawing_on(page).image, before.image)
        button(page, "Blank paper").click().run()
        assert not page.error


def test_another_model_of_the_same_size_gets_the_same_drawing(other_checkpoints: Path) -> None:
    for name in ("a", "b"):
        save_small(other_checkpoints, name)
    page = open_page(model="a")
    image, known = np.zeros((8, 8), np.uint8), np.zeros((8, 8), bool)
    image[1, 2:6] = 1
    known[:3] = True
    draw(page, image, known)
    before = endings_on(page)
    page.selectbox(key="model").select("b").run()
    assert not page.exception
    np.testing.assert_array_equal(widget(page, "Nine endings")[1]["known"], known)
    assert (endings_on(page)[:, 0][:, known] == image[known]).all()
    assert not np.array_equal(endings_on(page), before)


def test_a_model_of_another_size_starts_anew(other_checkpoints: Path) -> None:
    save_small(other_checkpoints, "a")
    save_small(other_checkpoints, "b", height=12, width=12, levels=8)
    page = open_page(model="a")
    assert endings_on(page).shape == (9, 1, 8, 8)
    page.selectbox(key="model").select("b").run()
    assert not page.exception
    assert endings_on(page).shape == (9, 1, 12, 12)
    assert drawing_on(page).image.max() > 1


def test_a_model_without_classes_has_no_label_and_no_bars(other_checkpoints: Path) -> None:
    save_small(other_checkpoints)
    page = open_page()
    assert "label" not in [select.key for select in page.selectbox]
    with pytest.raises(AssertionError, match="no widget"):
        widget(page, "Which digit it sees")
    assert widget(page, "Nine endings")[0]["captions"] == []


def test_a_model_that_is_not_square_starts_from_blank_paper(other_checkpoints: Path) -> None:
    save_small(other_checkpoints, height=6, width=9)
    page = open_page()
    assert endings_on(page).shape == (9, 1, 6, 9)
    assert not drawing_on(page).image.any()


def test_a_colour_model_is_not_offered(other_checkpoints: Path) -> None:
    save_small(other_checkpoints, "colour", channels=3)
    save_small(other_checkpoints, "grey")
    assert open_page().selectbox(key="model").options == ["grey"]


def test_a_model_with_damaged_weights_is_explained(other_checkpoints: Path) -> None:
    save_small(other_checkpoints)
    path = other_checkpoints / "small.safetensors"
    # The last bytes belong to weights: all ones is no finite number.
    path.write_bytes(path.read_bytes()[:-4] + b"\xff" * 4)
    page = open_page()
    assert "small.safetensors cannot be used" in page.error[0].value
