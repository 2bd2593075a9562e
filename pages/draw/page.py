"""Draw & complete: nine live endings of a drawing, and how likely the model finds it."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.draw.compare import captions, compare, reading_order
from pages.draw.methods import (
    AS_IT_READS,
    COMPARE,
    PARTICLES,
    Options,
    await_sampler,
    choose_method,
    choose_options,
    completed,
    not_now,
)
from pages.draw.questions import QUESTIONS
from pages.draw.start import ADDRESS, current_drawing, current_start, start_with, starts
from pages.draw.truth import choose_knock_out, truth_section
from pages.draw.turns import choose_next_row, keep_buttons, next_row_here
from pages.draw.words import (
    after_gap,
    guess,
    guess_by_particles,
    situation,
    surprise,
    what_it_did,
)
from pages.shared import common
from pages.shared.quiz import quiz
from pixelcnn.completion.completions import Completions
from pixelcnn.completion.observed import rows_around
from pixelcnn.completion.particle_filter import ParticleEndings
from pixelcnn.scores.class_curves import ClassCurves, load_class_curves
from widgets.bars.widget import bars
from widgets.base.colors import role
from widgets.endings.widget import endings
from widgets.painter.widget import Drawing, painter
from widgets.pixel_grid.widget import pixel_grid

ENDINGS = 9


@st.fragment
def studio(model: str, config: dict[str, Any]) -> None:
    """The painter and all that follows the pen; a stroke reruns only this fragment."""
    with st.container(horizontal=True, gap="small"):
        starts(model, config)
        choose_knock_out(config)
    with st.container(key="studio"):
        left, right = st.columns(2, gap="large")
    below = st.container()
    with right:
        method = choose_method()
    start = current_start(config)
    drawing = current_drawing(config, start)
    with below:
        options = choose_options(method, common.class_names(model), drawing)
    with left, common.explained():
        place = st.container()
        next_row = choose_next_row()

        def show_painter() -> None:
            faint = next_row_here(model, drawing, options) if next_row else None
            with place:
                draw_here(config, start, faint, options)

        # The user waits for the endings; the next row may come after them.
        endings_first = next_row and method == AS_IT_READS and "painter" in st.session_state
        if not endings_first:
            show_painter()
        st.session_state["draw_last"] = drawing
    with right, common.explained(), st.container(key="beside"):
        why_not = not_now(method, config)
        if why_not:
            st.info(f"{why_not} Meanwhile, *As it reads* is used.")
            if method == PARTICLES:
                await_sampler()
            options = Options(AS_IT_READS, options.label, options.temperature, options.seed)
        if method == COMPARE:
            with st.container():
                compare(model, config, drawing, options)
            return
        tiles = st.container()
        done = completed(model, drawing.image, drawing.known_mask, ENDINGS, options)
        with tiles:
            chosen = show_endings(model, drawing, done)
        if endings_first:
            show_painter()
        keep_buttons(drawing, done, chosen)
        about_endings(model, config, drawing, done, options)
    with below, common.explained():
        truth_section(model, drawing, done, options)
        findings(model, config, done, options)


def draw_here(
    config: dict[str, Any], start: Drawing, faint: NDArray[np.float32] | None, options: Options
) -> None:
    """The painter; `faint` shows the likely ink of the next row."""
    painter(
        start.image,
        start.known_mask,
        levels=config["levels"],
        revision=st.session_state["draw_revision"],
        # Particles are slow: they wait until the pen lifts.
        report_while_drawing=options.method not in (PARTICLES, COMPARE),
        ghost=faint,
        address=ADDRESS,
        label="Your drawing",
        key="painter",
    )


def show_endings(model: str, drawing: Drawing, done: Completions) -> int | None:
    """The nine endings; gives the one that the viewer chose."""
    return endings(
        done.images,
        drawing.known_mask,
        levels=common.model_config(model)["levels"],
        captions=captions(model, done),
        selectable=True,
        label="Nine endings",
        key="endings",
    )


def about_endings(
    model: str, config: dict[str, Any], drawing: Drawing, done: Completions, options: Options
) -> None:
    """How the endings were drawn, warnings about them, and the digit that the model sees."""
    if options.method != AS_IT_READS:
        st.markdown(what_it_did(done, options))
    warning(drawing, done, options)
    if config["classes"]:
        with st.container():
            st.markdown("**Which digit does it see?**")
            names = common.class_names(model)
            bars(digit_shares(done, config), names, label="Which digit it sees", key="p")


def digit_shares(done: Completions, config: dict[str, Any]) -> NDArray[np.float64]:
    """Probability of each class; with particles, its share of the endings, since only they take
    everything given into account."""
    if done.particles is None or done.labels is None:
        shares: NDArray[np.float64] = done.given.class_probabilities.numpy()
        return shares
    return np.bincount(done.labels.numpy(), minlength=config["classes"]) / len(done.labels)


def warning(drawing: Drawing, done: Completions, options: Options) -> None:
    """What to know about the endings of an unusual drawing, and a remedy."""
    words = situation(done)
    if words:
        with st.container():
            st.markdown(words)
            if done.given.after_gap and options.method == AS_IT_READS:
                around = Drawing(drawing.image, rows_around(drawing.known_mask).numpy())
                st.button("Also give the paper above it", on_click=start_with, args=(around,))


# ------------------------------------------------------------------ below the fold


@st.cache_resource(show_spinner=False)
def class_curves(model: str) -> ClassCurves | None:
    """Recorded class probabilities on test digits, for a shipped model."""
    return load_class_curves(model) if model in common.shipped_models() else None


def findings(model: str, config: dict[str, Any], done: Completions, options: Options) -> None:
    """The mean of the endings, and the bits that the given part costs."""
    raster = done.order == 0
    measured = class_curves(model) if raster else None
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
        st.subheader("How surprising is what you gave?")
        st.markdown(surprise(done.given, options.label, config["levels"], measured))
        if done.given.after_gap:
            st.markdown(after_gap(done.given, done.particles))
        if config["classes"]:
            st.subheader("How does it guess the digit?")
            if done.particles is None:
                st.markdown(guess(options.label, measured, done.given.prefix))
            else:
                st.markdown(guess_by_particles(len(done.images)))
    if done.particles is not None:
        particles_section(done.particles, options.particles)


def particles_section(particles: ParticleEndings, count: int) -> None:
    """How many particles still counted, row by row."""
    st.subheader("How many particles still count?")
    st.markdown(
        f"All {count} particles grow together. After each row they are weighted: how likely are "
        "the given pixels after *this* particle? If a few carry most of the weight, the others "
        "hardly count. The **effective sample size** says how many equally weighted particles "
        "would be worth as much. When it falls below half, copies of the heavy particles replace "
        "the light ones, and all count again."
    )
    weighings = particles.weighings
    st.bar_chart(
        {
            "row": [weighing.row for weighing in weighings],
            "particles": [weighing.effective for weighing in weighings],
        },
        x="row",
        y="particles",
        color=role("drawn").color,
        height=180,
    )


# On a phone the endings come first, next to the painter, so that they stay on screen.
STYLE = """<style>
.st-key-method button { padding: 0 0.6rem; }
@media (max-width: 640px) {
  .st-key-studio [data-testid="stHorizontalBlock"], .st-key-beside {
    flex-direction: column-reverse;
  }
  .st-key-studio .st-key-keep { flex-direction: row; }
}
</style>"""

common.lesson(
    "Can it finish your drawing?",
    "You draw part of a digit, and the model draws the rest. **Draw on the paper**: the hatched "
    "part is unknown, and nine endings follow your pen.",
)
model = common.choose_model(in_grey=True)
config = common.model_config(model)
st.html(STYLE)
studio(model, config)
with common.explained():
    reading_order(model, config)

st.header("What to try")
st.markdown(
    "- **Drag the line** down the test digit, row by row. When is the model sure which digit it "
    "is? Which endings die out?\n"
    "- **Take turns**: draw a stroke, keep the next row of an ending, draw on.\n"
    "- **Give it a wrong label**: can a 7 be finished as a 2?\n"
    "- **Draw something that is not a digit**. How many bits does it cost?\n"
    "- **Knock out** half of all pixels. Does *As it reads* restore them? Do *Particles*?\n"
    "- **Draw only the lower half** of a digit, and *Compare* the methods.\n"
    "- **Temperature 0** always takes the likeliest level, so all endings with the same label are "
    "the same."
)
st.markdown(
    "The address of this page contains your drawing: copy it to share the drawing. To complete a "
    "picture in a file, use the command line:"
)
st.code(
    f"python -m pixelcnn complete {model} picture.png --rows {config['height'] // 2} --n 9",
    language="bash",
)
quiz("draw", QUESTIONS)
