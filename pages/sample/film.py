"""The films of the page Sample, shared by all sessions, and the controls of their options."""

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

# Bytes: a larger film reaches the browser without its distributions. 64 digits of 256 levels fit.
MOST_PROBABILITIES = 16_000_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Options:
    """The values of the controls; `label` is None for one of each."""

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
        names: the name of each picture, as at the beginning of a sentence.
        player: further arguments of the player.
        origins: the branch number (0: an original) and sample of each picture; None if pictures
            cannot be branched.
    """

    film: Film
    names: list[str]
    player: dict[str, Any]
    origins: list[tuple[int, int]] | None = None


def sampled(options: Options, progress: Progress) -> Film:
    """The film for these options; the precomputed opening film where it has the same options."""
    opening = common.opening_film()
    wanted = {"checkpoint": options.model, **vars(options)}
    del wanted["model"]
    if wanted.items() <= opening.about.items():
        return opening
    return drawn(options, progress)


@st.cache_data(show_spinner=False, max_entries=64)
def drawn(options: Options, _progress: Progress) -> Film:
    """The film for these options, shared by all sessions."""
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
    """The controls; those that a view ignores are disabled."""
    classes = common.model_config(model)["classes"]
    label = EACH
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if classes:
            names = [EACH, *map(str, range(classes))]
            label = st.selectbox(
                "Label",
                names,
                format_func=common.class_title(model),
                key="label",
                bind="query-params",
                width=150,
                disabled=view == "Classes",
                help="Which digit to draw. The network was trained with labels.",
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
            "Seed", "It determines all random numbers: the same seed gives the same digits."
        )
        st.button("Other digits", on_click=next_seed)
    return Options(model, n, None if label == EACH else int(label), temperature, seed)
