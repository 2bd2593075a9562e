"""The buttons of one training or two side by side, for the browser that started them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.shared import owner as train_owner, turns
from pages.shared.launcher import launcher, starting
from pages.shared.refusals import refusing

if TYPE_CHECKING:
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.runs.view import RunView

_SPEEDS = (1.0, 4.0, 15.0, None)
_SETUP = "train-setup"
_ASKED = "train-asked"


def ask_to_start() -> None:
    """Note that Play was pressed; `start_if_asked` starts the run.

    A callback's arguments would be the choices of the previous script run: they would miss a number
    typed just before the click.
    """
    st.session_state[_ASKED] = True


def drop_request() -> None:
    """Forget a pressed Play, for example the second of a double click."""
    st.session_state.pop(_ASKED, None)


def start_if_asked(configs: Sequence[RunConfig]) -> None:
    """Queue one training or two, if Play was pressed."""
    from pixelcnn.runs.queue import enqueue
    from pixelcnn.runs.store import create_run

    if not st.session_state.pop(_ASKED, False):
        return
    with refusing():
        with starting(len(configs)), turns.long_turn():
            runs = [create_run(None, config) for config in configs]
            for run in runs:
                train_owner.claim(run)
                enqueue(run, starter=launcher())
        st.session_state[_SETUP] = dict(st.query_params)
        st.query_params.update(dict(zip(("run", "beside"), (run.id for run in runs), strict=False)))
        st.rerun()


def controls(views: Sequence[RunView]) -> None:
    """Pause, one step, resume, stop, speed; each applies to all of `views`."""
    active = [view for view in views if view.status.active]
    if not all(train_owner.may_control(view.run) for view in views):
        if active:
            st.info(
                "Another user started this training. You can watch it, but only they can stop it."
            )
            train_owner.offer_teacher()
        another()
        return
    if active:
        _while_active(active)
        return
    if any(_can_resume(view) for view in views):
        _button("Resume from here", "play_arrow", _resume, views, key="go-on", first=True)
    another()


def _while_active(views: Sequence[RunView]) -> None:
    states = [view.status.state for view in views]
    asked = [view.run.requested() for view in views]
    waiting = [
        view.run.asks_to_wait(view.status.step) and view.status.state == "paused" for view in views
    ]
    if "stop" in asked:
        _disabled("Stopping ...")
    elif all(waiting):
        _button("Resume", "play_arrow", _ask, views, "resume", key="resume", first=True)
    elif all(state == "queued" for state in states):
        _disabled("Waiting ...")
    elif "pause" in asked:
        _disabled("Pausing ...")
    elif "paused" in states and not any(request.startswith("until") for request in asked):
        _disabled("Resuming ...")
    else:
        _button("Pause", "pause", _ask, views, "pause", key="pause", first=True)
    with st.container(horizontal=True, gap="small"):
        _button("One step", "skip_next", _one_step, views, key="step")
        _button("Stop", "stop", _ask, views, "stop", key="stop-run")
        _button("Reset", "replay", _reset, views, key="reset")
    st.select_slider(
        "Speed (steps per second)",
        _SPEEDS,
        value=views[0].run.speed_limit if views[0].run.speed_limit in _SPEEDS else None,
        format_func=lambda limit: (
            "full" if limit is None else f"{limit:g} step{'s' * (limit > 1)}/s"
        ),
        key=f"speed-{views[0].run.id}",
        on_change=_limit_speed,
        args=(views,),
    )


def _disabled(label: str) -> None:
    st.button(label, disabled=True, width="stretch", key="waiting")


def _button(
    label: str, icon: str, action: Any, *arguments: Any, key: str, first: bool = False
) -> None:
    st.button(
        label,
        on_click=action,
        args=arguments,
        icon=f":material/{icon}:",
        type="primary" if first else "secondary",
        shortcut="Space" if first else None,
        width="stretch",
        key=key,
    )


def _ask(views: Sequence[RunView], action: Any) -> None:
    from pixelcnn.runs.queue import withdraw

    for view in views:
        if not (action == "stop" and withdraw(view.run)):
            view.run.control(action)


def _one_step(views: Sequence[RunView]) -> None:
    for view in views:
        view.run.train_until(view.run.status().step + 1)


def _limit_speed(views: Sequence[RunView]) -> None:
    for view in views:
        view.run.limit_speed(st.session_state[f"speed-{views[0].run.id}"])


def _reset(views: Sequence[RunView]) -> None:
    _ask(views, "stop")
    leave()


def _can_resume(view: RunView) -> bool:
    return view.status.state in ("stopped", "failed") and view.run.resumable


def _resume(views: Sequence[RunView]) -> None:
    from pixelcnn.runs.queue import enqueue
    from pixelcnn.runs.resume import prepare_resume

    with refusing():
        for view in views:
            if _can_resume(view):
                with starting():
                    prepare_resume(view.run)
                    enqueue(view.run, starter=launcher())


def another() -> None:
    """The button that leads back to the setup."""
    _button("Train another", "replay", leave, key="another")


def leave() -> None:
    """Stop watching; the run continues. Its setup is restored."""
    for name in ("view", "view-beside"):
        st.session_state.pop(name, None)
    for name in ("run", "beside"):
        st.query_params.pop(name, None)
    setup = st.session_state.pop(_SETUP, {})
    # A control that is on this page updates the address itself; nothing else may write its value.
    st.query_params.update({name: it for name, it in setup.items() if name not in st.session_state})
