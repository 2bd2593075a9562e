"""Compare: every score of both models, what it means and when it misleads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.compare import words_scores as compare_words_scores
from pages.compare.figures import begin
from pages.compare.jobs import Job, jobs
from pages.compare.pair import Pair, unseen
from pages.compare.words import number
from pages.compare.words_scores import ScoreText
from pages.shared import common
from pages.shared.loaded import loaded
from pages.shared.turns import short_job
from pixelcnn.errors import ConfigError
from pixelcnn.system.plain_text import plain
from pixelcnn.system.shipped import CLASSIFIER
from widgets.endings.widget import endings

if TYPE_CHECKING:
    from pixelcnn.compression.recorded import FileSizes
    from pixelcnn.scores.classifier import DigitClassifier
    from pixelcnn.scores.report import SetScores

A, B, REAL = "A", "B", "real digits"
_TICK = 1.0  # seconds
_SHOWN = 4  # samples of each model
_SEED = 0
_STYLE = """<style>
.scores { display: flex; flex-wrap: wrap; gap: 0.3rem 1.6rem; font-variant-numeric: tabular-nums; }
.scores div { display: flex; flex-direction: column; }
.scores b { font-size: 1.5rem; line-height: 1.3; }
</style>"""

Numbers = list[tuple[str, str, str]]
"""Rows of (model, value, interval or empty)."""


@dataclass(frozen=True)
class Stage:
    """Progress of the scoring.

    Attributes:
        done, of: pieces of work.
        words: the current step.
        sets: the scores so far, by `A`, `B` and `REAL`.
    """

    done: int
    words: str
    sets: dict[str, SetScores] = field(default_factory=dict)
    of: int = 5


@st.cache_resource(show_spinner=False)
def _classifier() -> DigitClassifier:
    from pixelcnn.scores.classifier import load_classifier

    return load_classifier(CLASSIFIER)[0]


def scoring(pair: Pair) -> Job[Stage]:
    """The job that draws pictures from both models and scores them, started if it is new."""
    from pixelcnn.sampling.drawing import sample
    from pixelcnn.sampling.engines import make_engine
    from pixelcnn.scores.report import score_sets
    from pixelcnn.scores.unseen import unseen_digits

    networks, real, compiling = pair.networks, unseen(pair.first), common.warm_up()
    training, classifier = common.digits(2, 28).train.images, _classifier()
    count = len(real.images)

    def work() -> Iterator[Stage]:
        yield Stage(0, f"A draws {count} pictures ...")
        compiling.join()
        drawn = []
        for done, network in enumerate(networks, 1):
            labels = real.labels if network.config.classes else None
            engine = make_engine(network, "auto")
            drawn.append(sample(network, count, labels=labels, seed=_SEED, engine=engine))
            yield Stage(done, f"B draws {count} pictures ..." if done == 1 else "Scoring A ...")
        sets = {A: drawn[0], B: drawn[1], REAL: unseen_digits(others=True).images}
        words = ["Scoring B ...", "Scoring real digits ...", "Done."]
        for at, scores in enumerate(score_sets(sets, real.images, training, classifier)):
            yield Stage(3 + at, words[at], scores)

    return jobs().start(("samples", pair), work)


def section(pair: Pair) -> None:
    """The cards of the likelihood scores and of the sample scores."""
    st.header("What do the scores say, and when do they mislead?")
    st.html(_STYLE)
    _likelihood(pair)
    st.subheader("How real do the pictures look?", anchor=False)
    if not pair.black_and_white:
        st.info(compare_words_scores.SCORES_NEED)
        return
    st.markdown(compare_words_scores.SAMPLE_SCORES)
    job: Job[Stage] | None = jobs().known(("samples", pair))
    polling = job is not None and not job.done
    st.fragment(_samples, run_every=_TICK if polling else None)(pair, job, polling)


# ---------------------------------------------------------------- likelihood


def _likelihood(pair: Pair) -> None:
    from pixelcnn.metrics import perplexity_per_pixel, uniform_baseline

    scores = begin(pair).scores.latest
    if scores is None or not scores.done:
        st.markdown("The test digits are still being scored; the figures above show the progress.")
        return
    dims = scores.dims
    guess = uniform_baseline(pair.configs[0]["levels"], dims)
    alone = dict(zip((A, B), scores.alone, strict=True))
    units = (
        (lambda nats: nats, 1, guess.nats),
        (lambda nats: nats * scores.bits, 4, guess.bits_per_dim),
        (lambda nats: perplexity_per_pixel(nats, dims), 4, guess.perplexity_per_pixel),
    )
    columns = st.columns(3, gap="small")
    for place, text, (unit, digits, blind) in zip(
        columns, compare_words_scores.LIKELIHOOD_SCORES, units, strict=True
    ):
        numbers: Numbers = [
            (
                who,
                number(unit(interval.value), digits),
                f"{number(unit(interval.low), digits)} to {number(unit(interval.high), digits)}",
            )
            for who, interval in alone.items()
        ]
        numbers.append(("blind guess", number(blind, digits), ""))
        with place:
            _card(text, numbers)
    st.markdown(compare_words_scores.huge_perplexity(scores))
    _files(pair)


@st.cache_data(show_spinner="Writing files with each model ...")
@short_job
def _sizes(name: str) -> FileSizes | None:
    """Bytes of a digit's file; None for a network that the executor cannot run."""
    from pixelcnn.compression.recorded import file_sizes, recorded_sizes

    known = recorded_sizes(name) if name in common.shipped_models() else None
    if known is not None:
        return known
    split = unseen(name)
    network = loaded(name).model
    try:
        labels = split.labels if network.config.classes else None
        return file_sizes(network, split.images, labels)
    except ConfigError:
        return None


def _files(pair: Pair) -> None:
    sizes = [(who, _sizes(name)) for who, name in zip((A, B), pair, strict=True)]
    measured = [(who, found) for who, found in sizes if found is not None]
    if not measured:
        return
    numbers: Numbers = [(who, number(found.own, 2), "") for who, found in measured]
    found = measured[0][1]
    for name in dict.fromkeys(("PNG", found.best)):
        numbers.append((name, number(found.general[name], 1), ""))
    _card(compare_words_scores.FILE_SCORE, numbers)


# ---------------------------------------------------------------- pictures


def _samples(pair: Pair, job: Job[Stage] | None, polling: bool) -> None:
    if job is None:
        count = len(unseen(pair.first).images)
        if st.button(
            f"Draw {count} pictures with each model and score them", type="primary", key="score"
        ):
            scoring(pair)
            st.rerun()  # from now on the page polls the job
        return
    if polling and job.done:
        st.rerun()  # stop polling
    if not job.done:
        stage = job.latest
        st.progress(
            stage.done / stage.of if stage else 0.0, stage.words if stage else "Waiting ..."
        )
    if job.error:
        st.error(plain(job.error))
    if job.latest and len(job.latest.sets) == len((A, B, REAL)):
        _show(pair, job.latest.sets)


def _show(pair: Pair, sets: dict[str, SetScores]) -> None:
    numbers: list[Numbers] = [
        [(who, f"{scores.frechet:.1f}", "") for who, scores in sets.items()],
        [(who, f"{scores.classes:.2f}", "") for who, scores in sets.items()],
        [
            (who, f"{scores.verdict.accuracy.value:.0%}", _range(scores.verdict.accuracy))
            for who, scores in sets.items()
        ],
        [
            (who, f"{scores.among.precision:.0%} · {scores.among.recall:.0%}", "")
            for who, scores in sets.items()
        ],
    ]
    for row in range(0, len(numbers), 2):
        for place, text, values in zip(
            st.columns(2, gap="small"),
            compare_words_scores.PICTURE_SCORES[row : row + 2],
            numbers[row : row + 2],
            strict=True,
        ):
            with place:
                _card(text, values)
    with st.container(border=True):
        _text_and_values(
            compare_words_scores.NEAREST,
            [(who, f"{scores.typical:.0f} pixels", "") for who, scores in sets.items()],
        )
        for place, who in zip(st.columns(2, gap="medium"), (A, B), strict=True):
            with place:
                _neighbours(who, sets[who])


def _neighbours(who: str, scores: SetScores) -> None:
    """A few samples above the training digits closest to them."""
    training, labels = common.digits(2, 28).train
    closest = scores.closest(labels, _SHOWN)
    drawn = scores.images[closest].numpy()
    known = training[scores.nearest[closest]].numpy()
    endings(
        np.concatenate([drawn, known]),
        np.ones(drawn.shape[2:], bool),
        levels=2,
        captions=[""] * len(closest) + [f"{int(pixels)}" for pixels in scores.differ[closest]],
        columns=len(closest),
        max_width=420,
        legend=False,
        label=f"Pictures by {who}; below each, the closest training digit",
        key=f"nearest-{who}",
    )
    st.caption(
        f"Above: the pictures by {who} that are closest to a training digit, one per class. Below: "
        "that digit, and how many pixels differ."
    )


def _range(interval: tuple[float, float, float]) -> str:
    return f"{interval[1]:.0%} to {interval[2]:.0%}"


def _card(text: ScoreText, numbers: Numbers) -> None:
    with st.container(border=True, height="stretch"):
        _text_and_values(text, numbers)


def _text_and_values(text: ScoreText, numbers: Numbers) -> None:
    st.markdown(f"**{text.title}** · {text.better}")
    cells = "".join(
        f"<div><span>{who}</span><b>{value}</b><small>{interval}</small></div>"
        for who, value, interval in numbers
    )
    st.html(f'<div class="scores">{cells}</div>')
    st.markdown(f"**Means:** {text.means}  \n**Misleads when** {text.lies}")
