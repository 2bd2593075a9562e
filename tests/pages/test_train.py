"""The page Train live: what it says before, during and after a run, to whom, and what it starts."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from pages.shared import common, owner as train_owner
from pages.shared.launcher import launcher
from pixelcnn.data.dataset import DataSet, Split
from pixelcnn.models.parameters import count_parameters
from pixelcnn.models.preset_configs import presets
from pixelcnn.models.registry import build_model, model_names
from pixelcnn.recipes.config import RunConfig
from pixelcnn.recipes.live import live_presets
from pixelcnn.runs.directory import Run
from pixelcnn.runs.status import RunStatus
from pixelcnn.runs.store import create_run, list_runs, runs_root, start_run
from pixelcnn.training.config import TrainConfig
from tests.helpers import app_pages
from tests.helpers.app_pages import button as labelled

EIGHT = "8 × 8 digits"
TINY = {"digits8-channels": "8", "digits8-blocks": "1"}
TINY_EIGHT = {"preset": EIGHT, **TINY}
# Seconds: how long a busy machine may take.
PATIENCE = 200


@pytest.fixture(autouse=True, scope="module")
def waiting_workers() -> Iterator[None]:
    """Processes that wait for a run serve all tests here: each takes seconds to load PyTorch."""
    yield
    launcher().close()


@pytest.fixture(autouse=True)
def own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of runs for each test; those still at work are stopped at its end."""
    monkeypatch.setenv("PIXELCNN_RUNS", str(tmp_path))
    yield
    for run in list_runs():
        if run.status().active:
            run.control("stop")


def open_page(**query: str) -> AppTest:
    return app_pages.open_page("train", query)


def has(page: AppTest, key: str) -> bool:
    return any(button.key == key for button in page.button)


def button(page: AppTest, key: str) -> Any:
    return next(button for button in page.button if button.key == key)


def text(page: AppTest) -> str:
    kinds = (page.markdown, page.caption, page.error, page.warning, page.info, page.subheader)
    return "\n".join(element.value for kind in kinds for element in kind)


def progress(page: AppTest) -> str:
    return str(page.get("progress")[0].proto.text)


def film_of(page: AppTest) -> dict[str, Any]:
    meta, arrays = app_pages.widgets(page)[0]
    return meta | {"frames": arrays["tiles0"]}


def until(page: AppTest, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, text(page)
        time.sleep(0.1)  # the training needs the processor more
        page.run()
        assert not page.exception


def played(**query: str) -> tuple[AppTest, Run]:
    """A page on which Play was pressed, and its run."""
    page = open_page(preset=EIGHT, **(TINY | query))
    button(page, "play").click().run()
    assert not page.exception
    (run,) = list_runs()
    assert run.id in page.query_params["run"]
    return page, run


# ---------------------------------------------------------------- before


def test_before_the_first_click_a_recording_of_the_14_by_14_preset_plays() -> None:
    page = open_page()
    assert page.title[0].value == "How does it learn?"
    assert page.radio(key="preset").value == "digits14"
    assert "readable in about 30 s on a laptop" in page.radio(key="preset").proto.captions
    film = film_of(page)
    assert film["film"] == "digits14"
    assert film["count"] > 10
    assert film["frames"].shape[1:] == (8, 1, 14, 14)
    assert not film["live"]
    assert has(page, "play")
    assert not list_runs()


def test_size_receptive_field_and_time_are_shown_before_the_start() -> None:
    page = open_page()
    config = live_presets()["digits14"].config
    model = build_model("pixelcnn", height=14, width=14, classes=10, **config.model_options)
    parameters = count_parameters(model).used
    assert f"**{parameters:,}** weights learn from **4,500** digits for **25 s**" in text(page)
    assert "of the pixels before it; at any depth at most" in text(page)
    page.radio(key="preset").set_value("gated14").run()
    assert "at any depth" not in text(page)


def test_options_change_the_facts_and_the_code() -> None:
    page = open_page()
    before = text(page)
    page.slider(key="digits14-channels").set_value(48).run()
    page.checkbox(key="digits14-labels").uncheck().run()
    page.number_input(key="digits14-seconds").set_value(90).run()
    assert text(page) != before
    assert "for **90 s**" in text(page)
    code = page.code[0].value
    assert "hidden_channels=48" in code
    assert "seconds=90.0" in code
    assert "labels" not in code
    assert "--conditional" not in page.code[1].value
    assert "--seconds 90.0" in page.code[1].value


def test_every_architecture_can_be_chosen_with_options_of_its_own() -> None:
    page = open_page(preset=EIGHT)
    assert page.selectbox(key="digits8-model").options == model_names()
    for name in model_names():
        page.selectbox(key="digits8-model").set_value(name).run()
        assert not page.exception, name
        assert not page.error, name
        assert "weights learn from" in text(page), name
        assert repr(name) in page.code[0].value
        if name != "pixelcnn":
            tiny = presets(name)["tiny"]
            assert page.slider(key=f"digits8-{name}-channels").value == tiny["hidden_channels"]
            assert page.slider(key=f"digits8-{name}-blocks").value == tiny["blocks"]


def test_what_only_one_architecture_has_reaches_the_training() -> None:
    page = open_page()
    page.radio(key="preset").set_value("digits8").run()
    page.selectbox(key="digits8-model").set_value("pixelrnn").run()
    page.selectbox(key="digits8-pixelrnn-layer").set_value("row_lstm").run()
    page.selectbox(key="digits8-pixelrnn-conditioning").set_value("film").run()
    page.selectbox(key="digits8-optimizer").set_value("adam").run()
    page.selectbox(key="digits8-ema").set_value(0.99).run()
    assert not page.exception
    code = page.code[0].value
    for option in ("row_lstm", "film", "adam", "ema=0.99"):
        assert option in code
    page.checkbox(key="digits8-labels").uncheck().run()
    assert "film" not in page.code[0].value


def test_an_address_brings_back_its_options() -> None:
    page = open_page(preset=EIGHT, **{"digits8-seconds": "3", "digits8-rate": "0.02"})
    assert page.radio(key="preset").value == "digits8"
    assert "for **3 s**" in text(page)
    assert "learning_rate=0.02" in page.code[0].value


def test_an_address_of_no_run_leads_to_the_choice() -> None:
    page = open_page(run="../../etc")
    assert "not a run's id" in page.warning[0].value
    assert has(page, "play")
    page = open_page(run="20200101-000000-abcd")
    assert "There is no run 20200101-000000-abcd;" in page.warning[0].value
    assert has(page, "play")
    assert "run" not in page.query_params


def test_options_that_cannot_work_are_explained_before_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    colourful = torch.zeros(10, 3, 7, 7, dtype=torch.uint8)
    split = Split(colourful, torch.zeros(10, dtype=torch.int64))
    data = DataSet("mnist5k", 2, "threshold", split, split, class_names=("a",))
    monkeypatch.setattr("pixelcnn.data.registry.load_data", lambda *_, **__: data)
    page = open_page(**{"digits14-size": "7"})
    assert "one for each colour; use a multiple of 3" in page.error[0].value
    assert not has(page, "play")


def test_a_data_set_to_download_is_read_only_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELCNN_DATA", str(tmp_path / "data"))
    page = open_page()
    page.selectbox(key="digits14-data").set_value("kmnist").run()
    assert not has(page, "play")
    assert not (tmp_path / "data").exists()
    monkeypatch.setattr("pixelcnn.data.registry.read_published", no_network)
    button(page, "fetch").click().run()
    assert "no mirror answers" in page.error[0].value
    assert not has(page, "play")


def no_network(*_: object) -> None:
    from pixelcnn.errors import DataError

    raise DataError("no mirror answers")


# ---------------------------------------------------------------- during and after


def test_play_trains_until_the_budget_is_used_and_the_model_can_be_kept() -> None:
    page, run = played(**{"digits8-seconds": "2"})
    key, stored = page.session_state["offered_key"], (run.path / "owner").read_text()
    assert key not in stored  # only as a hash
    assert stored == train_owner._hash(key)
    assert run.config.train.seconds == 2
    assert run.config.model_options["hidden_channels"] == 8
    assert film_of(page)["film"] == run.id
    until(page, lambda: run.status().state == "finished")
    page.run()
    assert progress(page).startswith("**Done**")
    film = film_of(page)
    assert film["count"] == len(run.sample_steps()) >= 2
    assert (film["frames"][-1] == run.latest_samples()[1]).all()
    held_out = [row for row in run.metrics() if row["event"] == "evaluated"][-1]
    assert f"{held_out['bits_per_dim']:.3f} bits per pixel" in text(page)
    assert not has(page, "pause")

    page.text_input[0].set_value("from a test")  # the name and the click come together
    labelled(page, "Use on other pages").click().run()
    assert not page.exception
    assert "from a test" in common.run_models()
    assert common.model_config("from a test")["hidden_channels"] == 8
    labelled(page, "Use on other pages").click().run()
    assert "already a model" in page.error[0].value

    button(page, "another").click().run()
    assert has(page, "play")
    assert "run" not in page.query_params


def test_play_starts_what_was_typed_at_the_same_moment() -> None:
    page = open_page(preset=EIGHT, **TINY)
    page.number_input(key="digits8-seconds").set_value(77)
    button(page, "play").click().run()
    assert not page.exception
    (run,) = list_runs()
    assert run.config.train.seconds == 77


def test_a_double_click_on_play_starts_one_training_and_no_other_later() -> None:
    page, run = played()
    page.session_state["train-asked"] = True  # the second click came once the first had worked
    page.run()
    button(page, "reset").click().run()
    assert has(page, "play")
    assert [each.id for each in list_runs()] == [run.id]


def test_a_run_resumes_after_pause_stop_and_kill() -> None:
    page, run = played(**{"digits8-seconds": "1000"})
    until(page, lambda: run.status().step > 3)
    button(page, "pause").click().run()
    until(page, lambda: has(page, "resume"))
    paused = run.status()
    assert paused.state == "paused"
    assert "**paused**" in progress(page)
    button(page, "resume").click().run()
    until(page, lambda: run.status().step > paused.step and has(page, "stop-run"))
    button(page, "stop-run").click().run()
    until(page, lambda: "Stopped at step" in text(page))
    stopped = run.status()
    assert stopped.state == "stopped"
    labelled(page, "Resume from here").click().run()
    until(page, lambda: run.status().step > stopped.step)

    os.kill(run.status().pid, signal.SIGKILL)
    until(page, lambda: bool(page.error))
    assert "ended unexpectedly (killed" in page.error[0].value
    assert "Resume it" in page.error[0].value
    assert labelled(page, "Resume from here")


def test_leaving_a_run_keeps_the_address_of_controls() -> None:
    page, run = played(slow="true", **{"digits8-seconds": "2"})
    until(page, lambda: run.status().state == "finished")
    page.run()
    button(page, "another").click().run()
    assert not page.exception
    assert has(page, "play")
    assert page.query_params["digits8-seconds"] == "2"


def test_a_failure_says_what_happened_and_what_to_do() -> None:
    run = create_run(None, RunConfig(train=TrainConfig(seconds=1000)))
    run.write_status(RunStatus("failed", "The loss is nan. Lower the learning rate.", step=7))
    page = open_page(run=run.id)
    assert page.error[0].value == "The training failed. The loss is nan. Lower the learning rate."
    assert "**failed**" in progress(page)


def test_a_run_of_another_user_can_only_be_watched() -> None:
    options = {"hidden_channels": 8, "blocks": 1}
    train = TrainConfig(seconds=1000)
    run = start_run(None, RunConfig(model_options=options, data="digits8x8", train=train))
    page = open_page(run=run.id)
    assert "Another user started this training" in page.info[0].value
    assert not has(page, "pause")
    assert not has(page, "stop-run")
    until(page, lambda: film_of(page)["count"] > 0)
    button(page, "another").click().run()
    assert has(page, "play")
    button(page, f"watch-{run.id}").click().run()
    assert film_of(page)["film"] == run.id


def test_a_busy_machine_lets_a_run_wait_in_a_queue_that_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIXELCNN_MAX_RUNS", "1")
    first = create_run(None, RunConfig(train=TrainConfig(steps=1)))  # is about to begin
    page = open_page(**TINY_EIGHT)
    button(page, "play").click().run()
    waiting = next(run for run in list_runs() if run.id != first.id)
    assert "Waiting: this one is next" in progress(page)
    assert waiting.id in page.query_params["run"]
    button(page, "stop-run").click().run()
    assert waiting.status().state == "stopped"
    assert "**stopped**" in progress(page)


def test_a_page_without_runs_starts_none(tmp_path: Path) -> None:
    open_page()
    assert runs_root() == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_names_something_to_choose_asks_for_no_run() -> None:
    run = create_run(None, RunConfig(train=TrainConfig(steps=1)))  # queued
    page = open_page(run=run.id)
    page.switch_page("pages/start/page.py").run()
    page.switch_page("pages/train/page.py").run()
    assert run.id in page.query_params["run"]
    assert not has(page, "play")
    del page.query_params["run"]
    page.query_params["digits14-rate"] = "1"  # as a link of the quiz does
    page.run()
    assert has(page, "play")
    del page.query_params["digits14-rate"]
    page.run()
    assert has(page, "play")
