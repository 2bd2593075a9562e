"""Experiments: changes that the sources report, repeated here with error bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.experiments import charts as experiments_charts, live as experiments_live
from pages.experiments.questions import QUESTIONS
from pages.experiments.words import HOW, LEAD, OVERVIEW, QUESTION, READ, TRY
from pages.shared import common, launcher as train_launcher, owner as train_owner
from pages.shared.quiz import quiz

if TYPE_CHECKING:
    from pixelcnn.experiments.definition import Experiment
    from pixelcnn.experiments.results import Result
    from pixelcnn.experiments.summary import Difference, Summary

_POLL_S = 0.5
_LAYOUT = [2, 1]
_NO_BREAK = "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}"


@st.cache_data(show_spinner=False, ttl=60)
def results(name: str) -> list[Result]:
    """The committed results of an experiment; read again every minute, as new ones may arrive."""
    from pixelcnn.experiments.catalogue import find_experiment
    from pixelcnn.experiments.results import committed

    return committed(find_experiment(name))


def choose() -> Experiment:
    """The experiment to show; the choice is kept in the address."""
    from pixelcnn.experiments.catalogue import EXPERIMENTS

    by_title = {experiment.title: experiment for experiment in EXPERIMENTS.values()}
    title = st.selectbox("Experiment", list(by_title), key="experiment", bind="query-params")
    return by_title[title]


# ---------------------------------------------------------------- one experiment


def watch(experiment: Experiment) -> None:
    """Plot, conclusion and source; polls while a training is in progress."""
    polling = any(point.active for point in experiments_live.points(experiment))
    st.fragment(show, run_every=_POLL_S if polling else None)(experiment, polling)


def show(experiment: Experiment, polling: bool) -> None:
    """The current state of the experiment; reruns the page when trainings start or end."""
    from pixelcnn.experiments.summary import summarise

    live = experiments_live.points(experiment)
    if any(point.state == "queued" for point in live):
        train_launcher.let_next_begin()
    if any(point.active for point in live) != polling:
        st.rerun()
    rows = results(experiment.name)
    summaries = summarise(experiment, rows)
    plot, words = st.columns(_LAYOUT, gap="medium")
    with plot:
        st.subheader(experiment.question, anchor=False)
        if summaries or any(point.curve for point in live):
            experiments_charts.seeds_chart(
                experiment, summaries, live, key=f"seeds-{experiment.name}"
            )
            st.caption(READ)
        if not rows:
            not_yet(experiment)
        if experiment.note:
            st.markdown(f"**Note.** {experiment.note}")
    with words:
        if rows:
            tell_conclusion(experiment, rows)
        experiments_live.controls(experiment, live)
        tell_reported(experiment)


def not_yet(experiment: Experiment) -> None:
    """An experiment without results."""
    from pixelcnn.experiments.results import command

    st.info("This experiment has not been run completely yet. To run it:")
    st.code(command(experiment, commit=True), language="bash", wrap_lines=True)


def tell_conclusion(experiment: Experiment, rows: list[Result]) -> None:
    """The conclusion, computed from the results."""
    from pixelcnn.experiments.summary import conclusion

    seeds = len({row.seed for row in rows})
    with st.container(border=True, key="experiment-conclusion"):
        st.markdown("**Result**")
        sentence = conclusion(experiment, rows)
        for part in sentence.split("; "):
            st.markdown(part.replace(" ± ", _NO_BREAK))
        st.caption(
            f"{seeds} seeds, {experiment.images:,} digits each. ± is a 95 % confidence interval."
        )


def tell_reported(experiment: Experiment) -> None:
    """The finding of a source."""
    reported = experiment.reported
    with st.container(border=True, key="experiment-reported"):
        st.markdown("**Reported elsewhere**")
        if not reported.found:
            st.markdown("No source known to us compares this.")
            return
        st.markdown(reported.found)
        if reported.figures:
            st.markdown(" · ".join(f"{what} **{much}**" for what, much in reported.figures))
        st.caption("; ".join(filter(None, [reported.unit, reported.source])) + ".")


def table(experiment: Experiment, summaries: list[Summary], effects: list[Difference]) -> None:
    """The figures behind the plot."""
    import pandas as pd

    from pixelcnn.experiments.summary import signed

    against = {effect.variant: effect for effect in effects}
    rows = []
    for summary in summaries:
        effect = against.get(summary.variant)
        rows.append(
            {
                "": summary.variant,
                "nats per image": f"{summary.nats:.2f}",
                "standard error": f"{summary.stderr:.2f}",
                "bits per pixel": f"{summary.bits_per_dim:.4f}",
                f"against {experiment.reference.name}": (
                    f"{signed(effect.mean)} ± {effect.half:.2f}" if effect else ""
                ),
                "weights": f"{summary.parameters:,}",
                "blind spot": f"{100 * summary.blind_share:.1f} %",
                "images/s": f"{summary.images_per_second:.0f}",
            }
        )
    frame = pd.DataFrame(rows)
    if experiment.measure == "share":
        frame.insert(1, "% of the surprise left", [f"{summary.mean:.1f}" for summary in summaries])
        frame = frame.rename(columns={"standard error": "standard error (% left)"})
    st.table(frame.set_index(""), border="horizontal")


def details(experiment: Experiment) -> None:
    """The table of figures, and the command that reproduces them."""
    from pixelcnn.experiments.results import command
    from pixelcnn.experiments.summary import differences, summarise

    rows = results(experiment.name)
    if not rows:
        return
    table(experiment, summarise(experiment, rows), differences(experiment, rows))
    hardware = ", ".join(sorted({f"{row.hardware} ({row.device})" for row in rows}))
    dates = sorted({row.date for row in rows})
    st.markdown(
        f"Trained on {dates[-1]} with {experiment.base.train.steps} steps of "
        f"{experiment.base.train.batch_size} images each, on {hardware}. Images/s also depend on "
        "the computer's other load. To repeat it:"
    )
    st.code(command(experiment), language="bash", wrap_lines=True)


# ---------------------------------------------------------------- all experiments


def overview() -> None:
    """Every difference in one chart."""
    from pixelcnn.experiments.catalogue import EXPERIMENTS
    from pixelcnn.experiments.results import command
    from pixelcnn.experiments.summary import differences

    effects: list[Difference] = []
    missing = []
    for experiment in EXPERIMENTS.values():
        differing = differences(experiment, results(experiment.name))
        effects += differing
        if not differing:
            missing.append(experiment)
    st.header("All experiments", anchor=False)
    if effects:
        st.markdown(OVERVIEW)
        experiments_charts.effects_chart(effects, key="effects")
    if missing:
        st.markdown(f"Not run yet: {', '.join(experiment.title for experiment in missing)}.")
        lines = [command(experiment, commit=True) for experiment in missing]
        with st.expander("Commands to run them"):
            st.code("\n".join(lines), language="bash", wrap_lines=True)


# ---------------------------------------------------------------- the page

common.lesson(QUESTION, LEAD)
train_owner.remember_browser()
with common.explained():
    chosen = choose()
    watch(chosen)
    details(chosen)
    overview()
st.header("Method", anchor=False)
st.markdown(HOW)
st.header("What to try", anchor=False)
st.markdown(TRY)
train_launcher.launcher().warm()
quiz("experiments", QUESTIONS)
