"""What several pages share: shipped models, data, and how an error is told."""

from __future__ import annotations

import contextvars
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import streamlit as st

from pixelcnn.film.film import Film
from pixelcnn.film.opening import read_opening
from pixelcnn.system.shipped import CHECKPOINTS

if TYPE_CHECKING:
    from pixelcnn.checkpoints.files import Shipped
    from pixelcnn.data.dataset import DataSet, Split

DEFAULT_MODEL = "mnist-threshold-gated"

# What links, pictures, formulas and tags begin with, and what would undo an escape.
_MARKDOWN = re.compile(r"([\\\[<$`])")

# Seconds: what is done sooner shows no progress bar, which would only flicker.
_A_MOMENT = 0.4


def lesson(question: str, lead: str) -> None:
    """A page's title, which is the question that it answers, and one paragraph to begin with."""
    warm_up()
    st.title(question)
    st.markdown(lead)


@contextmanager
def explained() -> Iterator[None]:
    """Tell an error of the lab in a box and end the page there, instead of a traceback."""
    from pixelcnn.errors import LabError

    try:
        yield
    except LabError as error:
        st.error(plain(str(error)))
        st.stop()


def plain(text: str) -> str:
    """Text as it is, for whatever reads Markdown: a message may quote a file from a stranger, whose
    words must not become a picture that is fetched from somewhere."""
    return _MARKDOWN.sub(r"\\\1", text)


class ProgressBar:
    """A progress bar for the work of a `with` statement, there once that has taken a moment.

    Call it with (done, of).
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = st.empty()
        self._start = time.monotonic()
        # Streamlit would record a bar drawn by a cached function, and fail to play it back later.
        self._outside = contextvars.copy_context()

    def __call__(self, done: int, of: int) -> None:
        self._show(done / of, self._text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is None:
            self._place.empty()

    def wait(self, words: str) -> None:
        """Tell who comes first."""
        self._show(0.0, words)

    def _show(self, share: float, words: str) -> None:
        if time.monotonic() - self._start > _A_MOMENT:
            self._outside.run(self._place.progress, share, text=words)


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Compile the fast sampler in the background, once for the whole server, and load the rest."""

    def compile_loop() -> None:
        import torch

        from pixelcnn.sampling import engines

        # A digit's products are too small to share; several threads would only wait.
        torch.set_num_threads(1)
        engines.warm_up()
        # The first optimizer of a process loads PyTorch's compiler: a second in which nobody else
        # would get far, once a student asks what a step does.
        torch.optim.AdamW([torch.zeros(1, requires_grad=True)])

    def compile_while_the_server_runs() -> None:
        try:
            compile_loop()
        except Exception:
            # Python forbids much to who still works at its end, and nobody needs it any more.
            if threading.main_thread().is_alive():
                raise

    # A daemon: a server that shall stop does not wait half a minute for what is being compiled.
    thread = threading.Thread(target=compile_while_the_server_runs, name="warm-up", daemon=True)
    thread.start()
    return thread


@st.cache_resource(show_spinner=False)
def opening_film() -> Film:
    """Digits that the default model drew beforehand: on screen without loading it, or torch."""
    return read_opening()


@st.cache_resource(show_spinner=False)
def shipped_models() -> dict[str, Shipped]:
    """The checkpoints that come with the lab, by name; damaged ones are left out."""
    return {one.name: one for one in _shipped() if not one.error}


@st.cache_resource(show_spinner=False)
def _shipped() -> list[Shipped]:
    from pixelcnn.checkpoints.files import shipped

    return shipped(CHECKPOINTS)


def run_models() -> dict[str, Shipped]:
    """The models that were trained here and kept, by name: see the page Train live."""
    from pixelcnn.runs.kept_models import kept_models

    return {one.name: one for one in kept_models() if not one.error}


def models() -> dict[str, Shipped]:
    """All models to choose from: those that come with the lab first."""
    return shipped_models() | run_models()


def model_config(name: str) -> dict[str, Any]:
    """The options of a model, known without loading its weights."""
    header = models()[name].header
    return header.config if header else {}


@st.cache_resource(show_spinner="Loading the digits ...")
def digits(levels: int, size: int) -> DataSet:
    """The 5,000 digits that come with the lab, shared by all sessions."""
    from pixelcnn.data.registry import load_data

    return load_data("mnist5k", levels=levels, size=size)


@st.cache_resource(show_spinner="Loading the digits ...")
def unseen(levels: int, size: int) -> Split:
    """500 digits of MNIST's test set, which no shipped model has learned from."""
    from pixelcnn.scores.unseen import unseen_digits

    return unseen_digits(levels, size)


def _dimension(name: str) -> str:
    """What a model predicts one by one."""
    return "pixel" if model_config(name).get("channels") == 1 else "colour of a pixel"


def _tell_damaged() -> None:
    """Say which checkpoints cannot be used, and that the others can."""
    from pixelcnn.runs.kept_models import kept_models

    damaged = [one for one in [*_shipped(), *kept_models()] if one.error]
    if damaged:
        with st.sidebar.expander(f"Damaged models: {len(damaged)}"):
            for one in damaged:
                st.caption(plain(one.error))
            st.caption("All others can be used.")


def choose_model(*, in_grey: bool = False) -> str:
    """The choice of model in the sidebar, kept in the URL: a name of `models`.

    Args:
        in_grey: leave out those for pictures in colour.
    """
    known = models()
    names = [name for name in known if not in_grey or model_config(name).get("channels") == 1]
    _tell_damaged()
    if not names:
        st.error(
            "No trained model was found in the folder checkpoints. Get the complete project again, "
            "or train one on the page Train live."
        )
        st.stop()
    first = names.index(DEFAULT_MODEL) if DEFAULT_MODEL in names else 0
    with st.sidebar:
        name = st.selectbox("Model", names, index=first, key="model", bind="query-params")
        card = known[name].card
        if "test_nats" in card:
            st.caption(
                f"{card['test_nats']:.1f} nats per image on test images, "
                f"{card.get('bits_per_dim', 0):.3f} bits per {_dimension(name)}. Less is better."
            )
    return name
