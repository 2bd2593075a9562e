"""The page Train live: two trainings side by side, a step in slow motion, pictures of one's own."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pages.shared.launcher import launcher
from pixelcnn.data.own import keep_own, pack_own
from pixelcnn.pictures.sets import drawings
from pixelcnn.runs.queue import withdraw
from pixelcnn.runs.store import list_runs, runs_root
from tests.helpers.app_pages import widgets
from tests.pages.test_train import TINY_EIGHT, button, film_of, has, open_page, text
from widgets.painter.widget import Drawing, drawing_state


@pytest.fixture(autouse=True, scope="module")
def waiting_workers() -> Iterator[None]:
    """Processes that wait for a run serve all tests here: each takes seconds to load PyTorch."""
    yield
    launcher().close()


@pytest.fixture(autouse=True)
def own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of runs for each test, in which none begins: there is no room."""
    monkeypatch.setenv("PIXELCNN_RUNS", str(tmp_path))
    monkeypatch.setattr("pixelcnn.runs.queue._at_work", lambda _: 1000)
    yield
    for run in list_runs():
        withdraw(run)


def test_two_trainings_differ_in_the_option_that_was_chosen_and_share_all_pictures() -> None:
    page = open_page(**TINY_EIGHT, pair="learning rate")
    assert button(page, "play").label == "Play both"
    page.selectbox(key="pair-rate").set_value(0.1).run()
    button(page, "play").click().run()
    assert not page.exception
    second, first = list_runs()
    if first.id not in page.query_params["run"]:
        first, second = second, first
    assert second.id in page.query_params["beside"]
    assert (first.config.train.learning_rate, second.config.train.learning_rate) == (0.008, 0.1)
    assert first.config.train.seed == second.config.train.seed
    film = film_of(page)
    titles = ["learning rate: 0.008", "learning rate: 0.1"]
    assert [group["title"] for group in film["rows"][0]] == titles
    assert [curve["style"] for curve in film["chart"]["curves"]] == [
        *("training", "held out"),
        *("other training", "other held out"),
    ]
    told = [bar.proto.text for bar in page.get("progress")]
    assert all(title in words for title, words in zip(titles, told, strict=True))
    assert "**1** ahead of this one" in told[1]

    button(page, "reset").click().run()
    assert [run.status().state for run in (first, second)] == ["stopped"] * 2
    assert "run" not in page.query_params
    assert "beside" not in page.query_params
    assert has(page, "play")


def test_a_step_can_be_taken_apart_before_the_start() -> None:
    page = open_page(**TINY_EIGHT, slow="true", unit="nats per image")
    film, slow = (meta for meta, _ in widgets(page)[:2])
    assert film["chart"]["title"] == "nats per image"
    texts = [line["text"] for line in film["chart"]["references"]]
    assert texts == ["guessing blindly", "each pixel on its own", "best shipped model"]
    titles = [stage["title"] for stage in slow["stages"]]
    assert titles[:5] == ["The digit", "Forward", "Surprise", "Backward", "Update"]
    layers = [name for name, *_ in slow["stages"][3]["bars"]]
    assert layers[0] == "first layer"
    assert layers[-1] == "output"
    assert "The first step of this training" in text(page)


def test_pictures_of_one_s_own_are_learnt_from_and_kept_with_the_run() -> None:
    greys = np.random.default_rng(0).integers(0, 256, (10, 1, 32, 32), dtype=np.uint8)
    images = drawings(greys, np.arange(10) % 2, ("cat", "dog"))
    name = keep_own(runs_root() / ".own", pack_own(images, shift=1))
    page = open_page(source="files", own="../../etc")
    assert not has(page, "play")
    page = open_page(source="files", own=name)
    assert "10 pictures in 2 classes: cat, dog" in text(page)
    assert "weights learn from **72** pictures" in text(page)  # eight, in nine places each
    assert page.code[1].value.endswith(f"--data-root {name}")
    button(page, "play").click().run()
    assert not page.exception
    (run,) = list_runs()
    assert (run.path / "own.npz").is_file()
    assert run.config.conditional
    assert film_of(page)["rows"][0][0]["captions"][:2] == ["cat", "dog"]


def test_blank_paper_is_refused() -> None:
    page = open_page(source="drawings")
    button(page, "keep-glyph").click().run()
    assert "There is no ink on the paper yet" in page.error[0].value
    assert not has(page, "play")


def test_a_class_pools_its_drawings_and_trains_on_the_pile() -> None:
    teacher = open_page(source="drawings")
    button(teacher, "open-pool").click().run()
    code = "".join(teacher.query_params["pool"])
    for number in range(6):  # each student has a session of his own
        student = open_page(source="drawings", pool=code)
        ink = np.zeros((14, 14), np.uint8)
        ink[3:10, number + 2] = 1
        student.session_state[f"pool-{code}-0"] = drawing_state(Drawing(ink, ink < 2))
        button(student, "send").click().run()
        assert not student.exception
        assert f"**{number + 1} drawing" in text(student)
    blank = open_page(source="drawings", pool=code)
    button(blank, "send").click().run()
    assert "no ink on the paper" in blank.error[0].value
    teacher = open_page(source="drawings", pool=code)
    assert "**6 drawings** from the class" in text(teacher)
    button(teacher, "take-pool").click().run()
    assert not teacher.exception
    assert "6 pictures. Below is what the network gets" in text(teacher)
    assert has(teacher, "play")
    assert "no pile of drawings" in open_page(source="drawings", pool="../..").warning[0].value
