"""One training step in slow motion, on one digit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.shared import common
from pages.train import setup as train_setup
from widgets.slow_motion.widget import INK, Stage, slow_motion

if TYPE_CHECKING:
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.runs.slow_step import SlowStep
    from pixelcnn.runs.view import RunView

_HELD_OUT = 10  # digits to choose from


def slow_section(config: RunConfig, view: RunView | None) -> None:
    """The next step of the watched training, or the first step of a new one, part by part."""
    st.header("One step in slow motion")
    if not st.toggle("Show it", key="slow", bind="query-params"):
        st.markdown(
            "Training repeats one kind of step. Take a step apart: the prediction, the surprise, "
            "the gradient, the update."
        )
        return
    _show(config, view)


@st.fragment
def _show(config: RunConfig, view: RunView | None) -> None:
    with common.explained():
        _take_apart(config, view)


def _take_apart(config: RunConfig, view: RunView | None) -> None:
    if not train_setup.is_at_hand(config):
        st.info("Read the data set first.")
        return
    running = view is not None and view.status.state in ("queued", "starting", "running")
    resumable = view is not None and view.run.resumable
    known = train_setup.data_of(config)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = st.selectbox(
            "Held-out picture",
            range(min(_HELD_OUT, len(known.test.images))),
            format_func=lambda index: f"no. {index + 1}",
            key="slow-digit",
            bind="query-params",
            width=180,
        )
        if view is not None and resumable:
            when = "from its last save" if running else "from its current state"
            st.markdown(f"The next step of this training, {when}, on one picture alone.")
        else:
            st.markdown("The first step of this training, on one picture alone.")
    saved = view.run.state_path.stat().st_mtime_ns if view is not None and resumable else 0
    progress = view.status.progress if view is not None else 0.0
    path = str(view.run.path) if view is not None and saved else ""
    step = _slow_step(config.to_json(), index, path, saved, round(progress, 2))
    slow_motion(
        _stages(step, known.levels),
        film=f"{path} {saved} {index}",
        label="One training step",
        key="slow-motion",
    )


@st.cache_resource(show_spinner="Taking one step ...", max_entries=32)
def _slow_step(config_json: bytes, index: int, path: str, saved: int, progress: float) -> SlowStep:
    """One step, shared by all sessions; `saved` identifies the state of the run."""
    from pathlib import Path

    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.runs.slow_step import slow_step
    from pixelcnn.training.state import load_state

    config = RunConfig.from_json(config_json)
    data = train_setup.data_of(config)
    image, label = (part[index : index + 1] for part in data.test)
    state = load_state(Path(path) / "state.safetensors") if saved else None
    return slow_step(config, data, image, label, state=state, progress=progress)


def _stages(step: SlowStep, levels: int) -> list[Stage]:
    """The parts of a step, explained and drawn."""
    image = step.image.mean(axis=0).astype(np.float32) / (levels - 1)
    guess, guess_after = step.guess.mean(axis=0), step.guess_after.mean(axis=0)
    bits, bits_after = step.bits.sum(axis=0), step.bits_after.sum(axis=0)
    total, after = float(bits.sum()), float(bits_after.sum())
    gained = bits - bits_after
    most = max(float(bits.max()), float(bits_after.max()), 1e-3)
    widest = max(float(np.abs(gained).max()), 1e-3)
    given = "" if step.label is None else f" The network is told the class: {step.label}."
    share = "the probability of ink" if levels == 2 else "the expected brightness"
    largest = max(step.layers, key=lambda layer: layer.gradient)
    clip = (
        ""
        if step.shortened == 1
        else f" It is too long, so it is clipped to {100 * step.shortened:.0f} % of its length."
    )
    gradients = [(layer.name, layer.gradient) for layer in step.layers]
    changes = [(layer.name, layer.change) for layer in step.layers]
    return [
        Stage(
            "The digit",
            f"A picture for the network to learn from.{given}",
            "images, labels = batch",
            image,
            (0, 1),
            INK,
            "ink or paper" if levels == 2 else "brightness",
        ),
        Stage(
            "Forward",
            f"For each pixel, the network predicts {share} from the pixels before it: all at once, "
            "since in training all pixels are known.",
            "parameters = model(images, labels)",
            guess,
            (0, 1),
            "viridis",
            share,
        ),
        Stage(
            "Surprise",
            "Compare with the truth. The more surprising a pixel, the more bits it costs: almost "
            "none if the network was sure and right, 1 if it was undecided, many if it was sure "
            f"and wrong. Total: {total:.1f} bits.",
            "loss = -likelihood.log_prob(parameters, images).sum()",
            bits,
            (0, most),
            "viridis",
            "surprise in bits",
        ),
        Stage(
            "Backward",
            "For every weight: how much would the surprise change if the weight changed a little? "
            "These numbers are the gradient, computed from the last layer back to the first. It is "
            f"longest for {largest.name}.{clip}",
            "loss.backward()",
            bits,
            (0, most),
            "viridis",
            "surprise in bits",
            _bars(gradients, "{:.3g}"),
            "Length of the gradient",
        ),
        Stage(
            "Update",
            f"Every weight changes a little; the learning rate of {step.learning_rate:.3g} sets "
            "how much. The bars show the change of each layer relative to its weights.",
            "optimizer.step()",
            bits,
            (0, most),
            "viridis",
            "surprise in bits",
            _bars([(name, 100 * change) for name, change in changes], "{:.3g} %"),
            "Size of the update, relative to the weights",
        ),
        Stage(
            "Again",
            f"The same digit again, with the new weights: it cost {total:.1f} bits before the step "
            f"and costs {after:.1f} now. Blue pixels surprise it less than before, red ones more.",
            "parameters = model(images, labels)",
            -gained,
            (-widest, widest),
            "RdBu_r",
            "change of the surprise in bits",
        ),
        Stage(
            "New prediction",
            f"The prediction now: {share}. In a batch, many digits pull the weights in different "
            "directions; what they have in common remains.",
            "step += 1",
            guess_after,
            (0, 1),
            "viridis",
            share,
        ),
    ]


def _bars(values: Sequence[tuple[str, float]], form: str) -> list[tuple[str, float, str]]:
    """Bars relative to the longest finite one."""
    finite = [value for _, value in values if np.isfinite(value)]
    longest = max([*finite, 1e-12])
    return [
        (name, min(1.0, value / longest), form.format(value))
        if np.isfinite(value)
        else (name, 1.0, "from 0")
        for name, value in values
    ]
