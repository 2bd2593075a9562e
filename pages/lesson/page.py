"""Lesson: eleven stops that lead a class through the lab in about 50 minutes."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.shared import common
from pages.shared.address import address_of_app
from pixelcnn.teaching.lesson import Stop
from pixelcnn.teaching.lesson_stops import MINUTES, STOPS
from widgets.lesson_clock.widget import lesson_clock
from widgets.show_link.widget import show_link

_LAST = len(STOPS)
_STYLE = """<style>
.st-key-stop, .st-key-stop > div { max-width: 100%; }
.st-key-stop [role="radiogroup"] { flex-wrap: wrap; }
.st-key-lesson-stop :is(li, p) { font-size: 1.2rem; line-height: 1.5; }
.st-key-lesson-stop .stExpander summary p { font-weight: 600; }
</style>"""


def choose_stop() -> int:
    """The number of the current stop, from 1, kept in the address."""
    if "stop" not in st.query_params:
        st.session_state.setdefault("stop", 1)
    with st.container(horizontal=True, vertical_alignment="center"):
        back = st.empty()
        number = st.segmented_control(
            "Stop",
            range(1, _LAST + 1),
            required=True,
            key="stop",
            bind="query-params",
            label_visibility="collapsed",
        )
        on = st.empty()
    number = int(number or 1)
    back.button("Back", on_click=go_to, args=(number - 1,), disabled=number == 1, shortcut="Left")
    on.button(
        "Next",
        on_click=go_to,
        args=(number + 1,),
        disabled=number == _LAST,
        type="primary",
        shortcut="Right",
    )
    return number


def go_to(number: int) -> None:
    st.session_state["stop"] = number


def tell(number: int, stop: Stop) -> None:
    with st.container(key="lesson-stop"):
        st.header(f"{number}. {stop.title}", anchor=False)
        left, right = st.columns([3, 2], gap="large")
        with left:
            st.subheader("Do", anchor=False)
            show_link(stop.page, stop.query, label="Open the page for this stop", key="lesson-link")
            st.markdown("\n".join(f"1. {step}" for step in stop.do))
            st.subheader("See", anchor=False)
            st.markdown(stop.see)
        with right:
            st.subheader("Ask", anchor=False)
            for at, question in enumerate(stop.ask):
                with st.expander(question.ask, key=f"ask-{number}-{at}"):
                    st.markdown(question.answer)
            with st.expander(f"On paper: {stop.exercise.ask}", key=f"paper-{number}"):
                st.markdown(stop.exercise.answer)


@st.cache_data(show_spinner="Typesetting the handout ...", max_entries=8)
def handout_pdf(app: str) -> bytes:
    """The handout as PDF with links to the app, shared by all sessions."""
    from pixelcnn.teaching.handout import as_pdf

    return as_pdf(app)


def handout() -> None:
    from pixelcnn.teaching.handout import as_markdown

    app = address_of_app(st.context.url, "lesson_plan").url
    st.header("On paper")
    st.markdown(
        f"The handout has the {_LAST} stops, an exercise for each, and the answers on separate "
        "pages that you can keep back. `python -m pixelcnn handout` writes it too."
    )
    with st.container(horizontal=True):
        st.download_button(
            "Handout, PDF",
            partial(handout_pdf, app),
            "handout.pdf",
            "application/pdf",
            on_click="ignore",
        )
        st.download_button(
            "Handout, Markdown", as_markdown(app), "handout.md", "text/markdown", on_click="ignore"
        )


common.lesson(
    "How do I teach this?",
    f"{_LAST} stops, {MINUTES} minutes. Each opens a page in the right state; the browser's Back "
    "button returns here. In the sidebar, **Share** puts any page on the students' screens, and "
    "**Projector** enlarges it. **?** lists the keys.",
)
st.html(_STYLE)
number = choose_stop()
lesson_clock([stop.minutes for stop in STOPS], number, key="lesson-clock")
tell(number, STOPS[number - 1])
handout()
