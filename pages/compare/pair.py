"""Compare: the two models, and their samples from the same random numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.shared import common
from pages.shared.loaded import loaded
from pages.shared.seeds import EACH, choose_seed, next_seed, seeds_from
from widgets.pairs.widget import pairs

if TYPE_CHECKING:
    from pixelcnn.data.dataset import Split
    from pixelcnn.models.base import AutoregressiveModel
    from pixelcnn.scores.recorded import Record

PAIRS = 12
_USUAL_SECOND = "mnist-threshold-pixelcnn"
_COULD_BE_TOLD = 10


@dataclass(frozen=True)
class Pair:
    """The two models, A and B, by name."""

    first: str
    second: str

    def __iter__(self) -> Iterator[str]:
        return iter((self.first, self.second))

    @property
    def configs(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return common.model_config(self.first), common.model_config(self.second)

    @property
    def networks(self) -> tuple[AutoregressiveModel, AutoregressiveModel]:
        return loaded(self.first).model, loaded(self.second).model

    @property
    def black_and_white(self) -> bool:
        """Whether they draw digits of the form that the classifier and the baselines learned."""
        from pixelcnn.scores.paired import binarization

        first = self.configs[0]
        form = (first["levels"], first["height"], first["width"])
        binarized = binarization(common.models()[self.first].card)
        return form == (2, 28, 28) and binarized == "threshold"

    @property
    def listens(self) -> tuple[bool, bool]:
        """Which of the two take a label."""
        first, second = self.configs
        return bool(first["classes"]), bool(second["classes"])


def choose_pair() -> Pair | None:
    """The choice of both models in the sidebar; None if there is only one."""
    first = common.choose_model()
    others = [name for name in common.models() if name != first]
    if not others:
        return None
    usual = others.index(_USUAL_SECOND) if _USUAL_SECOND in others else 0
    with st.sidebar:
        second = st.selectbox(
            "Compared with", others, index=usual, key="against", bind="query-params"
        )
    return Pair(first, second)


def why_not(pair: Pair) -> list[str]:
    """The reasons why the two cannot be compared, one sentence each; empty if they can."""
    from pixelcnn.scores.paired import obstacles

    known = common.models()
    first, second = pair.configs
    reasons = obstacles(first, known[pair.first].card, second, known[pair.second].card)
    if not reasons and first["channels"] != 1:
        reasons = ["Both models draw in colour, but the test digits are grey."]
    if not reasons and first["height"] != first["width"]:
        reasons = [
            "These models draw pictures that are not square, but the test digits are square."
        ]
    return reasons


@st.cache_resource(show_spinner=False)
def unseen_as(levels: int, size: int, binarize: str) -> Split:
    """Test digits in a given form; no model here was trained on them."""
    from pixelcnn.scores.unseen import unseen_digits

    return unseen_digits(levels, size, binarize)


def unseen(model: str) -> Split:
    """The unseen test digits in a model's form."""
    from pixelcnn.scores.paired import binarization

    config = common.model_config(model)
    return unseen_as(config["levels"], config["height"], binarization(common.models()[model].card))


@st.cache_resource(show_spinner=False)
def record(model: str) -> Record | None:
    """The recorded scores of a shipped model, if there are any."""
    from pixelcnn.scores.recorded import read_record

    shipped = common.shipped_models().get(model)
    return read_record(model, shipped.path) if shipped else None


# ---------------------------------------------------------------- the pictures


def samples(pair: Pair) -> None:
    """The controls, and the two sheets of pictures."""
    label = EACH
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = choose_seed(
            "Seed", "It determines all random numbers. Both models get the same ones."
        )
        if any(pair.listens):
            label = st.selectbox(
                "Label",
                [EACH, *map(str, range(_COULD_BE_TOLD))],
                key="label",
                bind="query-params",
                width=150,
                help="Which digit to ask for. It affects only models trained with labels.",
            )
        st.button("Other digits", on_click=next_seed)
    labels = _in_turn(PAIRS) if label == EACH else (int(label),) * PAIRS
    seeds = seeds_from(seed, PAIRS)
    with common.ProgressBar("Both models are drawing ...") as progress:
        drawings = []
        for turn, name in enumerate(pair):

            def advance(done: int, of: int, turn: int = turn) -> None:
                progress(turn * of + done, 2 * of)

            drawings.append(drawn(name, labels if pair.listens[turn] else None, seeds, advance))
    pairs(
        np.stack(drawings),
        (pair.first, pair.second),
        levels=pair.configs[0]["levels"],
        captions=[str(digit) for digit in labels] if all(pair.listens) else [],
        key="pairs",
    )


def drawn(
    model: str,
    labels: tuple[int, ...] | None,
    seeds: tuple[int, ...],
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.uint8]:
    """One picture for each seed: uint8 `(n, 1, H, W)`."""
    usual = seeds == tuple(range(len(seeds))) and labels in (None, _in_turn(len(seeds)))
    known = record(model) if usual else None
    if known and len(seeds) <= len(known.pictures):
        return known.pictures[: len(seeds)]
    return _drawn(model, labels, seeds, progress)


def _in_turn(count: int) -> tuple[int, ...]:
    """The labels 0 to 9 in turn, one for each picture."""
    return tuple(k % _COULD_BE_TOLD for k in range(count))


@st.cache_data(show_spinner=False, max_entries=128)
def _drawn(
    model: str, labels: tuple[int, ...] | None, seeds: tuple[int, ...], _progress: Any
) -> NDArray[np.uint8]:
    import torch

    from pixelcnn.film.grids import uniforms_of
    from pixelcnn.sampling.drawing import sample

    one = loaded(model)
    images: NDArray[np.uint8] = sample(
        one.model,
        len(seeds),
        labels=None if labels is None else torch.tensor(labels),
        uniforms=uniforms_of(one.model, seeds),
        engine=one.engine,
        progress=_progress,
    ).numpy()
    return images
