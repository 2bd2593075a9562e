"""The page Experiments: what was found, what is missing, and a repetition while one watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.experiments import live as experiments_live
from pages.shared import launcher as train_launcher
from pixelcnn.experiments import results
from pixelcnn.experiments.catalogue import EXPERIMENTS
from pixelcnn.experiments.definition import Experiment
from pixelcnn.experiments.results import read_results, write_results
from pixelcnn.experiments.summary import conclusion
from pixelcnn.runs.store import list_runs
from tests.experiments.test_experiments import TINY, result
from tests.helpers import app_pages

# Seconds: how long a busy machine may take.
PATIENCE = 200


@pytest.fixture(autouse=True, scope="module")
def waiting_workers() -> Iterator[None]:
    """Processes that wait for a run serve all tests here: each takes seconds to load PyTorch."""
    yield
    train_launcher.launcher().close()


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Folders of runs and of results for each test, and one small experiment beside the real."""
    monkeypatch.setenv("PIXELCNN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(results, "COMMITTED", tmp_path / "checkpoints" / "experiments")
    monkeypatch.setitem(EXPERIMENTS, TINY.name, TINY)  # type: ignore[arg-type]
    results.COMMITTED.mkdir(parents=True)
    st.cache_data.clear()
    yield
    for run in list_runs():
        if run.status().active:
            run.control("stop")


def open_page(experiment: Experiment) -> AppTest:
    return app_pages.open_page("experiments", {"experiment": experiment.title})


def text(page: AppTest) -> str:
    kinds = (page.markdown, page.caption, page.error, page.info, page.subheader, page.code)
    return "\n".join(element.value for kind in kinds for element in kind)


def click(page: AppTest, key: str) -> None:
    next(button for button in page.button if button.key == key).click()
    page.run()
    assert not page.exception


def until(page: AppTest, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, text(page)
        time.sleep(0.2)
        page.run()
        assert not page.exception


def test_what_is_not_done_yet_comes_with_its_command_and_what_was_reported() -> None:
    layers = EXPERIMENTS["layers"]
    told = text(open_page(layers))
    assert layers.question in told
    assert "python -m pixelcnn experiment layers --seeds 5 --output checkpoints/experiments" in told
    assert layers.reported.found in told
    assert "12 layers **3.06**" in told
    assert "Not run yet: Layer normalisation, " in told
    assert "No source known to us" in text(open_page(EXPERIMENTS["kernel_size"]))


def test_results_lead_to_a_conclusion_and_can_be_repeated_live() -> None:
    rows = [result("4 channels", seed, 30.0 + seed) for seed in range(3)]
    rows += [result("8 channels", seed, 29.0 + 1.01 * seed) for seed in range(3)]
    path = results.COMMITTED / "tiny.json"
    write_results(path, TINY, rows)
    page = open_page(TINY)
    sentence = conclusion(TINY, read_results(path, TINY)).replace(" ± ", "\xa0±\xa0")
    assert sentence in text(page)
    assert "8 channels**: better" in sentence
    cells = page.table[0].value
    assert list(cells.index) == ["4 channels", "8 channels"]
    assert list(cells["nats per image"]) == ["31.00", "30.01"]
    charts = page.get("vega_lite_chart")
    assert len(charts) == 2  # the experiment, and the overview of all

    click(page, "experiment-run")
    until(page, lambda: "1 new seed so far" in text(page))
    points = experiments_live.points(TINY)
    assert sorted(point.variant for point in points) == ["4 channels", "8 channels"]
    assert all(point.finished and point.seed == 100 for point in points)
    # The conclusion is that of the complete run: a visitor's points stay out of it.
    assert sentence in text(page)


def test_trainings_queue_and_only_their_owner_stops_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIXELCNN_MAX_RUNS", "1")
    long = TINY.with_steps(10**6)
    monkeypatch.setitem(EXPERIMENTS, TINY.name, long)  # type: ignore[arg-type]
    page = open_page(long)
    click(page, "experiment-run")
    bars = [str(bar.proto.text) for bar in page.get("progress")]
    assert "8 channels: waiting" in bars
    somebody = open_page(long)
    assert "Another user is repeating this experiment" in text(somebody)
    assert not [button for button in somebody.button if button.key == "experiment-stop"]
    click(page, "experiment-stop")
    until(page, lambda: "experiment-run" in {button.key for button in page.button})
    assert [point.state for point in experiments_live.points(long)] == ["stopped", "stopped"]
