"""An experiment repeated live: its trainings are runs in the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.shared import launcher as train_launcher, owner as train_owner
from pages.shared.refusals import refusing, tell_refusal
from pixelcnn.system.plain_text import plain

if TYPE_CHECKING:
    from pixelcnn.experiments.definition import Experiment
    from pixelcnn.experiments.live import LivePoint
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.runs.directory import Run

_RECENT = 60  # newest runs searched for those of this experiment
_PLACE = "experiment-refused"


def points(experiment: Experiment) -> list[LivePoint]:
    """All runs of this experiment on this server, the oldest first."""
    from pixelcnn.errors import LabError
    from pixelcnn.experiments.live import belongs
    from pixelcnn.runs.store import list_runs

    points = []
    for run in reversed(list_runs()[:_RECENT]):
        try:
            config = _config(str(run.path))
            if belongs(config, experiment):
                points.append(_point(experiment, run, config))
        except LabError:  # deleted or damaged: nothing to show
            continue
    return points


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
    """Points of finished runs, by run id."""
    return {}


@st.cache_resource(show_spinner=False)
def _per_pixel(name: str) -> dict[str, float]:
    """Nats of the per-pixel baseline, for each variant of an experiment."""
    from pixelcnn.data.registry import load_data
    from pixelcnn.experiments.catalogue import find_experiment
    from pixelcnn.metrics import bernoulli_baseline

    experiment = find_experiment(name)
    configs = {variant.name: experiment.config(variant, 0) for variant in experiment.variants}
    return {
        variant: bernoulli_baseline(load_data(config.data, **config.data_options)).nats
        for variant, config in configs.items()
    }


# ---------------------------------------------------------------- starting and stopping


def begin(experiment: Experiment) -> None:
    """Queue a training of each variant: complete the latest seed if it lacks some, or a new one."""
    from pixelcnn.experiments.live import live_config, next_trainings
    from pixelcnn.runs.queue import enqueue
    from pixelcnn.runs.store import create_run

    with refusing(_PLACE):
        trainings = next_trainings(experiment, points(experiment))
        with train_launcher.starting(len(trainings)):
            for variant, seed in trainings:
                run = create_run(None, live_config(experiment, variant, seed))
                train_owner.claim(run)
                enqueue(run, starter=train_launcher.launcher())


def stop(experiment: Experiment) -> None:
    """Stop this user's trainings of the experiment."""
    from pixelcnn.runs.queue import withdraw

    for point in points(experiment):
        if point.active and train_owner.may_control(point.run) and not withdraw(point.run):
            point.run.control("stop")


# ---------------------------------------------------------------- on screen


def controls(experiment: Experiment, points: list[LivePoint]) -> None:
    """The button, and the progress of the trainings."""
    active = [point for point in points if point.active]
    if not active:
        _offer(experiment, points)
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
        st.caption("Another user is repeating this experiment now. Watch the points move.")
    for point in active:
        st.progress(min(1.0, point.progress), _how_far(experiment, point))
    for point in points[-1:]:
        if point.state == "failed":
            st.error(f"The training failed. {plain(point.run.status().message)}")
    tell_refusal(_PLACE)


def _offer(experiment: Experiment, points: list[LivePoint]) -> None:
    st.button(
        "Run it live",
        on_click=begin,
        args=(experiment,),
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        key="experiment-run",
    )
    count = len(experiment.variants)
    text = (
        f"Trains {'both' if count == 2 else f'all {count}'} again on this server, "
        f"{experiment.base.train.steps} steps each, with a new seed."
    )
    done = len({point.seed for point in points if point.finished})
    if done:
        text += f" {done} new seed{'s' * (done > 1)} so far: the green diamonds."
    st.caption(text)


def _how_far(experiment: Experiment, point: LivePoint) -> str:
    from pixelcnn.runs.queue import position

    if point.state == "queued":
        before = position(point.run)
        return f"{point.variant}: waiting" + (f", {before} ahead of it" if before else "")
    if not point.curve:
        return f"{point.variant}: starting"
    steps = experiment.base.train.steps or 0
    return f"{point.variant}: step {round(point.progress * steps)} of {steps}"
