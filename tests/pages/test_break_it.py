"""The page What if it cheats?: each exhibit says, sees and draws what its file has measured."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from pages.break_it import own as break_it_own, words as break_it_words
from pages.shared import common
from pages.shared.loaded import loaded
from pixelcnn import audit, build_model, save_checkpoint
from pixelcnn.causality.mask_stack import MaskStack
from pixelcnn.errors import CheckpointError
from pixelcnn.exhibits import results as exhibit_results
from pixelcnn.exhibits.catalogue import EXHIBITS
from pixelcnn.exhibits.results import ExhibitResults, Measured, read_results
from tests.helpers import app_pages
from tests.helpers.app_pages import button, told, widgets

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
    return app_pages.open_page("break_it", query)


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
    for relation, one in zip(relations[:2], (broken, honest), strict=True):
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
    with pytest.raises(exhibit_results.DataError, match=r"python -m pixelcnn remake exhibits"):
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
    assert "python -m pixelcnn remake exhibits" in page.error[0].value


# ---------------------------------------------------------------- audit your own


def edit(page: AppTest, layer: int, mask: NDArray[np.bool_]) -> None:
    """What the browser sends when weights of a kernel are clicked."""
    key = f"stack-{layer}-0"
    (base,) = [meta["base"] for meta, _ in widgets(page) if meta.get("key") == key]
    cells = base64.b64encode(mask.astype(np.uint8).tobytes()).decode()
    page.session_state[key] = {"mask": {"base": base, "cells": cells}}
    page.run()
    assert not page.exception


def boxes(page: AppTest) -> tuple[list[str], list[str]]:
    return [box.value for box in page.success], [box.value for box in page.error]


def stack_on(page: AppTest) -> NDArray[np.bool_]:
    """Who sees whom after each layer, by the masks that the grid was given."""
    (stack,) = [meta["stack"] for meta, _ in widgets(page) if meta.get("key") == "stack-grid"]
    assert not stack["keeps"]
    sides = [round(len(mask) ** 0.5) for mask in stack["masks"]]
    masks = [
        np.array(mask, bool).reshape(k, k) for mask, k in zip(stack["masks"], sides, strict=True)
    ]
    return np.stack(MaskStack(tuple(masks)).relations(14))


def test_the_right_masks_are_causal_and_the_map_shows_each_layer() -> None:
    page = open_page()
    right = MaskStack.correct((5, 3, 3))
    (verdict,), errors = boxes(page)
    assert verdict.startswith("**Causal**: nothing leaks")
    assert not errors
    assert np.array_equal(stack_on(page), np.stack(right.relations(14)))
    assert "stack" not in page.query_params


def test_an_opened_weight_leaks_is_blamed_and_is_in_the_address() -> None:
    page = open_page()
    right = MaskStack.correct((5, 3, 3))
    mask = right.masks[1].copy()
    mask[2, 1] = True
    edit(page, 1, mask)
    edited = MaskStack((right.masks[0], mask, right.masks[2]))
    successes, (verdict,) = boxes(page)
    assert not successes
    assert f"**{edited.report(14).leaks:,} leaked pairs**" in verdict
    assert "in layer 2 the weight for **one row below**" in verdict
    assert page.query_params["stack"] == edited.hex
    assert np.array_equal(stack_on(page), np.stack(edited.relations(14)))
    button(page, "Put the right masks back").click().run()
    assert boxes(page)[0]
    assert not boxes(page)[1]
    assert "stack" not in page.query_params


def test_the_address_restores_edited_masks_and_a_visit_elsewhere_keeps_them() -> None:
    page = open_page(stack="fff00000-f800-fc00")
    assert "in layer 3 the weight for **one column to the right**" in boxes(page)[1][0]
    page.switch_page("pages/start/page.py").run()
    page.switch_page("pages/break_it/page.py").run()
    assert page.query_params["stack"] == "fff00000-f800-fc00"
    assert boxes(page)[1]


def test_an_address_with_no_masks_in_it_shows_the_right_ones() -> None:
    for text in ("nonsense", "ff-ff-ff", "fff00000-f800"):
        assert boxes(open_page(stack=text))[0]


def test_a_model_of_any_architecture_is_audited_exactly_and_by_trying() -> None:
    page = open_page(audit="A model")
    one_of_each = {shipped.header.model: name for name, shipped in common.shipped_models().items()}
    for name in one_of_each.values():
        page.selectbox(key="audited").set_value(name).run()
        report = audit(loaded(name).model)
        assert f"of the {report.legal:,} legal pairs are seen" in boxes(page)[0][0]
        assert f"{report.seen_share:.1%}" in boxes(page)[0][0]
        assert "**No** output" in told(page)


def test_a_leaking_checkpoint_is_caught_and_a_damaged_one_refused(tmp_path: Path) -> None:
    page = open_page(audit="A model", audited="a file of yours")
    model = build_model("pixelcnn", hidden_channels=4, blocks=1, height=8, width=8)
    path = tmp_path / "mine.safetensors"
    save_checkpoint(path, model, {})
    page.file_uploader(key="audited-file").set_value(
        ("mine.safetensors", path.read_bytes(), "application/octet-stream")
    ).run()
    assert "**Causal**" in boxes(page)[0][0]
    page.file_uploader(key="audited-file").set_value(
        ("mine.safetensors", b"no checkpoint", "application/octet-stream")
    ).run()
    assert not page.exception
    assert "Your file" in boxes(page)[1][0]


def test_a_model_too_large_for_the_page_is_sent_to_the_command_line(tmp_path: Path) -> None:
    model = build_model("pixelcnn", hidden_channels=4, blocks=1, height=64, width=64)
    path = tmp_path / "large.safetensors"
    save_checkpoint(path, model, {})
    with pytest.raises(CheckpointError, match="python -m pixelcnn audit"):
        break_it_own.audited_file(path.read_bytes())


def test_homework_is_shown_with_the_ways_to_audit_it() -> None:
    page = open_page(audit="Your code")
    shown = [code.value for code in page.code]
    for code in (break_it_own.HOMEWORK, break_it_own.SHELL, break_it_own.PYTHON):
        assert code.strip() in [one.strip() for one in shown]


def test_what_is_said_of_batch_normalisation_was_measured(results: ExhibitResults) -> None:
    assert "nearly the same loss" in EXHIBITS["batch_norm"].why
    one = results.broken["batch_norm"]
    assert abs(one.loss - one.alone) < one.loss_stderr
    assert one.report.leaks
