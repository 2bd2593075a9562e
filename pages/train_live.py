"""A training at work: progress, samples, curve, and the buttons of whoever started it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages import train_owner

if TYPE_CHECKING:
    from pixelcnn.launcher import Launcher
    from pixelcnn.preview import Preview
    from pixelcnn.run_config import RunConfig
    from pixelcnn.run_view import RunView


@st.cache_resource(show_spinner=False)
def launcher() -> Launcher:
    """Keeps a training process waiting, one for the whole server."""
    from pixelcnn.launcher import Launcher

    return Launcher()


def title(config: RunConfig) -> str:
    """A run's name for people: the preset's, or what is trained on what."""
    from pixelcnn.presets_live import live_presets

    for preset in live_presets().values():
        if preset.config == config:
            return preset.title
        if preset.config == replace(config, train=preset.config.train):
            return f"{preset.title}, own settings"
    size = config.data_options.get("size")
    return f"{config.model} on {config.data}" + (f", {size} × {size}" if size else "")


def controls(view: RunView) -> None:
    """Pause, resume, stop: for the browser that started the run."""
    status, run = view.status, view.run
    asked = run.requested() if status.active else ""
    if not train_owner.is_mine(run):
        if status.active:
            st.info("Somebody else started this training. You can watch; they can stop it.")
        another()
        return
    if status.state == "paused":
        if asked == "pause":
            _ask(view, "Resume", "resume", ":material/play_arrow:", first=True)
        else:
            st.button("Going on ...", disabled=True, width="stretch", key="waiting")
        _ask(view, "Stop", "stop", ":material/stop:")
    elif status.active:
        if asked in ("pause", "stop"):
            verb = "Pausing" if asked == "pause" else "Stopping"
            st.button(f"{verb} ...", disabled=True, width="stretch", key="waiting")
        else:
            _ask(view, "Pause", "pause", ":material/pause:", first=True)
            _ask(view, "Stop", "stop", ":material/stop:")
    else:
        if status.state in ("stopped", "failed") and run.resumable:
            st.button(
                "Go on from here",
                on_click=_go_on,
                args=(view,),
                icon=":material/play_arrow:",
                type="primary",
                width="stretch",
            )
        another()


def _ask(view: RunView, label: str, action: str, icon: str, *, first: bool = False) -> None:
    st.button(
        label,
        on_click=view.run.control,
        args=(action,),
        icon=icon,
        type="primary" if first else "secondary",
        shortcut="Space" if first else None,
        width="stretch",
        key=action,
    )


def _go_on(view: RunView) -> None:
    from pixelcnn.runs import resume_run

    with refusing():
        resume_run(view.run, starter=launcher())


@contextmanager
def refusing(place: str = "refused") -> Iterator[None]:
    """Keep an error of the lab for `tell_refusal`: a callback has no place on the page."""
    from pixelcnn.errors import LabError

    try:
        yield
    except LabError as error:
        st.session_state[place] = str(error)


def tell_refusal(place: str = "refused") -> None:
    """Say once what was refused, and why."""
    if error := st.session_state.pop(place, None):
        st.error(error)


def another() -> None:
    """The way back to the choice of what to train."""
    st.button(
        "Train another",
        on_click=leave,
        icon=":material/replay:",
        width="stretch",
        key="another",
    )


def leave() -> None:
    """Stop watching: the run goes on."""
    st.session_state.pop("view", None)
    st.query_params.pop("run", None)


def progress(view: RunView) -> None:
    """Where it stands, in words and as a bar."""
    status, train = view.status, view.config.train
    budget = f"{train.seconds:.0f} s" if train.seconds else f"{train.steps:,} steps"
    if status.state == "queued":
        text = "Waiting for a training process ..."
    elif status.state == "starting":
        text = "Reading the digits and building the network ..."
    else:
        done = f"{status.elapsed_s:.0f} s" if train.seconds else f"{status.step:,}"
        text = f"**{done}** of {budget} · step **{status.step:,}**"
    if status.state == "running" and status.images_per_second:
        text += f" · {status.images_per_second:.0f} digits/s"
        if view.seconds_left is not None:
            text += f" · {view.seconds_left:.0f} s left"
    elif status.state in ("paused", "stopped", "failed"):
        text += f" · **{status.state}**"
    elif status.state == "finished":
        text = f"**Done**: {status.step:,} steps in {status.elapsed_s:.0f} s"
    st.progress(min(1.0, status.progress), text)


def outcome(view: RunView, preview: Preview | None) -> None:
    """What came of it, or what went wrong and what to do."""
    status = view.status
    if status.state == "failed":
        st.error(f"The training failed. {status.message}")
    elif status.state == "stopped":
        st.info(f"Stopped at step {status.step:,}. Nothing is lost: it can go on from here.")
    if status.device:
        st.caption(f"Computed on: {status.device}.")
    held_out = view.held_out
    if held_out is None:
        return
    text = (
        f"Held-out digits cost **{held_out.bits_per_dim:.3f} bits per pixel** "
        f"({held_out.nats:.1f} nats per image)"
    )
    if preview is not None:
        text += f", against {preview.per_pixel.nats:.0f} nats without looking at other pixels"
    st.markdown(f"{text}.")
