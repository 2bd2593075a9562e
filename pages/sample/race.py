"""A race on the page Sample: the textbook loop against the lab's sampler, both timed."""

from __future__ import annotations

import streamlit as st

from pages.sample.film import Options
from pages.shared import common, turns
from pages.shared.loaded import loaded
from pixelcnn.sampling.race import Race, race
from widgets.player_race.widget import player_race

_SECONDS = 2.0
_RACE = "race"


def section(options: Options) -> None:
    """The section, with its button; each press runs a new race."""
    st.header("How can it be so fast?")
    st.markdown(
        "The loop above runs the whole network again for every pixel, although almost nothing has "
        "changed. The lab's sampler **caches** earlier results and computes only the new pixel's "
        "part. The random numbers are the same, and so is the digit. Race both on this computer:"
    )
    if st.button("Start the race"):
        st.session_state[_RACE] = (options, _run(options))
    raced_with, result = st.session_state.get(_RACE, (None, None))
    if result is None or raced_with != options:
        return
    _show(result, common.model_config(options.model)["levels"])


def _run(options: Options) -> Race:
    one = loaded(options.model)
    label = options.label
    if label is None and common.model_config(options.model)["classes"]:
        label = 0
    with (
        common.ProgressBar("The textbook loop is drawing ...") as progress,
        turns.long_turn(progress),
    ):
        return race(
            one.model,
            one.engine,
            label=label,
            temperature=options.temperature,
            seed=options.seed,
            seconds=_SECONDS,
            progress=lambda share: progress(int(100 * share), 100),
        )


def _show(result: Race, levels: int) -> None:
    player_race(
        result.image,
        levels=levels,
        seconds=(result.naive_whole_seconds, result.fast_seconds),
        names=("The whole network for each pixel", "Earlier results cached"),
        measured_rows=(result.naive_rows, result.image.shape[1]),
        key="race_film",
    )
    height = result.image.shape[1]
    measured = (
        f"The textbook loop drew all {height} rows."
        if result.finished
        else f"The textbook loop drew {result.naive_rows} of {height} rows in "
        f"{result.naive_seconds:.1f} seconds; the time for the whole digit is extrapolated, since "
        "each pixel takes the same time. The picture plays at that speed."
    )
    same = (
        "Both drew the same pixels."
        if result.equal
        else "One random number fell so close to a threshold that rounding tipped it the other way."
    )
    st.markdown(
        f"{_time(result.naive_whole_seconds)} against {_time(result.fast_seconds)}: "
        f"**{result.times_faster:,.0f} times faster**. {measured} {same}"
    )


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"
