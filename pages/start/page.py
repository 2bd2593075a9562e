"""Start: what an autoregressive image model is. Plays a film that needs no model to be loaded."""

import streamlit as st

from pages.shared import common
from pages.shared.quiz import quiz
from pages.start.questions import QUESTIONS
from widgets.player.widget import player

PAGES = {
    "pages/masks/page.py": (
        "What may a pixel see?",
        "Only what was drawn before it. See the masks that make sure, and the pixels they lose.",
    ),
    "pages/break_it/page.py": (
        "What if it cheats?",
        "Twelve mistakes that people made, with their splendid losses and what they draw.",
    ),
    "pages/train/page.py": (
        "How does it learn?",
        "Train a small model yourself, from noise to digits in half a minute.",
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
        "Open every layer and see what it makes of a digit.",
    ),
}


st.title("What is an autoregressive image model?")
st.markdown(
    "A model that draws the way you write: **one pixel after another, each chosen in view of all "
    "those before it**. At the orange pixel it says how likely ink is, and a random number "
    "decides. The pixels it looks at glow blue; hatched ones do not exist yet."
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
        "Read a picture as you read a page, left to right and top to bottom, and it becomes a row "
        "of pixels, as a sentence is a row of words. The model does what the keyboard of a phone "
        "does: given the beginning, it says **how likely each continuation is**."
    )
    st.markdown(
        "*Drawing* takes pixel after pixel from these probabilities. *Learning* turns the knobs of "
        "the network until real digits become likely."
    )
with formula:
    st.markdown("The probability of a whole picture is the product of all its answers:")
    st.latex(r"p(x) \;=\; \prod_{i} \; p(x_i \mid x_1, \ldots, x_{i-1})")
    st.markdown("In words: pixel 1, times pixel 2 given pixel 1, and so on to the last.")
st.markdown(
    "Surprise is −log *p*, counted in **bits** (a fair coin toss is 1 bit) or **nats** (1 nat is "
    f"1.44 bits). The digits above have {film.bits.mean():.0f} bits on average, where a coin toss "
    f"for each pixel would have {film.images[0].size}. A model is the better, the less it is "
    "surprised by real digits that it has never met."
)

st.header("What would you like to know?")
for page, (question, answer) in PAGES.items():
    link, reply = st.columns([1, 2], vertical_alignment="center", gap="xsmall")
    link.page_link(page, label=f"**{question}**", icon=":material/arrow_forward:")
    reply.markdown(answer)

quiz("start", QUESTIONS)

# Only now, so that the film does not wait for it: the other pages want the model and its sampler.
common.warm_up()
