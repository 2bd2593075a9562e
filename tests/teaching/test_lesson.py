"""The guided lesson is complete, its calculations are right, and every link works."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pixelcnn.causality.depth_growth import receptive_field_by_depth
from pixelcnn.cli import main
from pixelcnn.nn.layers import causal_mask
from pixelcnn.teaching import handout
from pixelcnn.teaching.lesson import PAGES, Stop, blind_spot, open_weights, warmed
from pixelcnn.teaching.lesson_stops import MINUTES, STOPS
from tests.helpers.app_pages import assert_taken, button, open_page, widgets


def test_eleven_stops_fill_a_school_lesson_and_each_has_all_its_parts() -> None:
    assert len(STOPS) == 11
    assert 40 <= MINUTES <= 50
    for stop in STOPS:
        assert stop.page in PAGES
        assert stop.do
        assert stop.ask
        sentences = [
            *stop.do,
            stop.see,
            stop.exercise.answer,
            *(question.answer for question in stop.ask),
        ]
        assert all(text.endswith((".", "?")) for text in sentences), stop.title


def test_the_exercises_agree_with_the_library() -> None:
    for size in (3, 5, 7):
        assert open_weights(size) == causal_mask(1, 1, (size, size), "A").sum()
    never = (
        receptive_field_by_depth("pixelcnn", size=6, first_kernel_size=3, kernel_size=3)
        .totals[-1]
        .never
    )
    every = [(row, column) for row in range(6) for column in range(6)]
    assert sum(blind_spot(6, row, column) for row, column in every) == never
    assert warmed(0.8, 1) == pytest.approx(0.8)


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.title)
def test_a_link_opens_its_page_in_the_state_that_it_names(stop: Stop) -> None:
    assert_taken(open_page(stop.page or "start", stop.query), stop.query)


def test_the_page_shows_the_stop_of_its_address_and_moves_both_ways() -> None:
    app = open_page("lesson", {"stop": "3"})
    assert app.header[0].value == f"3. {STOPS[2].title}"
    folded = [box for box in app.expander if not box.proto.expanded]
    assert [box.label for box in folded[: len(STOPS[2].ask)]] == [
        question.ask for question in STOPS[2].ask
    ]
    links = [meta for meta, _ in widgets(app)]
    assert {"path": STOPS[2].page, "query": dict(STOPS[2].query)}.items() <= links[1].items()
    press(app, "Next")
    assert app.header[0].value == f"4. {STOPS[3].title}"
    press(app, "Back")
    press(app, "Back")
    assert app.header[0].value == f"2. {STOPS[1].title}"


def press(app: AppTest, label: str) -> None:
    button(app, label).click().run()
    assert not app.exception


def test_the_handout_keeps_the_answers_for_its_last_pages(tmp_path: Path) -> None:
    questions, answers = handout.as_markdown().split("# Answers", 1)
    for stop in STOPS:
        assert stop.exercise.ask in questions
        assert stop.exercise.answer in answers
        assert stop.exercise.answer not in questions
        assert handout.where(stop) in questions
    assert main(["handout", "--output", str(tmp_path / "a.pdf")]) == 0
    assert main(["handout", "--output", str(tmp_path / "a.md")]) == 0
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == handout.as_markdown()


def test_a_handout_of_another_kind_or_in_a_missing_folder_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["handout", "--output", "a.doc"]) == 2
    assert "must end in .pdf or .md" in capsys.readouterr().err
    assert main(["handout", "--output", str(tmp_path / "none" / "a.md")]) == 2
    assert "cannot be written" in capsys.readouterr().err
