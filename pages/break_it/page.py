"""What if it cheats? Real mistakes, each trained beside the corrected network."""

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
    """Which pixels each one sees, packed for the browser and shared by all sessions."""
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
    """The code with the mistake, and corrected."""
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
    """Samples of both models, from the same random numbers."""
    for (side, model), column in zip(
        measured(name).items(), st.columns(2, gap="medium"), strict=True
    ):
        with column:
            st.markdown(f"**{SIDES[side]}**")
            player(
                model.samples,
                levels=2,
                speed=60 * model.samples.shape[1],
                columns=4,
                report=False,
                label=f"Samples: {SIDES[side].lower()}",
                key=f"samples-{side}",
            )


def leaks(name: str) -> None:
    """The leak maps of both models, linked."""
    for (side, model), column in zip(
        measured(name).items(), st.columns(2, gap="medium"), strict=True
    ):
        with column:
            colour = ", red" if model.relation.shape[0] > 1 else ""
            reach_grid(
                leak_map(name, side),
                title=f"{SIDES[side]}{colour}",
                link="target",
                report=False,
                max_width=440,
                key=f"leaks-{side}",
            )
            st.markdown(verdict(model))


def noise(name: str) -> None:
    """Samples of both models on a canvas full of noise."""
    for (side, model), column in zip(
        measured(name).items(), st.columns(2, gap="medium"), strict=True
    ):
        with column:
            words = (
                "the same pictures as on the empty canvas"
                if not model.changed
                else f"{model.changed:.1%} of the pixels differ from those on the empty canvas"
            )
            # st.image takes no alt text.
            st.html(
                f'<img src="{on_noise(name, side)}" alt="{SIDES[side]}: samples drawn on noise" '
                'style="width: 340px; max-width: 100%">'
            )
            st.caption(f"{SIDES[side]}: {words}")


common.lesson(
    "What if it cheats?",
    "Let a network see the pixel that it should predict, and its loss looks excellent. But when it "
    "**draws**, that pixel is not there yet. Choose a mistake that people have really made: each "
    "comes with a network that has it, and the same network without it, trained alike.",
)
with common.explained():
    results()
name = st.selectbox(
    "Mistake",
    list(EXHIBITS),
    format_func=lambda name: EXHIBITS[name].title,
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
    "Point at a pixel: purple crosses mark the **leaks**, pixels that it sees although they are "
    "drawn later, or are the pixel itself."
)
leaks(name)

st.header("What if the canvas is not empty?")
st.markdown(
    "The same models and the same random numbers, but the canvas was **full of noise** before the "
    "first pixel was drawn. A causal network never looks at pixels still to be drawn, so it draws "
    "the same pictures. A network that copies what it sees returns the canvas: paper from an empty "
    "one, noise from this one."
)
noise(name)

st.header("Audit your own")
audit_your_own()

st.header("What to try")
st.markdown(
    "- **Which mistakes lower the loss?** Those are the dangerous ones: everything looks better "
    "until you draw.\n"
    "- **Mask B in the first layer** leaks each pixel to itself. Is that enough to spoil the "
    "samples?\n"
    "- **A mistake without a leak**: which of these costs the most nats, and which can you see in "
    "the samples?\n"
    "- **No non-linearity**: it leaks nothing and sees as much as the corrected network. What is "
    "missing?\n"
    "- **Edit the masks**: let the second layer look one column to the right. It leaks. Which "
    "weights of the first layer must you mask to stop the leak?"
)
st.caption(
    f"Measured on {about['date']}: {about['steps']} training steps for each model, {about['size']} "
    f"× {about['size']} digits, one run each (seed {about['seed']}). Losses are on "
    f"{about['held_out']} held-out digits, with their standard error. After so little training, "
    "and with one seed, a small difference means little. To measure everything again:"
)
st.code(about["command"], language="bash")
quiz("break_it", QUESTIONS)
