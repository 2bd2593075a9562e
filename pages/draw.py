"""Draw & complete: nine endings of a drawing, live, and what the model makes of its beginning."""

from typing import Any

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from pages import common
from pages.draw_start import FIRST_DIGIT, current_start, digit_image, start_with, starts, upper_half
from pages.draw_words import guess, situation, surprise
from pixelcnn.completion import Completions, complete
from pixelcnn.given_part import Reader, rows_around
from widgets.bars import bars
from widgets.endings import endings
from widgets.painter import Drawing, painter
from widgets.pixel_grid import pixel_grid
from widgets.reach_grid import ReachTable, reach_grid, reach_table

GUESS = "let the model guess"
HIGHEST_SEED = 9999
ENDINGS = 9

# The label (None: the model guesses), the temperature and the seed.
Options = tuple[int | None, float, int]


@st.cache_data(show_spinner=False, max_entries=256)
def completed(
    model: str, image: NDArray[np.uint8], known_mask: NDArray[np.bool_], n: int, options: Options
) -> Completions:
    """The endings for one drawing, drawn once for everybody."""
    label, temperature, seed = options
    engine = common.engine_for(model)
    return complete(
        common.load_model(model)[0],
        image,
        known_mask,
        n,
        labels=None if label is None else torch.tensor(label),
        temperature=temperature,
        seed=seed,
        engine=engine,
        reader=reader(model) if engine.name == "numba" else None,
    )


@st.cache_resource(show_spinner=False)
def reader(model: str) -> Reader:
    """Reads the given part quickly; shared by all sessions, one after the other."""
    return Reader(common.load_model(model)[0])


@st.cache_resource(show_spinner=False)
def table(model: str) -> ReachTable:
    """What each pixel looks at, ready for the browser."""
    return reach_table([common.receptive_field(model)])


# ------------------------------------------------------------------ the drawing and its endings


def next_seed() -> None:
    """What the button "Other endings" does."""
    st.session_state["seed"] = (st.session_state["seed"] + 1) % (HIGHEST_SEED + 1)


def controls(classes: int) -> Options:
    """What the viewer may choose about the endings."""
    label = GUESS
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if classes:
            label = st.selectbox(
                "Which digit is it?",
                [GUESS, *map(str, range(classes))],
                key="label",
                bind="query-params",
                width=200,
                help="The model was trained with labels. Tell it one, also a wrong one, or let it "
                "guess from what is given.",
            )
        temperature = st.slider(
            "Temperature",
            0.0,
            2.0,
            1.0,
            0.1,
            key="temperature",
            bind="query-params",
            width=150,
            help="How bold the choices are. 1: as the network learned it. 0: always the likeliest.",
        )
        seed = st.number_input(
            "Seed",
            0,
            HIGHEST_SEED,
            key="seed",
            bind="query-params",
            width=130,
            help="The number that all random numbers grow from: the same seed, the same endings.",
        )
        st.button("Other endings", on_click=next_seed)
    return None if label == GUESS else int(label), temperature, seed


@st.fragment
def studio(model: str, config: dict[str, Any]) -> None:
    """The painter and all that follows the pen: only this runs again after a stroke."""
    starts(model, config)
    with st.container(key="studio"):
        left, right = st.columns(2, gap="large")
    with left:
        start = current_start(config)
        drawing = painter(
            start.image,
            start.known_mask,
            levels=config["levels"],
            revision=st.session_state["draw_revision"],
            label="Your drawing",
            key="painter",
        )
        st.session_state["draw_last"] = drawing
    options = controls(config["classes"])
    with right, common.explained(), st.container(key="beside"):
        done = completed(model, drawing.image, drawing.known_mask, ENDINGS, options)
        endings(
            done.images,
            drawing.known_mask,
            levels=config["levels"],
            captions=[] if done.labels is None else list(map(str, done.labels.tolist())),
            label="Nine endings",
            key="endings",
        )
        warning(drawing, done)
        if config["classes"]:
            with st.container():
                st.markdown("**Which digit does it see?**")
                names = list(map(str, range(config["classes"])))
                bars(done.given.class_probabilities, names, label="Which digit it sees", key="p")
    findings(config, done, options[0])


def warning(drawing: Drawing, done: Completions) -> None:
    """What to know about the endings of an unusual drawing, and a way out."""
    words = situation(done)
    if words:
        with st.container():
            st.markdown(words)
            if done.given.behind:
                around = Drawing(drawing.image, rows_around(drawing.known_mask).numpy())
                st.button("Give the paper above it too", on_click=start_with, args=(around,))


def findings(config: dict[str, Any], done: Completions, label: int | None) -> None:
    """The mean of the endings, and the bits of what is given."""
    mean, bits = st.columns(2, gap="large")
    with mean:
        st.subheader("Where will ink be?")
        pixel_grid(
            done.mean[0],
            title="Share of the nine endings" if config["levels"] == 2 else "Mean brightness",
            digits=2,
            limits=(0.0, 1.0),
            report=False,
            max_width=300,
            key="mean",
        )
    with bits:
        st.subheader("How surprising is your beginning?")
        st.markdown(surprise(done.given, label, config["levels"]))
        if config["classes"]:
            st.subheader("How does it guess the digit?")
            st.markdown(guess(label))


# ------------------------------------------------------------------ what it cannot do


def reading_order(model: str, config: dict[str, Any]) -> None:
    """The same digit with its upper and with its lower half given, and what a pixel looks at."""
    image = digit_image(config, FIRST_DIGIT)
    upper = upper_half(image).known_mask
    st.header("Why does it want the beginning?")
    st.markdown(
        "The model reads and writes like you read a page: left to right, top to bottom. When it "
        "draws a pixel it **cannot look at pixels to the right or below**, even if you gave them. "
        "Those are kept as they are, but what comes before them is drawn without knowing."
    )
    words, picture = st.columns(2, gap="large")
    with words:
        for title, known in (
            ("**Upper half given**: every ending starts where your ink stops.", upper),
            ("**Lower half given**: the upper halves are drawn blind and do not fit.", ~upper),
        ):
            st.markdown(title)
            given = np.where(known, image, 0).astype(np.uint8)
            done = completed(model, given, known, 3, (None, 1.0, 0))
            endings(
                done.images,
                known,
                levels=config["levels"],
                max_width=420,
                label=title.replace("*", ""),
                key=f"order-{known[0, 0]}",
            )
    with picture:
        st.markdown(
            "**Point at a pixel.** Blue: what the model looks at when it draws that one. Grey: the "
            "future, out of its sight. (*Masks & blind spots* tells about the other marks.)"
        )
        reach_grid(
            table(model),
            overlay=image,
            report=False,
            max_width=420,
            key="looks-at",
        )


# On a phone the endings come first, next to the painter: the pen would push them off the screen.
PHONE = """<style>@media (max-width: 640px) {
  .st-key-studio [data-testid="stHorizontalBlock"], .st-key-beside {
    flex-direction: column-reverse;
  }
}</style>"""

common.lesson(
    "Can it finish your drawing?",
    "You draw the beginning of a digit, the model draws the rest. **Draw on the paper**; the "
    "hatched part is unknown, and nine endings follow your pen.",
)
model = common.choose_model()
config = common.model_config(model)
if config["channels"] != 1:
    st.info("This model draws in colour, the painter only in grey. Choose another model.")
    st.stop()
st.html(PHONE)
studio(model, config)
with common.explained():
    reading_order(model, config)

st.header("What to try")
st.markdown(
    "- **Drag the line** down the test digit, row by row. When is the model sure which digit it "
    "is? Which endings die out?\n"
    "- **Tell it a wrong digit**: can a 7 go on as a 2?\n"
    "- **Draw something that is no digit**. How many bits is it surprised by?\n"
    "- **Brush a hole** into the middle of a digit with *Unknown*. Do the endings fit below it?\n"
    "- **Temperature 0** always takes the likelier level, and all endings of a digit are the same."
)
st.markdown("The same on the command line, for a picture in a file:")
st.code(
    f"python -m pixelcnn complete {model} picture.png --rows {config['height'] // 2} --n 9",
    language="bash",
)
