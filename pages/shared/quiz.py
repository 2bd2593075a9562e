"""Check yourself: the quiz at the end of a page, one question at a time, answered at once."""

from __future__ import annotations

import streamlit as st

from pages.shared.quiz_question import Choice, Question, Try
from widgets.show_link.widget import show_link

_STATE = "quiz-answers"
_MARKS = {"open": "radio_button_unchecked", "right": "check_circle", "wrong": "cancel"}
# Answers are sentences: they start at the left, and break over lines on a small screen. Marks hang
# on what stands below a button, since a button whose own box changed would lose the focus.
_STYLE = """<style>
[class*="st-key-quiz-row"] { gap: 0.25rem; }
[class*="st-key-quiz-row"] button > * { width: 100%; justify-content: flex-start; }
[class*="st-key-quiz-row"] button p { text-align: left; }
[class*="st-key-quiz-row"]:has([class*="st-key-quiz-right"]) button { border: 2px solid #009E73; }
[class*="st-key-quiz-row"]:has([class*="st-key-quiz-wrong"]) button { border-style: dashed; }
[class*="st-key-quiz-right"], [class*="st-key-quiz-wrong"] { padding-left: 2.4rem; }
</style>"""

Answers = dict[int, list[str]]
"""What was chosen, question by question, in the order in which it was chosen."""


def quiz(page: str, questions: tuple[Question, ...]) -> None:
    """Show the questions of a page; what was answered is kept while other pages are visited.

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
    solved, at_once = score(questions, answers)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_progress(solved, at_once, len(questions)), width="stretch")
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
    """Whether the right answer is among those that were chosen."""
    return any(choice.right and choice.text in picked for choice in question.choices)


def score(questions: tuple[Question, ...], answers: Answers) -> tuple[int, int]:
    """How many questions were answered right, and how many of these with the first choice."""
    solved = [n for n, one in enumerate(questions) if solves(one, answers.get(n, []))]
    at_once = [n for n in solved if solves(questions[n], answers[n][:1])]
    return len(solved), len(at_once)


def _progress(solved: int, at_once: int, of: int) -> str:
    words = f"**{solved} of {of} right**"
    return f"{words}, {at_once} of them at once" if solved else words


def _steps(page: str, questions: tuple[Question, ...], answers: Answers) -> int:
    """The row of numbers that leads to any question; returns the one on show."""
    key = f"quiz-at-{page}"
    # A widget's own value would be forgotten as soon as another page is opened.
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
    at = int(chosen or 0)  # a browser can send what is none of them
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
                st.markdown(f"**{'Right' if choice.right else 'Not so'}.** {choice.why}")


def _see_for_yourself(try_it: Try, key: str) -> None:
    st.markdown(f"**See for yourself.** {try_it.words}")
    if try_it.page:
        path = "" if try_it.page == "start" else try_it.page
        show_link(path, try_it.query, key=key)


def _answers(page: str) -> Answers:
    """The answers given on a page; they live as long as the visit."""
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
