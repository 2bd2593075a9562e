"""An experiment repeated while one watches: its trainings are runs, which wait for their turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.shared import launcher as train_launcher, owner as train_owner
from pages.shared.refusals import refusing, tell_refusal

if TYPE_CHECKING:
    from pixelcnn.experiments.definition import Experiment
    from pixelcnn.experiments.live import LivePoint
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.runs.directory import Run

_RECENT = 60  # runs among which some may still be at work, or belong to this experiment
_PLACE = "experiment-refused"


def points(experiment: Experiment) -> list[LivePoint]:
    """All trainings of this experiment on this server, the oldest first."""
    from pixelcnn.errors import LabError
    from pixelcnn.experiments.live import belongs
    from pixelcnn.runs.store import list_runs

    found = []
    for run in reversed(list_runs()[:_RECENT]):
        try:
            config = _config(str(run.path))
            if belongs(config, experiment):
                found.append(_point(experiment, run, config))
        except LabError:  # deleted or damaged: nothing to show
            continue
    return found


def _point(experiment: Experiment, run: Run, config: RunConfig) -> LivePoint:
    from pixelcnn.experiments.live import live_point

    kept = _finished_points()
    if run.id not in kept:
        baselines = _per_pixel(experiment.name) if experiment.measure == "share" else {}
        point = live_point(experiment, run, config, baselines)
        if point.active:
            return point
        kept[run.id] = point
    return kept[run.id]


@st.cache_resource(show_spinner=False, max_entries=512)
def _config(path: str) -> RunConfig:
    from pixelcnn.runs.directory import Run

    return Run(path).config


@st.cache_resource(show_spinner=False)
def _finished_points() -> dict[str, LivePoint]:
    """Points that will not move any more, by their run."""
    return {}


@st.cache_resource(show_spinner=False)
def _per_pixel(name: str) -> dict[str, float]:
    """The score of each pixel on its own, for each variant of an experiment."""
    from pixelcnn.data.registry import load_data
    from pixelcnn.experiments.catalogue import find_experiment
    from pixelcnn.metrics import bernoulli_baseline

    experiment = find_experiment(name)
    configs = {one.name: experiment.config(one, 0) for one in experiment.variants}
    return {
        variant: bernoulli_baseline(load_data(config.data, **config.data_options)).nats
        for variant, config in configs.items()
    }


# ---------------------------------------------------------------- starting and stopping


def begin(experiment: Experiment) -> None:
    """Queue a training of each variant, with the seed begun last if it lacks some, or a new one."""
    from pixelcnn.experiments.live import live_config, next_trainings
    from pixelcnn.runs.queue import enqueue
    from pixelcnn.runs.store import create_run

    with refusing(_PLACE):
        for variant, seed in next_trainings(experiment, points(experiment)):
            run = create_run(None, live_config(experiment, variant, seed))
            train_owner.claim(run)
            enqueue(run, starter=train_launcher.launcher())


def stop(experiment: Experiment) -> None:
    """Stop this visitor's trainings of the experiment."""
    from pixelcnn.runs.queue import withdraw

    for point in points(experiment):
        if point.active and train_owner.may_control(point.run) and not withdraw(point.run):
            point.run.control("stop")


# ---------------------------------------------------------------- on screen


def controls(experiment: Experiment, found: list[LivePoint]) -> None:
    """The button, and how far the trainings are."""
    active = [point for point in found if point.active]
    if not active:
        _offer(experiment, found)
    elif any(train_owner.may_control(point.run) for point in active):
        st.button(
            "Stop",
            on_click=stop,
            args=(experiment,),
            icon=":material/stop:",
            width="stretch",
            key="experiment-stop",
        )
    else:
        st.caption("Somebody else is repeating this experiment now. Watch their points move.")
    for point in active:
        st.progress(min(1.0, point.progress), _how_far(experiment, point))
    for point in found[-1:]:
        if point.state == "failed":
            st.error(f"The training failed. {point.run.status().message}")
    tell_refusal(_PLACE)


def _offer(experiment: Experiment, found: list[LivePoint]) -> None:
    st.button(
        "Run it live",
        on_click=begin,
        args=(experiment,),
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        key="experiment-run",
    )
    text = (
        f"Trains all {len(experiment.variants)} once more on this server, "
        f"{experiment.base.train.steps} steps each, with a seed that was not tried yet."
    )
    done = len({point.seed for point in found if point.finished})
    if done:
        text += f" So far {done} more seed{'s' * (done > 1)}: the green diamonds."
    st.caption(text)


def _how_far(experiment: Experiment, point: LivePoint) -> str:
    from pixelcnn.runs.queue import position

    if point.state == "queued":
        before = position(point.run)
        return f"{point.variant}: waiting for its turn" + (
            f", {before} before it" if before else ""
        )
    if not point.curve:
        return f"{point.variant}: starting"
    steps = experiment.base.train.steps or 0
    return f"{point.variant}: step {round(point.progress * steps)} of {steps}"
