"""Completion methods of the page Draw & complete: the controls, and the cached work."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from pages.draw.start import keep_in_address
from pages.shared import common, turns
from pages.shared.controls import one_of, temperature_slider
from pages.shared.loaded import loaded
from pages.shared.seeds import choose_seed, next_seed
from pages.shared.streamlit_private import drop_if_superseded
from pixelcnn.completion.completions import Completions, Method, complete
from pixelcnn.completion.particle_filter import Weighing
from pixelcnn.system.plain_text import plain
from widgets.painter.widget import Drawing

AS_IT_READS, BEST_ORDER, PARTICLES, COMPARE = "As it reads", "Best order", "Particles", "Compare"
METHODS: dict[str, Method] = {AS_IT_READS: "raster", BEST_ORDER: "orders", PARTICLES: "particles"}
COUNTS = [64, 128, 256, 512]

GUESS = "let the model guess"

# Seconds: what is done sooner shows no progress bar, which would only flicker.
_A_MOMENT = 0.3


@dataclass(frozen=True)
class Options:
    """The user's choices about the endings.

    Attributes:
        method: one of `METHODS`, or COMPARE.
        label: the class given to the model; None lets it guess.
        temperature: as for `complete`; particles are always drawn at 1.
        seed: of the random numbers.
        particles: how many the particle method draws.
    """

    method: str = AS_IT_READS
    label: int | None = None
    temperature: float = 1.0
    seed: int = 0
    particles: int = 128


# ------------------------------------------------------------------ the controls


def choose_method() -> str:
    """The control beside the painter, kept in the URL."""
    methods = [*METHODS, COMPARE]
    return one_of("How to finish it", methods, key="method", label_visibility="collapsed")


def not_now(method: str, config: dict[str, Any]) -> str:
    """The reason why a method cannot be used now; empty if it can."""
    if method == BEST_ORDER and config.get("orders", 1) == 1:
        able = [name for name in common.models() if common.model_config(name).get("orders") == 8]
        which = (
            f"Choose **{plain(able[0])}** in the sidebar" if able else "Train one with `orders=8`"
        )
        return f"**Best order**: this model knows only one scan order. {which} for all eight."
    if method == PARTICLES and common.warm_up().is_alive():
        return (
            "**Particles** need the fast sampler, which is still compiling (once after the server "
            "starts, for up to half a minute)."
        )
    return ""


@st.fragment(run_every=1.0)
def await_sampler() -> None:
    """Rerun the page once the fast sampler is ready."""
    if not common.warm_up().is_alive():
        st.rerun()


def other_endings(drawing: Drawing) -> None:
    # The server rewrites the address, without knowing what the painter wrote there.
    keep_in_address(drawing)
    next_seed()


def choose_options(method: str, names: Sequence[str], drawing: Drawing) -> Options:
    """The controls below the painter."""
    label, particles = GUESS, COUNTS[1]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if names:
            label = st.selectbox(
                "Which digit is it?",
                [GUESS, *map(str, range(len(names)))],
                format_func=lambda label: names[int(label)] if label.isdecimal() else label,
                key="label",
                bind="query-params",
                width=200,
                help="The model was trained with labels. Give it the right label or a wrong one, "
                "or let it guess from what you drew.",
            )
        temperature = temperature_slider(
            "Particles always use 1, because their weights come from the learned probabilities.",
            disabled=method == PARTICLES,
            width=150,
        )
        seed = choose_seed(
            "Seed", "It determines all random numbers: the same seed gives the same endings."
        )
        if method in (PARTICLES, COMPARE):
            particles = st.selectbox(
                "Particles",
                COUNTS,
                index=COUNTS.index(particles),
                key="particles",
                bind="query-params",
                width=110,
                help="How many digits are drawn together, row by row. With more, the endings fit "
                "better and take longer.",
            )
        st.button("Other endings", on_click=other_endings, args=(drawing,))
    return Options(method, None if label == GUESS else int(label), temperature, seed, particles)


# ------------------------------------------------------------------ the work


class Watch:
    """A progress bar that shows how many particles still count."""

    def __init__(self, particles: int) -> None:
        self._particles = particles
        self._place = st.empty()
        self._start = time.monotonic()
        self._share, self._words = 0.0, "Drawing the particles ..."
        # Streamlit would record a bar drawn by a cached function, and fail to play it back later.
        self._outside = contextvars.copy_context()

    def progress(self, done: int, of: int) -> None:
        drop_if_superseded()
        self._share = min(done / of, 1.0)
        self._show()

    def weighed(self, weighing: Weighing) -> None:
        self._words = (
            f"Row {weighing.row}: {weighing.effective:.0f} of {self._particles} particles count"
        )
        self._show()

    def wait(self, words: str) -> None:
        self._words = words
        self._show()

    def _show(self) -> None:
        if time.monotonic() - self._start > _A_MOMENT:
            self._outside.run(self._place.progress, self._share, text=self._words)

    def end(self) -> None:
        self._place.empty()


def completed(
    model: str, image: NDArray[np.uint8], known_mask: NDArray[np.bool_], n: int, options: Options
) -> Completions:
    """The endings for one drawing, shared by all sessions.

    Raises:
        LabError: options that do not fit the model.
    """
    if options.method != PARTICLES:
        # These methods ignore `particles`: one cached result for any number of them.
        return _completed(model, image, known_mask, n, replace(options, particles=0), None)
    watch = Watch(options.particles)
    try:
        options = replace(options, temperature=1.0)
        return _completed(model, image, known_mask, n, options, watch)
    finally:
        watch.end()


@st.cache_data(show_spinner=False, max_entries=256)
def _completed(
    model: str,
    image: NDArray[np.uint8],
    known_mask: NDArray[np.bool_],
    n: int,
    options: Options,
    _watch: Watch | None,
) -> Completions:
    one = loaded(model)
    # Particles take a second or more, the other methods a moment.
    with turns.long_turn(_watch) if _watch else turns.short_turn():
        return complete(
            one.model,
            image,
            known_mask,
            n,
            labels=None if options.label is None else torch.tensor(options.label),
            method=METHODS[options.method],
            particles=options.particles,
            temperature=options.temperature,
            seed=options.seed,
            engine=one.engine,
            reader=one.reader,
            progress=_watch.progress if _watch else None,
            weighed=_watch.weighed if _watch else None,
        )
