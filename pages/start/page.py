"""Start: what an autoregressive image model is. Plays a film without loading a model."""

import streamlit as st

from pages.shared import common
from pages.shared.quiz import quiz
from pages.start.questions import QUESTIONS
from widgets.player.widget import player

PAGES = {
    "pages/masks/page.py": (
        "What may a pixel see?",
        "Only what is drawn before it. See the masks that ensure this, and the pixels that they "
        "lose.",
    ),
    "pages/break_it/page.py": (
        "What if it cheats?",
        "Twelve real mistakes, with their excellent losses and their poor samples.",
    ),
    "pages/train/page.py": (
        "How does it learn?",
        "Train a small model yourself: from noise to digits in half a minute.",
    ),
    "pages/sample/page.py": (
        "How does a digit appear?",
        "Step through every choice, change the label, turn up the temperature.",
    ),
    "pages/draw/page.py": (
        "Can it finish your drawing?",
        "Draw the upper half of a digit and watch several endings.",
    ),
    "pages/features/page.py": (
        "What is inside?",
        "Open any layer and see how it responds to a digit.",
    ),
}


st.title("What is an autoregressive image model?")
st.markdown(
    "A model that draws as you write: **one pixel after another, each depending on all those "
    "before it**. At the orange pixel it computes the probability of ink, and a random number "
    "decides. The pixels that it sees glow blue; hatched ones do not exist yet."
)

with common.explained():
    film = common.opening_film()
player(
    film.images,
    film.probabilities,
    film.entropy,
    levels=film.levels,
    log_prob=film.log_prob,
    uniforms=film.uniforms,
    receptive_field=film.receptive_field,
    speed=100,
    report=False,
    label="Digits that a model draws",
    key="opening",
)

st.header("An image is a sentence of pixels")
words, formula = st.columns(2, gap="large")
with words:
    st.markdown(
        "Read a picture like a page, left to right and top to bottom, and it becomes a sequence of "
        "pixels, as a sentence is a sequence of words. The model works like the keyboard of a "
        "phone: given the beginning, it predicts **how likely each continuation is**."
    )
    st.markdown(
        "*Drawing* samples pixel after pixel from these probabilities. *Training* adjusts the "
        "weights of the network until real digits become likely."
    )
with formula:
    st.markdown("The probability of a whole picture is the product of all these predictions:")
    st.latex(r"p(x) \;=\; \prod_{i} \; p(x_i \mid x_1, \ldots, x_{i-1})")
    st.markdown("In words: pixel 1, times pixel 2 given pixel 1, and so on to the last.")
st.markdown(
    "Surprise is −log *p*, counted in **bits** (a fair coin toss is 1 bit) or **nats** (1 nat is "
    f"1.44 bits). The digits above cost {film.bits.mean():.0f} bits on average; a coin toss for "
    f"each pixel would cost {film.images[0].size}. The less held-out digits surprise a model, the "
    "better it is."
)

st.header("What would you like to know?")
for page, (question, answer) in PAGES.items():
    link, reply = st.columns([1, 2], vertical_alignment="center", gap="xsmall")
    link.page_link(page, label=f"**{question}**", icon=":material/arrow_forward:")
    reply.markdown(answer)

quiz("start", QUESTIONS)

# Last, so that the film does not wait: the other pages need the model and its sampler.
common.warm_up()
