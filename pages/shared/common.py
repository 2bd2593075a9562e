"""Shared by several pages: models, data, the progress bar, and error messages."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import streamlit as st

from pixelcnn.film.film import Film
from pixelcnn.film.opening import read_opening
from pixelcnn.system.plain_text import plain
from pixelcnn.system.shipped import CHECKPOINTS

if TYPE_CHECKING:
    from pixelcnn.checkpoints.files import Shipped
    from pixelcnn.data.dataset import DataSet, Split

DEFAULT_MODEL = "mnist-threshold-gated"

# Seconds: shorter work shows no progress bar, which would only flicker.
_A_MOMENT = 0.4


def lesson(question: str, lead: str) -> None:
    """Show the page's title (the question that it answers) and its first paragraph."""
    warm_up()
    st.title(question)
    st.markdown(lead)


@contextmanager
def explained() -> Iterator[None]:
    """Show a `LabError` in a box, instead of a traceback, and end the page there."""
    from pixelcnn.errors import LabError

    try:
        yield
    except LabError as error:
        st.error(plain(error))
        st.stop()


class ProgressBar:
    """A progress bar for a `with` statement, which appears only if the work takes a moment.

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
        """Show why the work has not started yet."""
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

        # The matrices of a digit are too small for several threads.
        torch.set_num_threads(1)
        engines.warm_up()
        # The first optimizer of a process loads PyTorch's compiler, which blocks everything else
        # for a second: load it now.
        torch.optim.AdamW([torch.zeros(1, requires_grad=True)])

    def compile_while_the_server_runs() -> None:
        try:
            compile_loop()
        except Exception:
            # During interpreter shutdown this may fail harmlessly.
            if threading.main_thread().is_alive():
                raise

    # A daemon thread, so that stopping the server does not wait for the compiler.
    thread = threading.Thread(target=compile_while_the_server_runs, name="warm-up", daemon=True)
    thread.start()
    return thread


@st.cache_resource(show_spinner=False)
def opening_film() -> Film:
    """Precomputed digits of the default model: needs neither the model nor torch."""
    return read_opening()


@st.cache_resource(show_spinner=False)
def shipped_models() -> dict[str, Shipped]:
    """The checkpoints that come with the lab, by name; damaged ones are left out."""
    return {model.name: model for model in _shipped() if not model.error}


@st.cache_resource(show_spinner=False)
def _shipped() -> list[Shipped]:
    from pixelcnn.checkpoints.files import shipped

    return shipped(CHECKPOINTS)


def run_models() -> dict[str, Shipped]:
    """The models trained and kept on the page Train live that the pages can take, by name."""
    return {
        model.name: model
        for model in _kept()
        if not model.error and model.name not in too_large_models()
    }


def too_large_models() -> dict[str, str]:
    """The kept models that no page can take, by name, each with the reason."""
    from pixelcnn.checkpoints.page_limits import check_for_pages
    from pixelcnn.errors import CheckpointError

    reasons = {}
    for model in _kept():
        try:
            if model.header is not None:
                check_for_pages(model.header, model.name)
        except CheckpointError as error:
            reasons[model.name] = str(error)
    return reasons


def _kept() -> list[Shipped]:
    from pixelcnn.runs.kept_models import kept_models

    return kept_models()


def check_fits(name: str) -> None:
    """Raise `CheckpointError` if no page can take this model."""
    from pixelcnn.errors import CheckpointError

    if reason := too_large_models().get(name):
        raise CheckpointError(reason)


def models() -> dict[str, Shipped]:
    """All models to choose from, the shipped ones first."""
    return shipped_models() | run_models()


def model_config(name: str) -> dict[str, Any]:
    """The options of a model, known without loading its weights."""
    header = models()[name].header
    return header.config if header else {}


def class_names(name: str) -> tuple[str, ...]:
    """What the classes of a model are called; empty where it knows none."""
    from pixelcnn.checkpoints.class_names import class_names as names_in

    return names_in(models()[name].card, model_config(name).get("classes", 0))


def class_title(name: str) -> Callable[[str], str]:
    """How to show a class of a model that an address names by its number; other words stay."""
    names = class_names(name)
    return lambda label: names[int(label)] if label.isdecimal() else label


@st.cache_resource(show_spinner="Loading the digits ...")
def digits(levels: int, size: int) -> DataSet:
    """The 5,000 digits that come with the lab, shared by all sessions."""
    from pixelcnn.data.registry import load_data

    return load_data("mnist5k", levels=levels, size=size)


@st.cache_resource(show_spinner="Loading the digits ...")
def unseen(levels: int, size: int) -> Split:
    """500 digits of MNIST's test set; no shipped model was trained on them."""
    from pixelcnn.scores.unseen import unseen_digits

    return unseen_digits(levels, size)


def _dimension(name: str) -> str:
    """The unit that a model predicts at a time."""
    return "pixel" if model_config(name).get("channels") == 1 else "colour of a pixel"


def _tell_damaged() -> None:
    """List the damaged checkpoints in the sidebar."""
    damaged = [model for model in [*_shipped(), *_kept()] if model.error]
    if damaged:
        with st.sidebar.expander(f"Damaged models: {len(damaged)}"):
            for model in damaged:
                st.caption(plain(model.error))
            st.caption("All other models work.")


def choose_model(*, in_grey: bool = False) -> str:
    """Let the user choose a model in the sidebar, kept in the URL: a name of `models`.

    Args:
        in_grey: omit models of colour pictures.
    """
    known = models()
    names = [name for name in known if not in_grey or model_config(name).get("channels") == 1]
    _tell_damaged()
    if not names:
        st.error(
            "The folder checkpoints contains no trained model. Download the complete project "
            "again, or train a model on the page Train live."
        )
        st.stop()
    first = names.index(DEFAULT_MODEL) if DEFAULT_MODEL in names else 0
    with st.sidebar:
        name = st.selectbox(
            "Model",
            [*names, *too_large_models()],
            index=first,
            key="model",
            bind="query-params",
        )
    with explained():
        check_fits(name)
    with st.sidebar:
        card = known[name].card
        if "test_nats" in card:
            st.caption(
                f"{card['test_nats']:.1f} nats per image on test images, "
                f"{card.get('bits_per_dim', 0):.3f} bits per {_dimension(name)}. Lower is better."
            )
    return name
