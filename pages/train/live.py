"""Text about a training: its name, progress and result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pixelcnn.data.names import OWN
from pixelcnn.system.plain_text import plain

if TYPE_CHECKING:
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.recipes.preview import Preview
    from pixelcnn.runs.view import RunView


def title(config: RunConfig) -> str:
    """A run's name on screen: the preset's, or its model and data."""
    from pixelcnn.recipes.live import live_presets

    for preset in live_presets().values():
        if preset.config == config:
            return preset.title
        if preset.config == replace(config, train=preset.config.train):
            return f"{preset.title}, own settings"
    size = config.data_options.get("size")
    if config.data == OWN:
        return f"Your own pictures, {size} × {size}"
    return f"{config.model} on {config.data}" + (f", {size} × {size}" if size else "")


def progress(view: RunView, name: str = "") -> None:
    """The progress as text and as a bar; `name` distinguishes two runs side by side."""
    from pixelcnn.runs.queue import position

    status, train = view.status, view.config.train
    budget = f"{train.seconds:.0f} s" if train.seconds else f"{train.steps:,} steps"
    if status.state == "queued":
        ahead = position(view.run)
        if ahead is None:
            text = "Waiting for a training process ..."
        else:
            before = f"**{ahead}** ahead of this one" if ahead else "this one is next"
            text = f"This computer is busy with other trainings. Waiting: {before}."
    elif status.state == "starting":
        text = "Reading the digits and building the network ..."
    else:
        done = f"{status.elapsed_s:.0f} s" if train.seconds else f"{status.step:,}"
        text = f"**{done}** of {budget} · step **{status.step:,}**"
    if status.state == "running" and status.images_per_second:
        steps_per_second = status.images_per_second / train.batch_size
        text += f" · {steps_per_second:.0f} steps/s · {status.images_per_second:.0f} digits/s"
        if view.seconds_left is not None:
            text += f" · {view.seconds_left:.0f} s left"
    elif status.state in ("paused", "stopped", "failed"):
        text += f" · **{status.state}**"
    elif status.state == "finished":
        text = f"**Done**: {status.step:,} steps in {status.elapsed_s:.0f} s"
    st.progress(min(1.0, status.progress), f"{plain(name)} · {text}" if name else text)


def outcome(view: RunView, preview: Preview | None, name: str = "") -> None:
    """The result, or what went wrong and what to do."""
    status = view.status
    if name:
        st.markdown(f"**{plain(name)}**")
    if status.state == "failed":
        st.error(f"The training failed. {plain(status.message)}")
    elif status.state == "stopped":
        st.info(f"Stopped at step {status.step:,}. Nothing is lost: you can resume from here.")
    if status.device:
        memory = f", {status.memory_mb:,.0f} MB of memory" if status.memory_mb else ""
        st.caption(f"Computed on: {plain(status.device)}{memory}.")
    held_out = view.held_out
    if held_out is None:
        return
    what = "pictures" if view.config.data == OWN else "digits"
    text = (
        f"Held-out {what} cost **{held_out.bits_per_dim:.3f} bits per pixel** "
        f"({held_out.nats:.1f} nats per image)"
    )
    if preview is not None:
        text += f", compared with {preview.per_pixel.nats:.0f} nats for each pixel on its own"
    st.markdown(f"{text}.")
