"""What if it cheats? Mistakes from the field, each trained for real beside its honest twin."""

import base64
from io import BytesIO

import streamlit as st

from pages.break_it.own import audit_your_own
from pages.break_it.questions import QUESTIONS
from pages.break_it.words import SIDES, comparison, measured, results, verdict
from pages.shared import common
from pages.shared.quiz import quiz
from pixelcnn.data.images import sheet
from pixelcnn.exhibits.catalogue import EXHIBITS
from widgets.player.widget import player
from widgets.reach_grid.widget import ReachTable, reach_grid, reach_table


@st.cache_resource(show_spinner=False)
def leak_map(name: str, side: str) -> ReachTable:
    """Who sees whom, packed for the browser once for everybody."""
    relation, limit = measured(name)[side].pixels()
    return reach_table([relation], limit=limit)


@st.cache_data(show_spinner=False)
def on_noise(name: str, side: str) -> str:
    """The samples on a noisy canvas, dark ink on light paper as in the player: a data URL."""
    import torch

    picture = sheet(torch.from_numpy(1 - measured(name)[side].on_noise), 2, columns=4, scale=6)
    file = BytesIO()
    picture.save(file, "png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def code(name: str) -> None:
    """What the code said, and what it should say."""
    exhibit = EXHIBITS[name]
    said, corrected = st.columns(2)
    with said:
        st.markdown("**The code said**")
        st.code(exhibit.said, language="python", wrap_lines=True)
    with corrected:
        st.markdown("**It should say**")
        st.code(exhibit.corrected, language="python", wrap_lines=True)
    st.markdown(f"**Why it matters.** {exhibit.why}")


def drawings(name: str) -> None:
    """What both draw, with the same random numbers."""
    for (side, one), column in zip(
        measured(name).items(), st.columns(2, gap="medium"), strict=True
    ):
        with column:
            st.markdown(f"**{SIDES[side]}**")
            player(
                one.samples,
                levels=2,
                speed=60 * one.samples.shape[1],
                columns=4,
                report=False,
                label=f"Samples: {SIDES[side].lower()}",
                key=f"samples-{side}",
            )


def leaks(name: str) -> None:
    """The leak maps of both, linked."""
    for (side, one), column in zip(
        measured(name).items(), st.columns(2, gap="medium"), strict=True
    ):
        with column:
            colour = ", red" if one.relation.shape[0] > 1 else ""
            reach_grid(
                leak_map(name, side),
                title=f"{SIDES[side]}{colour}",
                link="target",
                report=False,
                max_width=440,
                key=f"leaks-{side}",
            )
            st.markdown(verdict(one))


def noise(name: str) -> None:
    """What both draw on a canvas that was not empty."""
    for (side, one), column in zip(
        measured(name).items(), st.columns(2, gap="medium"), strict=True
    ):
        with column:
            words = (
                "the same pictures as on the empty canvas"
                if not one.changed
                else f"{one.changed:.1%} of the pixels came out differently"
            )
            # Unlike st.image, this can have a text for those who cannot see it.
            st.html(
                f'<img src="{on_noise(name, side)}" alt="{SIDES[side]}: samples drawn on noise" '
                'style="width: 340px; max-width: 100%">'
            )
            st.caption(f"{SIDES[side]}: {words}")


common.lesson(
    "What if it cheats?",
    "Let a network see the pixel that it should predict, and its loss becomes splendid. Then it "
    "has to **draw**, and what it peeked at is not there. Choose a mistake that people really "
    "made: each was trained for this page, and so was the same network without it.",
)
with common.explained():
    results()
name = st.selectbox(
    "Mistake",
    list(EXHIBITS),
    format_func=lambda one: EXHIBITS[one].title,
    key="exhibit",
    bind="query-params",
    width=460,
)
code(name)

st.header("What does it report, and what does it draw?")
about = results().about
st.markdown(comparison(name))
drawings(name)

st.header("Who sees whom?")
st.markdown(
    "Point at a pixel: purple crosses are the **leaks**, pixels that it sees although they are not "
    "drawn yet, or are the pixel itself."
)
leaks(name)

st.header("And if the canvas is not empty?")
st.markdown(
    "The same models and the same random numbers, but the canvas was **full of noise** before the "
    "first pixel was drawn. A causal network never looks at what is still to be drawn, so it draws "
    "the same pictures. A network that copies what it sees gives back the canvas: paper from an "
    "empty one, noise from this one."
)
noise(name)

st.header("Audit your own")
audit_your_own()

st.header("What to try")
st.markdown(
    "- **Which mistakes lower the loss?** Those are the dangerous ones: everything looks better "
    "until somebody draws.\n"
    "- **Mask B in the first layer** leaks one pixel to each pixel. Is that enough?\n"
    "- **A mistake without a leak**: which of them cost the most nats, and which can you see in "
    "the samples?\n"
    "- **No non-linearity**: it leaks nothing and sees as much as its twin. What is missing?\n"
    "- **Edit the masks**: let the second layer look one column to the right. It leaks. Which "
    "weights of the first layer must go, so that it does not?"
)
st.caption(
    f"Every number and picture here was measured on {about['date']}: {about['steps']} training "
    f"steps for each model, {about['size']} × {about['size']} digits, seed {about['seed']}; losses "
    f"with their standard error over {about['held_out']} held-out digits. With so little training, "
    "a small difference means little. Measure it all again:"
)
st.code(about["command"], language="bash")
quiz("break_it", QUESTIONS)
