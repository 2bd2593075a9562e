"""Compare: two models on the same random numbers and the same digits, and all scores."""

import streamlit as st

from pages.compare import (
    codes as compare_codes,
    figures as compare_figures,
    game as compare_game,
    maps as compare_maps,
    pair as compare_pair,
    scores as compare_scores,
    words as compare_words,
)
from pages.compare.questions import QUESTIONS
from pages.shared import common
from pages.shared.quiz import quiz
from pixelcnn.system.plain_text import plain


def lessons(pair: compare_pair.Pair) -> None:
    """All sections for two comparable models."""
    compare_pair.samples(pair)
    compare_figures.figures(pair)
    compare_figures.how_sure(pair)
    compare_maps.section(pair)
    compare_scores.section(pair)
    compare_game.section(pair)
    compare_codes.section(pair)
    st.header("What to try")
    st.markdown(compare_words.TO_TRY)


common.lesson("Which model is better, and how do we know?", compare_words.LEAD)
pair = compare_pair.choose_pair()
with common.explained():
    if pair is None:
        st.info("There is only one model here. Train another on the page *Train live*.")
    elif obstacles := compare_pair.why_not(pair):
        reasons = "\n".join(f"- {plain(reason)}" for reason in obstacles)
        st.info(
            f"**{plain(pair.first)}** (A) and **{plain(pair.second)}** (B) cannot be compared:\n\n"
            f"{reasons}\n\n"
            "Choose another model in the sidebar (on a phone, » opens it)."
        )
    else:
        lessons(pair)
quiz("compare", QUESTIONS)
