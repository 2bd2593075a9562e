"""Compare: "Which is real?", a game against one of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.compare import words_scores as words
from pages.compare.jobs import Job, jobs
from pages.compare.pair import Pair, drawn, unseen
from pages.compare.scores import Stage, scoring
from pages.shared.controls import one_of
from pages.shared.seeds import HIGHEST_SEED, choose_seed, next_seed, seeds_from
from widgets.which_real.widget import which_real

if TYPE_CHECKING:
    from pixelcnn.scores.intervals import Interval

# Far from the seeds of the pictures above: those would give the answer away.
_FIRST_SEED = 5000


def section(pair: Pair) -> None:
    """The game, and its result."""
    st.header("Which is real?")
    st.markdown(words.GAME)
    _game(pair)


@st.fragment
def _game(pair: Pair) -> None:
    from pixelcnn.scores.which_real import deal

    with st.container(horizontal=True, vertical_alignment="bottom"):
        versus = one_of("Against", ["A", "B"], key="versus")
        seed = choose_seed(
            "Game", "Everyone who enters the same number gets the same pictures.", key="game"
        )
        st.button("Another game", on_click=next_seed, args=("game",))
    name = pair.first if versus == "A" else pair.second
    split = unseen(name)
    dealt = deal(len(split.images), seed)
    labels = split.labels[dealt.real]
    listens = pair.listens["AB".index(versus)]
    pictures = drawn(
        name,
        tuple(labels.tolist()) if listens else None,
        seeds_from((_FIRST_SEED + len(dealt.real) * seed) % (HIGHEST_SEED + 1), len(dealt.real)),
    )
    hits = which_real(
        dealt.laid_out(split.images[dealt.real].numpy(), pictures),
        dealt.sides.tolist(),
        levels=pair.configs[0]["levels"],
        game=f"{name}, {seed}",
        key="which-real",
    )
    if hits is not None:
        _result(pair, versus, hits, len(dealt.real))


def _result(pair: Pair, versus: str, hits: int, of: int) -> None:
    """The result with its interval, and the discriminator's score."""
    from pixelcnn.scores.intervals import share_interval

    st.markdown(words.result(hits, of, share_interval(hits, of)))
    if not pair.black_and_white:
        return
    job: Job[Stage] | None = jobs().known(("samples", pair))
    if job is None:
        scoring(pair)
        st.rerun()  # the section above polls the job, and reruns the page at the end
    scores = job.latest.sets.get(versus) if job.latest else None
    if scores is None:
        st.markdown("The discriminator is still training; its score will appear here.")
        return
    network: Interval = scores.verdict.pairs
    st.markdown(words.discriminator(network, scores.verdict.tested))
