"""The page Compare: its pictures, figures and words are those of the library for the pair asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from pages.compare import words as compare_words, words_scores as compare_words_scores
from pages.compare.jobs import Job, Jobs, jobs
from pixelcnn import build_model, sample
from pixelcnn.baselines.files import load_baseline
from pixelcnn.causality.reach import audit
from pixelcnn.checkpoints.files import load_checkpoint
from pixelcnn.errors import DataError
from pixelcnn.film.grids import uniforms_of
from pixelcnn.introspect.counterfactual import surprise
from pixelcnn.models.parameters import count_parameters
from pixelcnn.scores.intervals import share_interval
from pixelcnn.scores.paired import PairedScores
from pixelcnn.scores.unseen import unseen_digits
from pixelcnn.scores.which_real import deal
from tests.helpers import app_pages
from tests.helpers.app_pages import shipped_again, shipped_instead, told, widgets

__all__ = ["shipped_again"]  # a fixture

ROOT = Path(__file__).parents[2]
GATED, PLAIN = "mnist-threshold-gated", "mnist-threshold-pixelcnn"
SIZE = 8


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Small models in place of the shipped ones; the last four do not go with the first two."""
    torch.manual_seed(0)
    size = {"height": SIZE, "width": SIZE, "hidden_channels": 8, "blocks": 1}
    made = {
        "a-told": build_model("gated_pixelcnn", classes=10, **size),
        "b-untold": build_model("pixelcnn", **size),
        "c-grey": build_model("pixelcnn", levels=16, **size),
        "d-large": build_model("pixelcnn", **(size | {"height": 14, "width": 14})),
        "e-static": build_model("pixelcnn", **size),
        "f-own": build_model("pixelcnn", classes=3, **size),
    }
    cards = {
        "e-static": {"data": {"binarize": "static"}},
        "f-own": {"data": {"name": "own", "class_names": ["star", "moon", "sun"]}},
    }
    with shipped_instead(tmp_path_factory.mktemp("models"), made, cards):
        yield made


def open_page(**query: str) -> AppTest:
    return app_pages.open_page("compare", query)


def settled(page: AppTest) -> AppTest:
    """The page once nothing is worked out any more."""
    jobs().wait()
    page.run()
    assert not page.exception
    return page


def test_both_draw_from_the_same_numbers_and_bet_on_the_same_digits(
    models: dict[str, Any],
) -> None:
    page = settled(open_page(model="a-told", against="b-untold", seed="7", digit="3"))
    sheets = next(arrays["images"] for meta, arrays in widgets(page) if "names" in meta)
    for name, drawn in zip(("a-told", "b-untold"), sheets, strict=True):
        model = models[name]
        labels = torch.arange(12) % 10 if model.config.classes else None
        again = sample(model, 12, labels=labels, uniforms=uniforms_of(model, range(7, 19)))
        assert (drawn == again.numpy()).mean() > 0.99  # engines may round a draw differently

    images, labels = unseen_digits(2, SIZE)
    with torch.inference_mode():
        ours = -models["a-told"].log_prob(images, labels)
        theirs = -models["b-untold"].log_prob(images)
    scores = PairedScores(ours, theirs, SIZE * SIZE, len(images), (10, 0))
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["A − B, digit by digit"] == compare_words.signed(
        scores.difference.value * scores.bits, 4
    )
    words = told(page)
    assert compare_words.how_sure(scores) in words
    assert compare_words.fine_print(scores) in words
    for model in (models["a-told"], models["b-untold"]):
        assert f"parameters: **{count_parameters(model)}**" in words
        centre = audit(model).at(SIZE // 2, SIZE // 2)
        assert f"centre blind to **{centre.never}** of {centre.legal} pixels" in words
    assert words.count(" ms** per picture") == 2

    index = int((labels == 3).nonzero()[0])
    maps = {
        meta["key"]: arrays["values"]
        for meta, arrays in widgets(page)
        if str(meta.get("key")).startswith("surprise-")
    }
    first = surprise(models["a-told"], images[[index]], labels[[index]])[0, 0].numpy()
    second = surprise(models["b-untold"], images[[index]])[0, 0].numpy()
    np.testing.assert_allclose(maps["surprise-A"], first, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(maps["surprise-difference"], first - second, rtol=1e-3, atol=1e-4)
    # What rests on black-and-white digits of 28 x 28 is declined in words.
    assert [box.value for box in page.info] == [
        compare_words_scores.SCORES_NEED,
        compare_words.CODES_NEED,
    ]

    page.button_group(key="pick").set_value("B leads").run()
    lead = (theirs - ours).numpy()
    overlay = next(
        arrays["overlay"] for meta, arrays in widgets(page) if meta.get("key") == "surprise-A"
    )
    shown = [k for k in range(len(images)) if (overlay == images[k, 0].numpy()).all()]
    assert int(lead.argmin()) in shown


def test_models_that_cannot_be_compared_get_the_reasons(models: dict[str, Any]) -> None:
    for other, reason in (
        ("c-grey", "B 16"),
        ("d-large", "14 × 14"),
        ("e-static", "static"),
        ("f-own", "B learned from other pictures than digits"),
    ):
        page = open_page(model="b-untold", against=other)
        assert reason in page.info[0].value
        assert not page.metric


def test_a_game_ends_with_its_interval(models: dict[str, Any]) -> None:
    page = settled(open_page(model="a-told", against="b-untold", game="4", versus="B"))
    meta, arrays = next((meta, arrays) for meta, arrays in widgets(page) if "sides" in meta)
    dealt, (images, _) = deal(500, 4), unseen_digits(2, SIZE)
    assert meta["sides"] == dealt.sides.tolist()
    rounds = np.arange(len(dealt.sides))
    shown = arrays["images"][rounds, dealt.sides]
    assert (shown == images[dealt.real].numpy()).all()
    chosen = [*meta["sides"][:9], *(1 - side for side in meta["sides"][9:])]
    page.session_state["which-real"] = {"result": {"game": meta["game"], "chosen": chosen}}
    page.run()
    assert compare_words_scores.result(9, 12, share_interval(9, 12)) in told(page)
    page.session_state["which-real"] = {"result": {"game": "another", "chosen": chosen}}
    page.run()
    assert "You found" not in told(page)


@pytest.mark.usefixtures("shipped_again")
def test_the_shipped_pair_is_there_at_once_with_who_can_give_a_probability() -> None:
    page = open_page(model=GATED, against=PLAIN)
    assert page.metric  # no job had to end for these
    words = told(page)
    cards = {
        name: load_baseline(ROOT / f"checkpoints/baselines/{name}.safetensors")[1]
        for name in ("vae", "autoencoder")
    }
    card = load_checkpoint(ROOT / f"checkpoints/{GATED}.safetensors")[1]
    assert compare_words.whole_test_set(cards, card) in words
    assert "Exact:" in words
    assert "A bound: at most" in words
    assert "10²⁷⁶" in words
    jobs().wait()


def test_the_quiz_says_what_the_files_say() -> None:
    autoencoder = load_baseline(ROOT / "checkpoints/baselines/autoencoder.safetensors")[1]
    assert round(autoencoder["test_loss_nats"]) == 41
    interval = share_interval(8, 12)
    assert interval.low < 0.5 < interval.high


def test_a_job_runs_in_the_background_is_shared_and_keeps_its_error() -> None:
    queue = Jobs()
    first = queue.start("count", lambda: iter(range(3)))
    assert queue.start("count", lambda: iter("never asked")) is first
    assert queue.known("other") is None

    def fails() -> Iterator[int]:
        yield 1
        raise DataError("Too few digits.")

    failed = queue.start("fails", fails)
    broken = queue.start("broken", lambda: iter([1 // 0]))
    queue.wait()
    assert "server's log" in broken.error
    assert (first.done, first.latest, first.error) == (True, 2, "")
    assert (failed.done, failed.latest, failed.error) == (True, 1, "Too few digits.")
    assert Job.finished(5).done
