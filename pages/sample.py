"""Sample: a digit appears pixel by pixel, and what decides at each of them."""

from collections.abc import Callable

import streamlit as st

from pages import common
from pixelcnn.film import Film, draw_film
from widgets.pixel_grid import pixel_grid
from widgets.player import player

EACH = "one of each"
COUNTS = [1, 4, 10, 16, 25, 36, 64]
HIGHEST_SEED = 9999

# The heart of pixelcnn/sampling/reference.py. A test runs these very lines.
LOOP = """\
for at in reading_order:  # every (..., row, column), left to right, top to bottom
    log_p = likelihood.level_log_probs(model(images, labels), images)[at]
    images[at] = draw(temper(log_p, temperature), uniforms[at])
"""


def sampled(
    model: str,
    n: int,
    label: int | None,
    temperature: float,
    seed: int,
    progress: Callable[[int, int], None],
) -> Film:
    """The film for these options; the opening film if it is that one, since it is there at once."""
    options = {
        "checkpoint": model,
        "n": n,
        "label": label,
        "temperature": temperature,
        "seed": seed,
    }
    opening = common.opening_film()
    if options.items() <= opening.about.items():
        return opening
    return drawn(model, n, label, temperature, seed, progress)


@st.cache_data(show_spinner=False, max_entries=64)
def drawn(
    model: str,
    n: int,
    label: int | None,
    temperature: float,
    seed: int,
    _progress: Callable[[int, int], None],
) -> Film:
    """The film for these options, drawn once for everybody."""
    return draw_film(
        common.load_model(model)[0],
        n,
        label=label,
        temperature=temperature,
        seed=seed,
        engine=common.engine_for(model),
        receptive_field=common.receptive_field(model),
        about={"checkpoint": model},
        progress=_progress,
    )


def next_seed() -> None:
    """What the button "Other digits" does."""
    st.session_state["seed"] = (st.session_state["seed"] + 1) % (HIGHEST_SEED + 1)


def controls(classes: int) -> tuple[int, int | None, float, int]:
    """How many digits, which label (None for one of each), the temperature and the seed."""
    label = EACH
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if classes:
            names = [EACH, *map(str, range(classes))]
            label = st.selectbox(
                "Label",
                names,
                key="label",
                bind="query-params",
                width=150,
                help="Which digit the network is told to draw. It was trained with the labels.",
            )
        n = st.selectbox(
            "Digits", COUNTS, index=COUNTS.index(16), key="n", bind="query-params", width=100
        )
        temperature = st.slider(
            "Temperature",
            0.0,
            2.0,
            1.0,
            0.1,
            format="%.1f",
            key="temperature",
            bind="query-params",
            width=170,
            help="How bold the choices are. 1: as the network learned it. 0: always the likeliest.",
        )
        seed = st.number_input(
            "Seed",
            0,
            HIGHEST_SEED,
            key="seed",
            bind="query-params",
            width=140,
            help="The number that all random numbers grow from: the same seed, the same digits.",
        )
        st.button("Other digits", on_click=next_seed)
    return n, None if label == EACH else int(label), temperature, seed


@st.fragment
def show(film: Film) -> None:
    """The film, and the digit that was clicked in it."""
    clicked = player(
        film.images,
        film.probabilities,
        film.entropy,
        levels=film.levels,
        log_prob=film.log_prob,
        uniforms=film.uniforms,
        receptive_field=film.receptive_field,
        speed=100,
        label="Sampled digits",
        key="film",
    )
    chosen = clicked.image if clicked else 0
    st.header("Where does the model hesitate?")
    words, picture = st.columns(2, gap="large")
    with words:
        st.markdown(
            f"Sample {chosen + 1} has **{film.bits[chosen]:.1f} bits**, the surprise of all its "
            f"pixels added up: {film.bits_per_pixel[chosen]:.3f} bits a pixel."
            + (" Click another digit above to see its map." if len(film.images) > 1 else "")
        )
        st.markdown(
            "The map shows the **entropy** of each choice: how open it was before the random "
            "number fell. 0 bits: no doubt."
        )
        if film.levels == 2:
            st.markdown(
                "1 bit: a coin toss between paper and ink. Doubt sits along the edges of the "
                "stroke and where a new one may begin; inside the ink and far out on the paper "
                "there is next to none."
            )
    with picture:
        pixel_grid(
            film.entropy_map[chosen],
            title=f"Entropy of sample {chosen + 1}",
            unit="bits",
            digits=2,
            limits=(0.0, 1.0) if film.levels == 2 else None,
            report=False,
            max_width=420,
            key="entropy",
        )


common.lesson(
    "How does a digit appear?",
    "One pixel at a time. At the orange pixel the network looks at what is drawn already (blue "
    "glow) and answers with a probability for ink; then **a random number decides**. Pause with "
    "Space and step with the arrow keys.",
)
model = common.choose_model()
with common.explained():
    n, label, temperature, seed = controls(common.model_config(model)["classes"])
    with common.progress_bar("Drawing, row by row ...") as progress:
        film = sampled(model, n, label, temperature, seed, progress)
show(film)

st.header("How is a pixel chosen?")
st.latex(r"p_T(x_i) \;\propto\; p(x_i \mid x_1, \ldots, x_{i-1})^{1/T}")
st.code(LOOP, language="python")
st.markdown(
    "The loop is the formula, line by line: the model answers for the next pixel (`log_p`), the "
    "temperature *T* sharpens or flattens the answer (`temper`), and a random number between 0 and "
    "1 falls on paper or on ink (`draw`, the orange mark on the bar above). The **seed** fixes all "
    "random numbers, so that you can repeat what you saw. The lab remembers what earlier pixels "
    "had computed, which makes the same loop hundreds of times faster."
)

st.header("What to try")
st.markdown(
    "- **Temperature 0** leaves nothing to chance: always the likelier of the two. All samples of "
    "one label are then the same picture.\n"
    "- **Temperature 2** takes the rare choices more often. Where do the digits fall apart first?\n"
    "- **Another label, same seed**: every random number stays, only what the network is told "
    "changes.\n"
    "- **Find a coin toss**: step to a pixel whose bar is half ink. Had the random number fallen "
    "on the other side, all that follows would have been drawn differently."
)

st.header("Take them with you")
name = f"{model}-seed-{seed}"
with st.container(horizontal=True):
    st.download_button(
        "Picture (.png)", film.to_png, f"{name}.png", mime="image/png", on_click="ignore"
    )
    st.download_button("Arrays (.npz)", film.to_npz, f"{name}.npz", on_click="ignore")
st.markdown("The same digits on the command line:")
st.code(film.command, language="bash", wrap_lines=True)
