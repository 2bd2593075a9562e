"""The films of the page Sample: what is drawn for the options on screen, once for everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shared import common, turns
from pages.shared.controls import temperature_slider
from pages.shared.loaded import loaded
from pages.shared.seeds import EACH, choose_seed, next_seed
from pixelcnn.film.film import Film, draw_film

COUNTS = [1, 4, 10, 16, 25, 36, 64]

# Bytes: of more, the browser gets no distributions. It is 64 digits of 256 levels.
MOST_PROBABILITIES = 16_000_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Options:
    """What the viewer chose; `label` is None for one of each."""

    model: str
    n: int
    label: int | None
    temperature: float
    seed: int


@dataclass(frozen=True)
class Scene:
    """A film as the player shows it.

    Attributes:
        film: what is played.
        names: what each picture is called, to begin a sentence with.
        player: further arguments of the player.
        origins: for each picture the number of its branch (0: an original) and its sample, where
            it can be branched.
    """

    film: Film
    names: list[str]
    player: dict[str, Any]
    origins: list[tuple[int, int]] | None = None


def sampled(options: Options, progress: Progress) -> Film:
    """The film for these options; the opening film if it is that one, since it is there at once."""
    opening = common.opening_film()
    asked = {"checkpoint": options.model, **vars(options)}
    del asked["model"]
    if asked.items() <= opening.about.items():
        return opening
    return drawn(options, progress)


@st.cache_data(show_spinner=False, max_entries=64)
def drawn(options: Options, _progress: Progress) -> Film:
    """The film for these options, drawn once for everybody."""
    one = loaded(options.model)
    with turns.long_turn(_progress):
        return draw_film(
            one.model,
            options.n,
            label=options.label,
            temperature=options.temperature,
            seed=options.seed,
            engine=one.engine,
            receptive_field=one.receptive_field,
            about={"checkpoint": options.model},
            progress=_progress,
        )


def controls(model: str, view: str) -> Options:
    """What the viewer may choose; what does not matter in a view is greyed out."""
    classes = common.model_config(model)["classes"]
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
                disabled=view == "Classes",
                help="Which digit the network is told to draw. It was trained with the labels.",
            )
        n = st.selectbox(
            "Digits",
            COUNTS,
            index=COUNTS.index(16),
            key="n",
            bind="query-params",
            width=100,
            disabled=view not in ("Digits", "Branches"),
        )
        temperature = temperature_slider(disabled=view == "Temperatures", width=170)
        seed = choose_seed(
            "Seed", "The number that all random numbers grow from: the same seed, the same digits."
        )
        st.button("Other digits", on_click=next_seed)
    return Options(model, n, None if label == EACH else int(label), temperature, seed)
