"""Check yourself: the quiz at the end of a page, one question at a time, with instant feedback."""

from __future__ import annotations

import streamlit as st

from pages.shared.quiz_question import Choice, Question, Try
from widgets.show_link.widget import show_link

_STATE = "quiz-answers"
_MARKS = {"open": "radio_button_unchecked", "right": "check_circle", "wrong": "cancel"}
# Answers are sentences: left-aligned, wrapped on a small screen. Marks depend on the element below
# a button, since a button whose own container changes would lose the focus.
_STYLE = """<style>
[class*="st-key-quiz-row"] { gap: 0.25rem; }
[class*="st-key-quiz-row"] button > * { width: 100%; justify-content: flex-start; }
[class*="st-key-quiz-row"] button p { text-align: left; }
[class*="st-key-quiz-row"]:has([class*="st-key-quiz-right"]) button { border: 2px solid #009E73; }
[class*="st-key-quiz-row"]:has([class*="st-key-quiz-wrong"]) button { border-style: dashed; }
[class*="st-key-quiz-right"], [class*="st-key-quiz-wrong"] { padding-left: 2.4rem; }
</style>"""

Answers = dict[int, list[str]]
"""The chosen answers to each question, in the order of choosing."""


def quiz(page: str, questions: tuple[Question, ...]) -> None:
    """Show the questions of a page; the answers survive visits to other pages.

    Args:
        page: the name of the page's folder.
        questions: those of the page.
    """
    st.header("Check yourself")
    st.html(_STYLE)
    _cards(page, questions)


@st.fragment
def _cards(page: str, questions: tuple[Question, ...]) -> None:
    answers = _answers(page)
    at = _steps(page, questions, answers)
    question = questions[at]
    with st.container(border=True, key=f"quiz-card-{page}"):
        st.subheader(question.ask, anchor=False)
        picked = answers.get(at, [])
        for index, choice in enumerate(question.shuffled):
            _choice(page, at, index, choice, chosen=choice.text in picked)
        if picked:
            _see_for_yourself(question.try_it, f"quiz-try-{page}-{at}")
    solved, first_try = score(questions, answers)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_progress(solved, first_try, len(questions)), width="stretch")
        if answers:
            st.button("Again", on_click=_start_again, args=(page,), icon=":material/replay:")
        st.button(
            "Next question",
            on_click=_go_to,
            args=(page, (at + 1) % len(questions)),
            icon=":material/arrow_forward:",
            icon_position="right",
        )


def solves(question: Question, picked: list[str]) -> bool:
    """Whether the right answer is among the chosen ones."""
    return any(choice.right and choice.text in picked for choice in question.choices)


def score(questions: tuple[Question, ...], answers: Answers) -> tuple[int, int]:
    """Number of questions answered right, and number of these right on the first try."""
    solved = [n for n, question in enumerate(questions) if solves(question, answers.get(n, []))]
    first_try = [n for n in solved if solves(questions[n], answers[n][:1])]
    return len(solved), len(first_try)


def _progress(solved: int, first_try: int, of: int) -> str:
    words = f"**{solved} of {of} right**"
    return f"{words}, {first_try} on the first try" if solved else words


def _steps(page: str, questions: tuple[Question, ...], answers: Answers) -> int:
    """The row of question numbers; returns the index of the current question."""
    key = f"quiz-at-{page}"
    # A widget loses its own value when another page is opened.
    st.session_state.setdefault(key, st.session_state.get(f"{key}-kept", 0))

    def number(at: int) -> str:
        return f"{at + 1} ✓" if solves(questions[at], answers.get(at, [])) else f"{at + 1}"

    chosen = st.segmented_control(
        "Question",
        range(len(questions)),
        format_func=number,
        required=True,
        key=key,
        label_visibility="collapsed",
    )
    at = int(chosen or 0)  # a browser can send a value that is not an option
    st.session_state[f"{key}-kept"] = at
    return at


def _choice(page: str, at: int, index: int, choice: Choice, *, chosen: bool) -> None:
    state = "open" if not chosen else "right" if choice.right else "wrong"
    place = f"{page}-{at}-{index}"
    with st.container(key=f"quiz-row-{place}"):
        st.button(
            choice.text,
            on_click=_answer,
            args=(page, at, choice.text),
            icon=f":material/{_MARKS[state]}:",
            width="stretch",
            key=f"quiz-choice-{place}",
        )
        if chosen:
            with st.container(key=f"quiz-{state}-{place}"):
                st.markdown(f"**{'Right' if choice.right else 'Wrong'}.** {choice.why}")


def _see_for_yourself(try_it: Try, key: str) -> None:
    st.markdown(f"**See for yourself.** {try_it.words}")
    if try_it.page:
        path = "" if try_it.page == "start" else try_it.page
        show_link(path, try_it.query, key=key)


def _answers(page: str) -> Answers:
    """The answers given on a page in this session."""
    every: dict[str, Answers] = st.session_state.setdefault(_STATE, {})
    return every.setdefault(page, {})


def _answer(page: str, at: int, text: str) -> None:
    picked = _answers(page).setdefault(at, [])
    if text not in picked:
        picked.append(text)


def _go_to(page: str, at: int) -> None:
    st.session_state[f"quiz-at-{page}"] = at


def _start_again(page: str) -> None:
    _answers(page).clear()
    _go_to(page, 0)
