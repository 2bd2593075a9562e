"""The samples, feature maps and curves of one training or two side by side."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.shared import common
from pages.shared.controls import one_of
from pages.train import maps as train_maps, setup as train_setup
from pixelcnn.data.names import OWN
from widgets.evolution.chart import Chart, Curve, Reference, Unit
from widgets.evolution.widget import WAITING, Tiles, evolution

if TYPE_CHECKING:
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.recipes.preview import Preview
    from pixelcnn.runs.best_known import BestKnown
    from pixelcnn.runs.view import CurvePoint, RunView

_UNITS: dict[Unit, str] = {
    "bits": "bits per pixel",
    "nats": "nats per image",
    "perplexity": "perplexity per pixel",
}
_LABEL = "Samples, always from the same random numbers"
_HEADROOM = 1.12


def _choose_unit() -> Unit:
    """The unit of the surprise, kept in the URL."""
    return one_of(
        "Surprise in",
        list(_UNITS),
        key="unit",
        format_func=_UNITS.__getitem__,
        label_visibility="collapsed",
    )


def first_picture(view: RunView) -> None:
    """Only the samples of a recording, which need no PyTorch."""
    steps = view.frame_steps
    evolution(
        [[_samples(view, "", range(len(steps)))]],
        [f"step {step:,}" for step in steps],
        film=view.run.id,
        label=_LABEL,
        key="first-picture",
    )


def picture(views: Sequence[tuple[RunView, str]], preview: Preview | None, *, key: str) -> None:
    """Samples, feature maps and curves of one training or two, on one timeline.

    Args:
        views: the trainings with their names; the name is not shown for a single training.
        preview: facts about the first one's data; None before it is downloaded.
        key: of the widget.
    """
    place = st.container()
    unit = _choose_unit()
    first = views[0][0]
    by_seconds = first.config.train.seconds is not None
    below: list[list[Tiles]] = []
    if len(views) > 1:
        # One may be ahead: compare both at the same point of the chart's axis.
        clocks = [_clock(view, by_seconds) for view, _ in views]
        at = sorted({moment for clock in clocks for moment in clock})
        moments = [f"{moment:.1f} s" if by_seconds else f"step {moment:,.0f}" for moment in at]
        drawn = [
            _samples(*named, _latest(clock, at)) for named, clock in zip(views, clocks, strict=True)
        ]
        rows = [drawn]
    else:
        steps = first.frame_steps
        at = _clock(first, by_seconds)
        moments = [f"step {step:,}" for step in steps]
        rows = [[_samples(first, "", range(len(steps))), *_completion(first, steps)]]
        below = train_maps.maps(first, steps)
    with place:
        evolution(
            rows,
            moments,
            at=at,
            chart=_chart(views, preview, unit),
            below=below,
            film=" ".join(view.run.id for view, _ in views),
            live=any(view.status.active for view, _ in views),
            label=_LABEL,
            key=key,
        )


def _clock(view: RunView, by_seconds: bool) -> list[float]:
    """The position of each sample on the axis of the chart."""
    return [view.seconds_at(step) if by_seconds else float(step) for step in view.frame_steps]


def _samples(view: RunView, title: str, shown: Sequence[int]) -> Tiles:
    frames = view.frames
    names = _class_names(view.config)
    return Tiles(
        frames,
        shown,
        levels=_levels(view.config),
        title=title,
        captions=[names[index % len(names)] for index in range(frames.shape[1])] if names else [],
        columns=4,
    )


def _class_names(config: RunConfig) -> tuple[str, ...]:
    if not config.conditional:
        return ()
    if config.data == OWN:
        return train_setup.data_of(config).class_names
    return tuple("0123456789")


def _completion(view: RunView, steps: list[int]) -> list[Tiles]:
    """A held-out digit, and the network's completion of its upper half."""
    completions = view.completions
    if completions is None:
        return []
    frames, when = completions
    captions = ["held out", "lower half drawn"]
    return [Tiles(frames, _latest(when, steps), _levels(view.config), "", captions, columns=1)]


def _latest(when: Sequence[float], moments: Sequence[float]) -> list[int]:
    """For each of `moments`, the index of the last entry of `when` that is not later."""
    return [bisect.bisect_right(when, moment) - 1 if when else WAITING for moment in moments]


def _levels(config: RunConfig) -> int:
    return int(config.data_options.get("levels", 2))


# ---------------------------------------------------------------- the curves


def _chart(views: Sequence[tuple[RunView, str]], preview: Preview | None, unit: Unit) -> Chart:
    from pixelcnn.runs.view import axis_floor, uniform_bits

    first = views[0][0]
    train = first.config.train
    uniform = uniform_bits(_levels(first.config))
    references = [Reference(uniform, "guessing blindly")]
    best = None
    if preview is not None:
        references.append(Reference(preview.per_pixel.bits_per_dim, "each pixel on its own"))
        best = _best(first.config.to_json())
    if best is not None:
        references.append(Reference(best.bits_per_dim, "best shipped model"))
    points = [view.curves() for view, _ in views]
    floor = axis_floor([point for curve in points for point in curve], uniform)
    if best is not None and best.bits_per_dim < 1.1 * floor:
        floor /= 2
    return Chart(
        curves=[
            curve
            for index, (named, measured) in enumerate(zip(views, points, strict=True))
            for curve in _curves(*named, measured, index)
        ],
        references=references,
        floor=floor,
        ceiling=_HEADROOM * max(reference.bits for reference in references),
        end=float(train.seconds or train.steps or 1),
        end_title="seconds of training" if train.seconds else "steps",
        unit=unit,
        nats_per_bit=preview.nats_per_bit if preview else first.nats_per_bit,
    )


def _curves(view: RunView, title: str, points: list[CurvePoint], index: int) -> list[Curve]:
    by_seconds = view.config.train.seconds is not None
    drawn: dict[str, list[tuple[float, float]]] = {"training": [], "held out": []}
    for point in points:
        at = point.seconds if by_seconds else float(point.step)
        drawn[point.series].append((at, point.bits_per_dim))
    name = f"{title}, " if title else ""
    training, held_out = drawn["training"], drawn["held out"]
    if index:
        return [
            Curve(f"{name}training", "other training", training),
            Curve(f"{name}held out", "other held out", held_out),
        ]
    what = "pictures" if view.config.data == OWN else "digits"
    return [
        Curve(f"{name}training" if title else f"training {what}", "training", training),
        Curve(f"{name}held out" if title else f"held-out {what}", "held out", held_out),
    ]


@st.cache_resource(show_spinner=False, max_entries=64)
def _best(config_json: bytes) -> BestKnown | None:
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.runs.best_known import best_known

    return best_known(RunConfig.from_json(config_json), common.shipped_models().values())
