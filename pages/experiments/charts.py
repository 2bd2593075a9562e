"""The two charts of the page Experiments: one experiment by seed, and all effects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    import pandas as pd

    from pixelcnn.experiments.definition import Experiment
    from pixelcnn.experiments.live import LivePoint
    from pixelcnn.experiments.summary import Difference, Summary

_ROW, _LEAST = 84, 300
_EFFECT_ROW = 48
_INK = {"light": "#3C444E", "dark": "#C3CAD3"}
_LIVE = {"light": "#00795A", "dark": "#1FC79B"}  # green, legible as text on either background
_AXES = {
    "nats": "nats per held-out image (lower is better)",
    "share": "% of the baseline's surprise that remains (lower is better)",
}
# Screen readers get the chart's alt text; without this they would also read every mark.
_NOT_READ_OUT = {"mark": {"aria": False}}


def _color(of: dict[str, str]) -> str:
    return of["dark" if st.context.theme.type == "dark" else "light"]


# ---------------------------------------------------------------- one experiment


def seeds_chart(
    experiment: Experiment, summaries: Sequence[Summary], live: Sequence[LivePoint], *, key: str
) -> None:
    """A point per seed, the mean and its interval; live runs in another colour."""
    low, high = _span(summaries, live)
    spec = {
        "layer": _layers(
            [variant.name for variant in experiment.variants], low, high, experiment.measure
        ),
        "resolve": {"axis": {"x": "independent"}},
        "config": _NOT_READ_OUT,
        "padding": {"left": 8, "right": 12, "top": 4, "bottom": 4},
    }
    parts = [
        f"{summary.variant}: mean {summary.mean:.2f}, {len(summary.values)} "
        f"seed{'s' * (len(summary.values) != 1)}"
        for summary in summaries
    ]
    st.vega_lite_chart(
        _table(experiment, summaries, live),
        spec,
        key=key,
        height=max(_LEAST, _ROW * len(experiment.variants)) + 62,
        alt=f"{experiment.title}, {_AXES[experiment.measure]}. {'; '.join(parts)}.",
    )


def _span(summaries: Sequence[Summary], live: Sequence[LivePoint]) -> tuple[float, float]:
    """Range of the axis: all final values and intervals. Runs in progress that lie outside wait at
    its end. Before there is a final value, from 0 to where those runs started."""
    values = [value for summary in summaries for _, value in summary.values]
    values += [point.curve[-1][1] for point in live if point.finished]
    for summary in summaries:
        values += [bound for bound in interval(summary) if math.isfinite(bound)]
    if not values:
        return 0.0, max((value for point in live for _, value in point.curve), default=1.0)
    room = max(0.05 * (max(values) - min(values)), 0.05)
    step = _step(max(values) - min(values) + 2 * room) / 4
    return (
        math.floor((min(values) - room) / step) * step,
        math.ceil((max(values) + room) / step) * step,
    )


def interval(summary: Summary) -> tuple[float, float]:
    """The 95 % confidence interval of a mean over seeds; NaN for one seed."""
    from pixelcnn.experiments.summary import student

    count = len(summary.values)
    half = student(count - 1) * summary.stderr if count > 1 else math.nan
    return summary.mean - half, summary.mean + half


def _step(span: float) -> float:
    """A round step that divides the span into about five parts."""
    power: float = 10.0 ** math.floor(math.log10(span / 5))
    return next(power * round_ for round_ in (1, 2, 5, 10) if power * round_ >= span / 5)


def _table(
    experiment: Experiment, summaries: Sequence[Summary], live: Sequence[LivePoint]
) -> pd.DataFrame:
    """All marks as rows: kind, variant, position, and the text of the tooltip."""
    import pandas as pd

    rows: list[tuple[str, str, int, float, float, float, str]] = []
    order = {variant.name: index for index, variant in enumerate(experiment.variants)}
    means = {summary.variant: f": {summary.mean:.2f}" for summary in summaries}
    for name, index in order.items():
        rows.append(("name", name, index, 0.0, 0.0, 0.0, f"{name}{means.get(name, '')}"))
    for summary in summaries:
        variant, mean = summary.variant, summary.mean
        rows.append(("mean", variant, order[variant], mean, *interval(summary), f"{mean:.2f}"))
        for seed, value in summary.values:
            rows.append(("seed", variant, order[variant], value, 0, 0, f"seed {seed}"))
    for point in live:
        if not point.curve:
            continue
        step, value = point.curve[-1]
        kind = "live" if point.finished else "moving"
        words = f"seed {point.seed}, here" if point.finished else f"step {step}: {value:.1f}"
        rows.append((kind, point.variant, order[point.variant], value, 0, 0, words))
    columns = ["kind", "variant", "order", "value", "low", "high", "words"]
    return pd.DataFrame(rows, columns=columns)


def _layers(variants: list[str], low: float, high: float, measure: str) -> list[dict[str, Any]]:
    ink, live = _color(_INK), _color(_LIVE)
    scale = {"domain": [low, high], "nice": False, "clamp": True, "zero": False}
    axis = _axis(_AXES[measure])
    x = {"field": "value", "type": "quantitative", "scale": scale, "axis": None}
    y = {"field": "variant", "type": "nominal", "sort": variants, "axis": None}
    tooltip = [
        {"field": "variant", "title": " "},
        {"field": "words", "title": "which"},
        {"field": "value", "title": _AXES[measure].partition(" (")[0], "format": ".2f"},
    ]
    bold = {"type": "text", "align": "left", "fontSize": 16, "fontWeight": 600, "color": ink}
    return [
        {
            **_only("name"),
            "mark": {**bold, "dy": -27},
            "encoding": {"y": y, "x": {"value": 0}, "text": {"field": "words"}},
        },
        _joined("seed", x, y, ink, dash=False),
        _joined("live", x, y, live, dash=True),
        {
            **_only("mean"),
            "mark": {"type": "rule", "color": ink, "strokeWidth": 5, "opacity": 0.35},
            "encoding": {
                "y": y,
                "x": {**x, "field": "low", "axis": axis},
                "x2": {"field": "high"},
            },
        },
        {
            **_only("mean"),
            "mark": {"type": "tick", "color": ink, "thickness": 3, "size": 26},
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        },
        _points("seed", {"color": ink, "filled": True, "size": 95, "opacity": 0.8}, x, y, tooltip),
        _points(
            "live", {"color": live, "shape": "diamond", "filled": True, "size": 190}, x, y, tooltip
        ),
        _points(
            "moving",
            {"color": live, "shape": "diamond", "strokeWidth": 3, "size": 190},
            x,
            y,
            tooltip,
        ),
        {
            **_only("moving"),
            "mark": {**bold, "color": live, "align": "right", "dx": -14, "fontWeight": 400},
            "encoding": {"x": x, "y": y, "text": {"field": "words"}},
        },
    ]


def _axis(title: str) -> dict[str, Any]:
    """A horizontal axis, legible from the last row in either theme."""
    ink = _color(_INK)
    return {
        "title": title,
        "titleFontSize": 15,
        "titleColor": ink,
        "labelFontSize": 14,
        "labelColor": ink,
        "tickCount": 5,
        "gridOpacity": 0.5,
    }


def _only(kind: str) -> dict[str, Any]:
    return {"transform": [{"filter": f"datum.kind === '{kind}'"}]}


def _joined(
    kind: str, x: dict[str, Any], y: dict[str, Any], color: str, *, dash: bool
) -> dict[str, Any]:
    """Thin lines between the points of one seed: they show the paired differences."""
    mark = {"type": "line", "color": color, "strokeWidth": 1.2, "opacity": 0.45, "clip": True}
    if dash:
        mark |= {"strokeDash": [4, 3], "opacity": 0.8}
    return {
        **_only(kind),
        "mark": mark,
        "encoding": {"x": x, "y": y, "detail": {"field": "words"}, "order": {"field": "order"}},
    }


def _points(
    kind: str,
    look: dict[str, Any],
    x: dict[str, Any],
    y: dict[str, Any],
    tooltip: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        **_only(kind),
        "mark": {"type": "point", **look},
        "encoding": {"x": x, "y": y, "tooltip": tooltip},
    }


# ---------------------------------------------------------------- all experiments


def effects_chart(effects: Sequence[Difference], *, key: str) -> None:
    """Every difference with its interval, in percent of the loss, the best first."""
    import pandas as pd

    from pixelcnn.experiments.summary import signed

    rows = [
        (
            f"{effect.variant} against {effect.reference}",
            effect.percent,
            effect.percent - effect.percent_half,
            effect.percent + effect.percent_half,
            "visible" if effect.visible else "not visible",
            f"{signed(effect.percent, 1)} %",
        )
        for effect in sorted(effects, key=lambda effect: effect.percent)
    ]
    columns = ["what", "percent", "low", "high", "seen", "words"]
    table = pd.DataFrame(rows, columns=columns)
    st.vega_lite_chart(
        table,
        _effects_spec(list(table["what"])),
        key=key,
        height=_EFFECT_ROW * len(rows) + 70,
        alt="All differences in percent of the loss: "
        + "; ".join(f"{row[0]}: {row[5]}, {row[4]}" for row in rows),
    )


def _effects_spec(order: list[str]) -> dict[str, Any]:
    ink = _color(_INK)
    axis = _axis("change of the loss in % (left is better)")
    x = {"field": "percent", "type": "quantitative", "axis": axis}
    y = {"field": "what", "type": "nominal", "sort": order, "axis": None}
    filled = {
        "condition": {"test": "datum.seen === 'visible'", "value": ink},
        "value": "transparent",
    }
    tooltip = [
        {"field": "what", "title": " "},
        {"field": "percent", "title": "change in %", "format": "+.2f"},
        {"field": "low", "title": "from", "format": "+.2f"},
        {"field": "high", "title": "to", "format": "+.2f"},
    ]
    return {
        "layer": [
            {
                "mark": {"type": "rule", "color": ink, "strokeDash": [5, 4]},
                "encoding": {"x": {"datum": 0}},
            },
            {
                "mark": {"type": "text", "align": "left", "fontSize": 14, "dy": -14, "color": ink},
                "encoding": {"y": y, "x": {"value": 0}, "text": {"field": "what"}},
            },
            {
                "mark": {"type": "rule", "color": ink, "strokeWidth": 3, "opacity": 0.6},
                "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}},
            },
            {
                "mark": {
                    "type": "point",
                    "stroke": ink,
                    "size": 130,
                    "strokeWidth": 2,
                    "opacity": 1,
                },
                "encoding": {"y": y, "x": x, "fill": filled, "tooltip": tooltip},
            },
        ],
        "config": _NOT_READ_OUT,
        "padding": {"left": 8, "right": 12, "top": 4, "bottom": 4},
    }
