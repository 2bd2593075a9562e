"""After a training: keep the model, or watch another run."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.shared import owner as train_owner
from pages.shared.refusals import refusing, tell_refusal
from pages.train import controls as train_controls, live as train_live
from pixelcnn.system.plain_text import plain

if TYPE_CHECKING:
    from pixelcnn.runs.view import RunView

_LISTED = 8
_KEPT = "kept-model"  # session key: the run kept last in this session, and its name
_NAME = "kept-name"


def offer_film(views: list[RunView]) -> None:
    """Download the samples as an animation, made on demand."""
    with st.popover("Export the animation", icon=":material/movie:"):
        st.markdown("An animation of the samples from the first step until now.")
        for view, name in zip(views, ("first", "second"), strict=False):
            for kind in ("webp", "gif"):
                which = f" ({name})" if len(views) > 1 else ""
                st.download_button(
                    f"{'WebP' if kind == 'webp' else 'GIF, for old programs'}{which}",
                    partial(_film, view, kind),
                    file_name=f"training-{view.run.id}.{kind}",
                    mime=f"image/{kind}",
                    on_click="ignore",
                    disabled=not view.frame_steps,
                    width="stretch",
                    key=f"film-{kind}-{name}",
                )


def _film(view: RunView, kind: str) -> bytes:
    from pixelcnn.runs.animation import export_evolution

    return export_evolution(view, kind)


def keep(view: RunView) -> None:
    """Save the model: to a file, or for the other pages."""
    from pixelcnn.errors import RunError

    if view.status.state in ("queued", "starting", "running"):
        return
    try:
        weights = view.run.checkpoint("last")
    except RunError:  # the run ended before its first save
        return
    st.subheader("Keep the model", anchor=False)
    download, name_box, button = st.columns([1.2, 1.4, 1], vertical_alignment="bottom")
    download.download_button(
        "Download the model",
        weights.read_bytes,
        file_name=f"{view.config.model}-{view.run.id}.safetensors",
        mime="application/octet-stream",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )
    if not train_owner.may_control(view.run):
        return
    name_box.text_input(
        "Name on the other pages",
        f"{train_live.title(view.config).replace('×', 'x').replace(',', '')} {view.run.id[-4:]}",
        max_chars=40,
        key=f"{_NAME}-{view.run.id}",
    )
    button.button("Use on other pages", on_click=keep_under_its_name, args=(view,), width="stretch")
    tell_refusal("kept")
    kept = st.session_state.get(_KEPT)
    if kept and kept[0] == view.run.id:
        st.success(
            f"{plain(kept[1])} is saved. You can now choose it under *Model* on the other pages."
        )


def keep_under_its_name(view: RunView) -> None:
    """Add the model to the list on the other pages."""
    from pixelcnn.runs.kept_models import keep_model

    if not train_owner.may_control(view.run):
        return
    # Read here, not passed by the button: its argument would be the name of the previous run.
    name = st.session_state[f"{_NAME}-{view.run.id}"]
    with refusing("kept"):
        st.session_state.pop(_KEPT, None)
        keep_model(view.run, name)
        st.session_state[_KEPT] = (view.run.id, name)


def list_kept() -> None:
    """The kept models that this browser may remove: its own, or all for the teacher."""
    from pixelcnn.runs.kept_models import kept_models, owner_of

    teacher = train_owner.is_teacher()
    mine = [
        model.name
        for model in kept_models()
        if teacher or owner_of(model.name) == train_owner.this_browser()
    ]
    if not mine:
        return
    with st.expander("Kept models" if teacher else "Models you keep"):
        for name in mine:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button("Remove", on_click=_remove, args=(name,), key=f"remove-{name}")
                st.markdown(plain(name), width="content")
        tell_refusal("removed")


def _remove(name: str) -> None:
    from pixelcnn.runs.kept_models import owner_of, remove_model

    if train_owner.is_teacher() or owner_of(name) == train_owner.this_browser():
        with refusing("removed"):
            remove_model(name)


def list_others(views: list[RunView]) -> None:
    """The other recent runs on this machine."""
    from pixelcnn.errors import LabError
    from pixelcnn.runs.store import list_runs

    _offer_to_clear(views)
    watched_ids = [view.run.id for view in views]
    runs = [run for run in list_runs()[:_LISTED] if run.id not in watched_ids]
    if not runs:
        return
    with st.expander("Other trainings on this machine"):
        for run in runs:
            try:
                config, status = run.config, run.status()
            except LabError:  # deleted or damaged
                continue
            age = max(0, time.time() - status.updated) / 60
            when = "now" if status.active else f"{age:.0f} min ago"
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button("Watch", on_click=show_run, args=(run.id,), key=f"watch-{run.id}")
                words = f"{plain(status.state)}, step {status.step:,}, {when}"
                st.markdown(f"**{plain(train_live.title(config))}**: {words}", width="content")


def _offer_to_clear(views: list[RunView]) -> None:
    """The teacher's button that stops all waiting trainings."""
    from pixelcnn.runs.queue import waiting
    from pixelcnn.runs.store import runs_root

    count = waiting(runs_root())
    if not count:
        return
    if train_owner.is_teacher():
        st.button(f"Clear the queue ({count} waiting)", on_click=_clear_queue, key="clear-queue")
    elif not views:  # beside a run of somebody else the box is there already
        train_owner.offer_teacher()


def _clear_queue() -> None:
    from pixelcnn.runs.queue import clear
    from pixelcnn.runs.store import runs_root

    if train_owner.is_teacher():
        clear(runs_root())


def show_run(run_id: str) -> None:
    train_controls.leave()
    st.query_params["run"] = run_id
