"""Compare: how much each pixel of one test digit surprises each model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.compare import words as compare_words
from pages.compare.figures import begin
from pages.compare.pair import Pair, unseen
from pages.shared.controls import one_of, whole_number
from pages.shared.loaded import loaded
from pages.shared.turns import short_job
from widgets.pixel_grid.widget import pixel_grid

if TYPE_CHECKING:
    from pixelcnn.scores.paired import PairedScores

BY_CLASS, A_LEADS, B_LEADS = "by class", "A leads", "B leads"
_FIRST_DIGIT = 7
_WIDTH = 380
# Purple where A pays more, green where B does, white where neither does.
_WHO_PAYS = "PRGn_r"


@st.cache_data(show_spinner=False, max_entries=256)
@short_job
def _surprise(model: str, index: int) -> NDArray[np.float64]:
    """Bits that each pixel of an unseen digit costs: `(H, W)`."""
    from pixelcnn.introspect.counterfactual import surprise

    network, split = loaded(model).model, unseen(model)
    labels = split.labels[index : index + 1] if network.config.classes else None
    costs: NDArray[np.float64] = surprise(network, split.images[index : index + 1], labels).numpy()
    return costs[0, 0]


@st.fragment
def section(pair: Pair) -> None:
    """The controls and the three maps; only this fragment reruns when the digit changes."""
    st.header("Where do they differ?")
    st.markdown(compare_words.MAPS)
    split = unseen(pair.first)
    index = _choose_digit(pair, split.labels.numpy())
    first, second = (_surprise(name, index) for name in pair)
    difference = first - second
    highest = max(1.0, float(first.max()), float(second.max()))
    furthest = max(1.0, float(np.abs(difference).max()))
    shared = {
        "unit": "bits",
        "digits": 2,
        "overlay": split.images[index, 0].numpy(),
        "outline": True,
        "link": "compare",
        "report": False,
        "max_width": _WIDTH,
    }
    places = st.columns(3, gap="medium")
    for place, costs, letter in zip(places[::2], (first, second), "AB", strict=True):
        with place:
            pixel_grid(
                costs,
                title=f"Surprise of {letter}: {costs.sum():.1f} bits",
                limits=(0.0, highest),
                key=f"surprise-{letter}",
                **shared,
            )
    with places[1]:
        pixel_grid(
            difference,
            title=f"A − B: {compare_words.signed(difference.sum(), 1)} bits",
            limits=(-furthest, furthest),
            colormap=_WHO_PAYS,
            ends=("B pays more", "A pays more"),
            key="surprise-difference",
            **shared,
        )
    st.markdown(compare_words.maps_in_words(difference))


def _choose_digit(pair: Pair, labels: NDArray[np.int64]) -> int:
    """Index of the chosen unseen digit, picked by class or by one model's lead."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = one_of("Test digit", [BY_CLASS, A_LEADS, B_LEADS], key="pick")
        if by == BY_CLASS:
            digit = st.selectbox(
                "Digit",
                list(range(int(labels.max()) + 1)),
                index=_FIRST_DIGIT,
                key="digit",
                bind="query-params",
                width=100,
            )
            candidates = np.flatnonzero(labels == digit)
        else:
            candidates = _by_lead(pair, by == A_LEADS)
        if not len(candidates):
            st.markdown("The test digits are still being scored; meanwhile, here is the first one.")
            return 0
        which = whole_number("Example", 0, len(candidates) - 1, key="example", width=130)
    return int(candidates[which])


def _by_lead(pair: Pair, ours: bool) -> NDArray[np.int64]:
    """Indices of all digits by one model's lead, largest first; empty until all are scored."""
    scores: PairedScores | None = begin(pair).scores.latest
    if scores is None or not scores.done:
        return np.empty(0, np.int64)
    lead = (scores.theirs - scores.ours).numpy() * (1 if ours else -1)
    return np.argsort(-lead)
