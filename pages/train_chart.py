"""The learning curve: a chart that updates in place, since only its data changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from pixelcnn.run_view import CurvePoint

_HEIGHT = 270
_TRAINING, _HELD_OUT = "digits it learns from", "held-out digits"
_NAMES = {"training": _TRAINING, "held out": _HELD_OUT}
# Grey and green: the colours that mean nothing else in the lab. Each is readable in both themes.
_COLORS = {_TRAINING: "#8C949E", _HELD_OUT: "#009E73"}
_REFERENCE = {"light": "#59626D", "dark": "#AEB7C2"}


@dataclass(frozen=True)
class Reference:
    """A horizontal line to compare with: its height in bits per pixel, and what it is."""

    bits: float
    text: str


def learning_curve(
    points: list[CurvePoint],
    references: list[Reference],
    *,
    floor: float,
    budget: float,
    by_seconds: bool,
    nats_per_bit: float,
    key: str,
) -> None:
    """Draw the curves over seconds or steps, up to the budget."""
    import pandas as pd

    columns = {
        "at": [point.seconds if by_seconds else float(point.step) for point in points],
        "bits": [point.bits_per_dim for point in points],
        "nats": [point.nats for point in points],
        "step": [float(point.step) for point in points],
    }
    data = pd.DataFrame(columns, dtype=float)
    data["series"] = pd.Series([_NAMES[point.series] for point in points], dtype=str)
    ceiling = max(reference.bits for reference in references)
    spec = _spec(references, floor, 1.12 * ceiling, budget, by_seconds, nats_per_bit)
    # A description with the latest score in it would be a new chart each time.
    description = "Learning curve: bits per pixel, and the two scores to compare it with."
    st.vega_lite_chart(data, spec, key=key, height=_HEIGHT, alt=description)


def _spec(
    references: list[Reference],
    floor: float,
    ceiling: float,
    budget: float,
    by_seconds: bool,
    nats_per_bit: float,
) -> dict[str, Any]:
    ink = _REFERENCE["dark" if st.context.theme.type == "dark" else "light"]
    lines = {"values": [{"bits": line.bits, "text": line.text} for line in references]}
    scale = {"type": "log", "domain": [floor, ceiling], "nice": False, "clamp": True}
    bits = {"field": "bits", "type": "quantitative", "scale": scale}
    at = {
        "field": "at",
        "type": "quantitative",
        "scale": {"domain": [0, budget], "nice": False, "clamp": True},
        "axis": {"title": "seconds of training" if by_seconds else "steps", "grid": False},
    }
    left = {"title": "bits per pixel", "values": _ticks(floor, ceiling), "format": "~g"}
    right = {
        "title": "nats per image",
        "orient": "right",
        "grid": False,
        "values": _ticks(floor, ceiling),
        "labelExpr": f"format(datum.value * {nats_per_bit:.6g}, ',.0f')",
    }
    series = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": list(_COLORS), "range": list(_COLORS.values())},
        "legend": {"orient": "top", "title": None, "symbolType": "stroke"},
    }
    tooltip = [
        {"field": "series", "title": "on"},
        {"field": "step", "title": "step", "format": ",.0f"},
        {"field": "bits", "title": "bits per pixel", "format": ".3f"},
        {"field": "nats", "title": "nats per image", "format": ".1f"},
    ]
    rule = {"type": "rule", "color": ink, "strokeDash": [5, 4], "strokeWidth": 1.5}
    note = {"type": "text", "color": ink, "align": "right", "dy": -9, "fontSize": 13}
    y_left, y_right, y_bare = bits | {"axis": left}, bits | {"axis": right}, bits | {"axis": None}
    return {
        "layer": [
            {"data": lines, "mark": rule, "encoding": {"y": y_right}},
            {
                "data": lines,
                "mark": note,
                "encoding": {"y": y_bare, "x": {"value": "width"}, "text": {"field": "text"}},
            },
            {
                "mark": {"type": "line", "strokeWidth": 2.5, "clip": True},
                "encoding": {"x": at, "y": y_left, "color": series},
            },
            {
                "transform": [{"filter": f"datum.series === '{_HELD_OUT}'"}],
                "mark": {"type": "point", "filled": True, "size": 60, "clip": True},
                "encoding": {"x": at, "y": y_bare, "color": series, "tooltip": tooltip},
            },
        ],
        "resolve": {"axis": {"y": "independent"}},
    }


def _ticks(floor: float, ceiling: float) -> list[float]:
    every = [1, 1.5, 2, 3, 5, 7]
    ticks = [digit * 10**power for power in range(-4, 3) for digit in every]
    return [round(tick, 6) for tick in ticks if floor <= tick <= ceiling]
