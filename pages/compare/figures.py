"""Compare: the headline figures of both models, and their difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.compare import words as compare_words
from pages.compare.jobs import Job, ending, jobs
from pages.compare.pair import Pair, record, unseen
from pages.shared import common
from pages.shared.loaded import loaded
from pixelcnn.models.parameters import count_parameters
from pixelcnn.system.plain_text import plain

if TYPE_CHECKING:
    from pixelcnn.causality.reach import PixelReport
    from pixelcnn.scores.intervals import Interval
    from pixelcnn.scores.paired import PairedScores

_TICK = 1.0  # seconds
_LOOK_S = 0.5
_ROUNDS = 3  # of drawing, to time it: enough for two significant digits
COLUMNS = (5, 3, 5)


@dataclass(frozen=True)
class Figures:
    """The jobs that compute the figures."""

    centres: Job[tuple[PixelReport, PixelReport]]
    scores: Job[PairedScores]
    times: Job[list[float]]

    @property
    def done(self) -> bool:
        return self.centres.done and self.scores.done and self.times.done


def begin(pair: Pair) -> Figures:
    """Start computing the figures, unless they are known or in progress."""
    from pixelcnn.scores.paired import paired_scores
    from pixelcnn.scores.speeds import drawing_times

    networks, split, compiling = pair.networks, unseen(pair.first), common.warm_up()

    def centres() -> Iterator[tuple[PixelReport, PixelReport]]:
        first, second = (
            loaded(name).audit.at(one.config.height // 2, one.config.width // 2)
            for name, one in zip(pair, networks, strict=True)
        )
        yield first, second

    def times() -> Iterator[list[float]]:
        while compiling.is_alive():
            compiling.join(_LOOK_S)
            if ending():
                return  # the server ends, and would wait for this thread
        engines = [loaded(name).engine for name in pair]
        yield drawing_times(networks, engines, rounds=_ROUNDS)

    return Figures(
        jobs().start(("centres", pair), centres),
        _known_scores(*pair)
        or jobs().start(("scores", pair), lambda: paired_scores(*networks, split)),
        jobs().start(("times", pair), times),
    )


@st.cache_resource(show_spinner=False)  # the intervals take a fifth of a second
def _known_scores(first: str, second: str) -> Job[PairedScores] | None:
    """The recorded scores of two shipped models; None if either has no record."""
    import torch

    from pixelcnn.scores.paired import PairedScores

    records = [record(name) for name in (first, second)]
    if None in records:
        return None
    ours, theirs = (torch.from_numpy(scored.nats) for scored in records if scored)
    config, other = common.model_config(first), common.model_config(second)
    dims, classes = config["height"] * config["width"], (config["classes"], other["classes"])
    return Job.finished(PairedScores(ours, theirs, dims, len(ours), classes))


def figures(pair: Pair) -> None:
    """The figures, updated until the measurement is complete."""
    running = begin(pair)
    waiting = not running.done
    st.fragment(_figures, run_every=_TICK if waiting else None)(pair, running, waiting)


def _figures(pair: Pair, running: Figures, waiting: bool) -> None:
    if waiting and running.done:
        st.rerun()  # stop polling, and show the sections that need the figures
    scores = running.scores.latest
    places = st.columns(COLUMNS, gap="medium")
    if error := running.scores.error or running.centres.error or running.times.error:
        st.error(plain(error))
    if scores is None:
        places[1].markdown("Measuring ...")
        return
    for side, (place, interval) in enumerate(zip(places[::2], scores.alone, strict=True)):
        with place:
            bits = interval.times(scores.bits)
            st.metric("Bits per pixel (fewer are better)", f"{bits.value:.4f}")
            st.markdown(
                f"{compare_words.between(bits, 4)}, or {interval.value:.1f} nats per image  \n"
                + _network(pair, running, side)
            )
    with places[1]:
        difference = scores.difference.times(scores.bits)
        st.metric("A − B, digit by digit", compare_words.signed(difference.value, 4))
        st.markdown(
            f"{compare_words.between(difference, 4)}  \n**{compare_words.verdict(scores)}**"
        )
        if not scores.done:
            st.progress(
                len(scores.ours) / scores.of, f"{len(scores.ours)} of {scores.of} test digits"
            )


def _network(pair: Pair, running: Figures, side: int) -> str:
    """Size, speed and blind spot of a model, in one line."""
    parts = [f"parameters: **{count_parameters(pair.networks[side])}**"]
    times, centres = running.times.latest, running.centres.latest
    if times:
        parts.append(f"**{times[side]:.2g} ms** per picture")
    if centres:
        parts.append(f"centre blind to **{centres[side].never}** of {centres[side].legal} pixels")
    return " · ".join(parts)


# ---------------------------------------------------------------- how sure?


def how_sure(pair: Pair) -> None:
    """The two separate intervals, and the paired one, which is the fair comparison."""
    st.header("How sure is the difference?")
    scores: PairedScores | None = begin(pair).scores.latest
    if scores is None or not scores.done:
        st.markdown("The test digits are still being scored; the figures above show the progress.")
        return
    words, chart = st.columns([2, 3], gap="large")
    with words:
        st.markdown(compare_words.how_sure(scores))
    with chart:
        first, second = (interval.times(scores.bits) for interval in scores.alone)
        st.vega_lite_chart(_alone({"A": first, "B": second}))
        st.vega_lite_chart(_together(scores.difference.times(scores.bits)))
    st.markdown(compare_words.fine_print(scores))


def _alone(intervals: dict[str, Interval]) -> dict[str, Any]:
    from widgets.base.colors import role

    colours = [role("model_a").color, role("model_b").color]
    return _bars(intervals, colours, "bits per pixel, each model alone", zero=False)


def _together(difference: Interval) -> dict[str, Any]:
    """The interval of the difference, on an axis that includes zero."""
    from widgets.base.colors import role

    colours = [role("future").color]
    return _bars({"A − B": difference}, colours, "the difference, digit by digit", zero=True)


@st.cache_data(show_spinner=False, max_entries=128)  # 30 ms each, mostly altair's validation
def _bars(
    intervals: dict[str, Interval], colours: list[str], title: str, *, zero: bool
) -> dict[str, Any]:
    """A chart as a Vega-Lite specification."""
    import altair as alt

    rows = [
        {"who": who, "value": bar.value, "low": bar.low, "high": bar.high}
        for who, bar in intervals.items()
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("who:N", title=None, sort=list(intervals)),
        color=alt.Color(
            "who:N", legend=None, scale=alt.Scale(domain=list(intervals), range=colours)
        ),
        tooltip=[
            "who:N",
            *(alt.Tooltip(f"{name}:Q", format=".4f") for name in rows[0] if name != "who"),
        ],
    )
    scale = alt.Scale(zero=zero)
    lines = base.mark_rule(strokeWidth=5, aria=False).encode(
        x=alt.X("low:Q", title=title, scale=scale, axis=alt.Axis(tickCount=5)), x2="high:Q"
    )
    points = base.mark_point(size=150, filled=True, aria=False, opacity=1).encode(
        x=alt.X("value:Q", scale=scale)
    )
    described = f"95 % intervals: {title}."
    chart = (
        (lines + points)
        .properties(height=50 + 40 * len(rows), description=described)
        .configure_axis(labelFontSize=14, titleFontSize=14)
    )
    spec: dict[str, Any] = chart.to_dict()
    return spec
