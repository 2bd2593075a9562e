"""Compare: which two models, and what both of them drew from the same random numbers."""

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
        """The options of both."""
        return common.model_config(self.first), common.model_config(self.second)

    @property
    def networks(self) -> tuple[AutoregressiveModel, AutoregressiveModel]:
        """Both, loaded."""
        return loaded(self.first).model, loaded(self.second).model

    @property
    def black_and_white(self) -> bool:
        """Whether they draw what the digit classifier and the baselines have learned."""
        from pixelcnn.scores.paired import binarization

        first = self.configs[0]
        form = (first["levels"], first["height"], first["width"])
        made = binarization(common.models()[self.first].card)
        return form == (2, 28, 28) and made == "threshold"

    @property
    def listens(self) -> tuple[bool, bool]:
        """Which of them are told a label."""
        first, second = self.configs
        return bool(first["classes"]), bool(second["classes"])


def choose_pair() -> Pair | None:
    """The choice of both models in the sidebar; None where there is but one."""
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
    """Why the two cannot be compared, a sentence each; empty if they can."""
    from pixelcnn.scores.paired import obstacles

    known = common.models()
    first, second = pair.configs
    found = obstacles(first, known[pair.first].card, second, known[pair.second].card)
    if not found and first["channels"] != 1:
        found = ["Both draw in colour, and the digits to measure them with are grey."]
    if not found and first["height"] != first["width"]:
        found = ["Their pictures are not square, and the digits to measure them with are."]
    return found


@st.cache_resource(show_spinner=False)
def unseen_as(levels: int, size: int, binarize: str) -> Split:
    """Test digits, in a certain form, that no model here has learned from."""
    from pixelcnn.scores.unseen import unseen_digits

    return unseen_digits(levels, size, binarize)


def unseen(model: str) -> Split:
    """The same in a model's form."""
    from pixelcnn.scores.paired import binarization

    config = common.model_config(model)
    return unseen_as(config["levels"], config["height"], binarization(common.models()[model].card))


@st.cache_resource(show_spinner=False)
def record(model: str) -> Record | None:
    """What was measured beforehand of a shipped model, if it was."""
    from pixelcnn.scores.recorded import read_record

    one = common.shipped_models().get(model)
    return read_record(model, one.path) if one else None


# ---------------------------------------------------------------- the pictures


def samples(pair: Pair) -> None:
    """The controls, and the two sheets of pictures."""
    label = EACH
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = choose_seed(
            "Seed", "The number that all random numbers grow from. Both models get the same ones."
        )
        if any(pair.listens):
            label = st.selectbox(
                "Label",
                [EACH, *map(str, range(_COULD_BE_TOLD))],
                key="label",
                bind="query-params",
                width=150,
                help="Which digit a model that learned with labels is told to draw.",
            )
        st.button("Other digits", on_click=next_seed)
    told = _in_turn(PAIRS) if label == EACH else (int(label),) * PAIRS
    seeds = seeds_from(seed, PAIRS)
    with common.ProgressBar("Both are drawing ...") as progress:
        drawings = []
        for turn, name in enumerate(pair):

            def advance(done: int, of: int, turn: int = turn) -> None:
                progress(turn * of + done, 2 * of)

            drawings.append(drawn(name, told if pair.listens[turn] else None, seeds, advance))
    pairs(
        np.stack(drawings),
        (pair.first, pair.second),
        levels=pair.configs[0]["levels"],
        captions=[str(one) for one in told] if all(pair.listens) else [],
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
    """The label of each picture if all have their turn."""
    return tuple(k % _COULD_BE_TOLD for k in range(count))


@st.cache_data(show_spinner=False, max_entries=128)
def _drawn(
    model: str, labels: tuple[int, ...] | None, seeds: tuple[int, ...], _progress: Any
) -> NDArray[np.uint8]:
    import torch

    from pixelcnn.film.grids import uniforms_of
    from pixelcnn.sampling.drawing import sample

    one = loaded(model)
    found: NDArray[np.uint8] = sample(
        one.model,
        len(seeds),
        labels=None if labels is None else torch.tensor(labels),
        uniforms=uniforms_of(one.model, seeds),
        engine=one.engine,
        progress=_progress,
    ).numpy()
    return found
