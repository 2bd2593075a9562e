"""Check yourself: the questions are complete and true, lead where they say, and are counted."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared.quiz import score
from pages.shared.quiz_question import Question, Try
from pixelcnn.causality.depth_growth import receptive_field_by_depth
from pixelcnn.exhibits.results import read_results
from tests.helpers.app_pages import assert_taken, button, open_page, told
from tests.helpers.quiz_cases import QUESTIONS

EVERY = [(page, question) for page, questions in QUESTIONS.items() for question in questions]
LINKS = {
    (one.try_it.page, tuple(one.try_it.query.items())): one.try_it
    for _, one in EVERY
    if one.try_it.page
}.values()


# ---------------------------------------------------------------- the questions


def test_every_page_has_five_questions_or_more_and_no_two_are_the_same() -> None:
    assert all(len(questions) >= 5 for questions in QUESTIONS.values())
    assert len({question.ask for _, question in EVERY}) == len(EVERY)


@pytest.mark.parametrize(("page", "question"), EVERY, ids=lambda one: str(one)[:40])
def test_a_question_has_one_right_choice_each_explained_and_something_to_try(
    page: str, question: Question
) -> None:
    assert sum(choice.right for choice in question.choices) == 1
    assert len({choice.text for choice in question.choices}) == len(question.choices) >= 3
    for choice in question.choices:
        assert choice.text
        assert choice.why.endswith("."), choice.text
    assert question.try_it.words
    assert question.try_it.page or not question.try_it.query


def test_the_place_of_the_right_choice_gives_nothing_away() -> None:
    places = [[one.right for one in question.shuffled].index(True) for _, question in EVERY]
    for place in range(3):
        assert places.count(place) >= len(EVERY) / 6


@pytest.mark.parametrize("link", LINKS, ids=lambda link: f"{link.page} {dict(link.query)}")
def test_a_link_opens_its_page_in_the_state_that_it_names(link: Try) -> None:
    assert_taken(open_page(link.page, link.query), link.query)


# ---------------------------------------------------------------- what they claim


def test_wider_kernels_make_the_blind_spot_smaller_and_more_layers_do_not() -> None:
    narrow, wide = (
        receptive_field_by_depth("pixelcnn", kernel_size=size).totals for size in (3, 5)
    )
    assert 0 < wide[-1].never < narrow[-1].never
    assert {one.never for one in narrow} == {narrow[-1].never}


def test_two_stacks_and_recurrence_leave_no_blind_spot() -> None:
    for name in ("gated_pixelcnn", "pixelrnn"):
        last = receptive_field_by_depth(name).totals[-1]
        assert (last.never, last.leaks) == (0, 0)
        assert last.seen == last.legal


def test_the_exhibits_did_what_the_questions_say() -> None:
    results = read_results()
    for name in ("no_mask", "b_first"):
        assert results.broken[name].ink == 0
        assert results.broken[name].changed > 0
    dropped = results.broken["horizontal_dropped"]
    assert dropped.report.leaks == 0
    assert dropped.loss > results.twin("horizontal_dropped").loss
    assert results.broken["squared_error"].loss < 0.01


# ---------------------------------------------------------------- on the page


def test_the_first_choice_counts_as_at_once_and_a_later_one_as_right() -> None:
    questions = QUESTIONS["start"]
    right = [next(one.text for one in question.choices if one.right) for question in questions]
    wrong = [next(one.text for one in question.choices if not one.right) for question in questions]
    assert score(questions, {}) == (0, 0)
    assert score(questions, {0: [right[0]], 1: [wrong[1], right[1]], 2: [wrong[2]]}) == (2, 1)


def choose(page: AppTest, *, right: bool) -> Question:
    """Click a choice of the question on show that is right, or wrong."""
    asked = {heading.value for heading in page.subheader}
    question = next(one for _, one in EVERY if one.ask in asked)
    text = next(one.text for one in question.choices if one.right == right)
    button(page, text).click().run()
    assert not page.exception
    return question


def test_a_choice_is_explained_at_once_and_progress_outlives_a_visit_elsewhere() -> None:
    page = open_page("start")
    question = choose(page, right=False)
    wrong = next(one for one in question.choices if not one.right)
    assert f"**Wrong.** {wrong.why}" in told(page)
    assert question.try_it.words in told(page)
    choose(page, right=True)
    of = len(QUESTIONS["start"])
    assert f"**1 of {of} right**, 0 on the first try" in told(page)
    button(page, "Next question").click().run()
    assert choose(page, right=True) is QUESTIONS["start"][1]
    page.switch_page("pages/break_it/page.py").run()
    assert "**0 of" in told(page)
    page.switch_page("pages/start/page.py").run()
    assert f"**2 of {of} right**, 1 on the first try" in told(page)
    assert QUESTIONS["start"][1].ask in {heading.value for heading in page.subheader}
    button(page, "Again").click().run()
    assert f"**0 of {of} right**" in told(page)
    assert QUESTIONS["start"][0].ask in {heading.value for heading in page.subheader}
