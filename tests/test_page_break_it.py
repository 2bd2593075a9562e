"""The page What if it cheats?: each exhibit says, sees and draws what its file has measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from pages import break_it_words
from pixelcnn import exhibit_results
from pixelcnn.exhibit_results import ExhibitResults, Measured, read_results
from pixelcnn.exhibits import EXHIBITS
from widgets.payload import unpack

APP = Path(__file__).parents[1] / "app.py"
LEAKING = {
    "no_mask",
    "rows_below",
    "b_first",
    "exchanged",
    "attention_row",
    "batch_norm",
    "squared_error",
}


@pytest.fixture(scope="module")
def results() -> ExhibitResults:
    return read_results()


def open_page(**query: str) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=30)
    page.run().switch_page("pages/break_it.py")
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def widgets(page: AppTest) -> list[tuple[dict[str, Any], dict[str, NDArray[Any]]]]:
    return [unpack(component.proto.bytes) for component in page.get("bidi_component")]


def told(page: AppTest) -> str:
    return "\n".join(markdown.value for markdown in page.markdown)


@pytest.mark.parametrize("name", EXHIBITS)
def test_every_exhibit_shows_its_code_verdict_loss_and_samples(
    name: str, results: ExhibitResults
) -> None:
    exhibit, broken, honest = EXHIBITS[name], results.broken[name], results.twin(name)
    page = open_page(exhibit=exhibit.title)
    assert [code.value for code in page.code[:2]] == [exhibit.said, exhibit.corrected]
    assert exhibit.why in told(page)
    for one in (broken, honest):
        assert f"{one.loss:.2f} ± {one.loss_stderr:.2f}" in told(page)
        assert f"{one.report.leaks:,}" in told(page)
    verdicts = [
        text.value for text in page.markdown if text.value == break_it_words.verdict(broken)
    ]
    assert verdicts, "the verdict on the broken model is missing"
    assert ("leaked pairs**" in verdicts[0]) == (name in LEAKING)
    shown = widgets(page)
    samples = [arrays["images"] for _, arrays in shown if "images" in arrays]
    assert np.array_equal(samples[0], broken.samples)
    assert np.array_equal(samples[1], honest.samples)
    relations = [arrays["changes"].astype(bool) for _, arrays in shown if "changes" in arrays]
    for relation, one in zip(relations, (broken, honest), strict=True):
        assert np.array_equal(relation.reshape(14, 14, 14, 14), one.pixels()[0])


def test_an_exhibit_that_does_not_exist_falls_back_to_the_first() -> None:
    page = open_page(exhibit="Witchcraft")
    assert page.selectbox(key="exhibit").value == next(iter(EXHIBITS))


def test_the_page_names_the_command_that_measured_everything(results: ExhibitResults) -> None:
    page = open_page()
    assert page.code[-1].value == results.about["command"]
    assert results.about["date"] in page.caption[-1].value


# ---------------------------------------------------------------- the shipped file


def test_the_file_knows_every_exhibit_and_its_honest_twin(results: ExhibitResults) -> None:
    assert set(results.broken) == set(EXHIBITS)
    for name, one in results.broken.items():
        assert (one.report.leaks > 0) == (name in LEAKING)
        assert results.twin(name).report.causal
        assert one.samples.shape == results.twin(name).samples.shape


def test_a_causal_model_draws_the_same_on_any_canvas(results: ExhibitResults) -> None:
    for one in [*results.honest.values(), *results.broken.values()]:
        if one.report.causal:
            assert np.array_equal(one.samples, one.on_noise)


def test_copying_the_canvas_gives_the_best_loss_and_no_picture(results: ExhibitResults) -> None:
    for name in ("no_mask", "rows_below", "b_first", "exchanged"):
        one, twin = results.broken[name], results.twin(name)
        assert one.loss < 0.1 < 30 < twin.loss
        assert one.ink == 0
        assert one.changed > 0.3


def test_what_is_written_is_read_again(results: ExhibitResults, tmp_path: Path) -> None:
    path = tmp_path / "again.npz"
    path.write_bytes(results.to_npz())
    again = read_results(path)
    assert again.about == results.about
    for name, one in results.broken.items():
        for field in Measured.__dataclass_fields__:
            assert np.array_equal(getattr(again.broken[name], field), getattr(one, field))


def damaged(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / "exhibits.npz"
    whole = read_results().to_npz()
    if kind == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "text":
        path.write_text("no results")
    elif kind == "another":
        np.savez(path, json=np.array(json.dumps({"about": {}})))
    elif kind == "without a twin":
        results = read_results()
        path.write_bytes(ExhibitResults(results.broken, {}, results.twins, {}).to_npz())
    return path


@pytest.mark.parametrize("kind", ["missing", "cut", "text", "another", "without a twin"])
def test_a_file_that_is_missing_or_damaged_is_refused_with_the_way_out(
    kind: str, tmp_path: Path
) -> None:
    with pytest.raises(exhibit_results.DataError, match=r"python -m pixelcnn\.train_exhibits"):
        read_results(damaged(tmp_path, kind))


@pytest.fixture
def no_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(exhibit_results, "RESULTS", tmp_path / "exhibits.npz")
    break_it_words.results.clear()
    yield
    break_it_words.results.clear()


@pytest.mark.usefixtures("no_results")
def test_without_the_file_the_page_says_how_to_make_it() -> None:
    page = open_page()
    assert "python -m pixelcnn.train_exhibits" in page.error[0].value
