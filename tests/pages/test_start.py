"""The page Start: a real film with no click and no torch, and the way to every other page."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import common
from pixelcnn.film import opening
from pixelcnn.film.opening import read_opening
from widgets.base.payload import unpack

APP = Path(__file__).parents[2] / "app.py"

# The process counts what it has imported once the page is complete and before the warm-up.
_RUN_WITHOUT_WARM_UP = """
import sys
from unittest import mock
from streamlit.testing.v1 import AppTest
from pages.shared import common
with mock.patch.object(common, "warm_up"):
    page = AppTest.from_file("app.py", default_timeout=60).run()
assert not page.exception, page.exception
print(len(page.get("bidi_component")), "torch" in sys.modules, "matplotlib" in sys.modules)
"""


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(APP, default_timeout=30).run()


@pytest.fixture
def no_opening_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(opening, "OPENING", tmp_path / "opening.npz")
    common.opening_film.clear()
    yield
    common.opening_film.clear()


def test_the_film_on_screen_is_the_stored_one(page: AppTest) -> None:
    assert not page.exception
    meta, arrays = unpack(page.get("bidi_component")[0].proto.bytes)
    film = read_opening()
    assert meta["autoplay"]
    np.testing.assert_array_equal(arrays["images"], film.images)
    np.testing.assert_array_equal(arrays["probabilities"], film.probabilities)
    np.testing.assert_array_equal(arrays["field"], film.receptive_field)


def test_the_page_asks_its_question_and_shows_the_formula(page: AppTest) -> None:
    assert page.title[0].value == "What is an autoregressive image model?"
    assert r"\prod" in page.latex[0].value


def test_bits_and_nats_are_explained_with_the_film_s_own_number(page: AppTest) -> None:
    [text] = [one.value for one in page.markdown if "**bits**" in one.value]
    assert "**nats**" in text
    assert f"cost {read_opening().bits.mean():.0f} bits" in text


def test_every_other_page_is_linked_by_its_question(page: AppTest) -> None:
    links = {link.proto.page: link.proto.label for link in page.get("page_link")}
    assert links == {
        "masks": "**What may a pixel see?**",
        "train": "**How does it learn?**",
        "sample": "**How does a digit appear?**",
        "draw": "**Can it finish your drawing?**",
        "features": "**What is inside?**",
        "break_it": "**What if it cheats?**",
    }


def test_the_page_needs_no_torch() -> None:
    result = subprocess.run(
        [sys.executable, "-c", _RUN_WITHOUT_WARM_UP], cwd=APP.parent, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["2", "False", "False"]  # the film, and the foot of the sidebar


def test_the_sampler_warms_up_once_the_film_is_out(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown_before: list[int] = []
    monkeypatch.setattr(common, "warm_up", lambda: shown_before.append(1))
    monkeypatch.setattr(common, "opening_film", lambda: shown_before.append(0) or read_opening())
    page.run()
    assert shown_before == [0, 1]


@pytest.mark.usefixtures("no_opening_film")
def test_a_missing_film_is_explained() -> None:
    page = AppTest.from_file(APP, default_timeout=30).run()
    assert not page.exception
    assert "opening.npz cannot be read as a film" in page.error[0].value
