"""One choice among many levels: the probabilities, their components, and the random number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.sample.film import Options, Scene
from pages.shared.loaded import loaded
from pixelcnn.film.level_choice import Choice, choice_at
from pixelcnn.system.plain_text import plain
from widgets.base.colors import role

if TYPE_CHECKING:
    import altair as alt

_HEIGHT = 260


def section(
    options: Options, scene: Scene, chosen: int, place: tuple[int, int, int] | None
) -> None:
    """The distribution at the pixel clicked in the large picture."""
    if scene.origins is None:
        return
    st.header("What did it choose from?")
    if place is None:
        st.markdown("**Click a pixel in the large picture** to see how its level was chosen.")
        return
    choice = choice_at(loaded(options.model).model, scene.film, chosen, place)
    row, column, channel = place
    colour = (", red", ", green", ", blue")[channel] if scene.film.images.shape[1] == 3 else ""
    st.markdown(
        f"{plain(scene.names[chosen])}, row {row}, column {column}{colour}: the bars are the "
        f"probabilities of the {scene.film.levels} levels. Added up from the left, they give the "
        f"blue curve. The random number {choice.uniform:.3f} meets it at level **{choice.level}**, "
        f"which has *p* = {choice.probabilities[choice.level]:.3f}."
    )
    if len(choice.components):
        st.markdown(
            "This model does not output a probability for each level. It mixes "
            f"**{len(choice.components)} bell curves** (the lines): each has a centre, a width and "
            "a weight, and the bars are their sum."
        )
    left, right = st.columns(2, gap="large")
    left.altair_chart(_bars(choice))
    right.altair_chart(_sum(choice))


def _bars(choice: Choice) -> alt.LayerChart:
    import altair as alt  # slow to import, and needed only for models with many levels

    levels = range(len(choice.probabilities))
    width = max(1.0, 300 / len(choice.probabilities) - 1)
    rows = [
        {"level": level, "p": p, "drawn": "drawn" if level == choice.level else "other"}
        for level, p in zip(levels, choice.probabilities, strict=True)
    ]
    colours = alt.Scale(
        domain=["drawn", "other"], range=[role("target").color, role("future").color]
    )
    bars = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(size=width)
        .encode(
            x=alt.X("level:Q", title="level"),
            y=alt.Y("p:Q", title="probability p"),
            color=alt.Color("drawn:N", scale=colours, legend=None),
            tooltip=["level:Q", alt.Tooltip("p:Q", format=".4f")],
        )
    )
    lines = [
        {"level": level, "p": p, "part": k}
        for k, part in enumerate(choice.components)
        for level, p in zip(levels, part, strict=True)
    ]
    parts = (
        alt.Chart(alt.Data(values=lines))
        .mark_line(strokeWidth=2, color=role("seen").color)
        .encode(x="level:Q", y="p:Q", detail="part:N")
    )
    return (bars + parts).properties(height=_HEIGHT)


def _sum(choice: Choice) -> alt.LayerChart:
    import altair as alt

    rows = [
        {"level": level, "sum": total}
        for level, total in enumerate(np.minimum(choice.cumulative, 1.0))
    ]
    curve = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(interpolate="step", strokeWidth=2.5, color=role("seen").color)
        .encode(
            x=alt.X("level:Q", title="level"),
            y=alt.Y("sum:Q", title="this level or a lower one", scale=alt.Scale(domain=[0, 1])),
            tooltip=["level:Q", alt.Tooltip("sum:Q", format=".4f")],
        )
    )
    number = [
        {"level": 0, "sum": choice.uniform},
        {"level": choice.level, "sum": choice.uniform},
        {"level": choice.level, "sum": 0},
    ]
    path = (
        alt.Chart(alt.Data(values=[{**point, "order": k} for k, point in enumerate(number)]))
        .mark_line(strokeWidth=3, strokeDash=[6, 4], color=role("target").color)
        .encode(x="level:Q", y="sum:Q", order="order:O")
    )
    return (curve + path).properties(height=_HEIGHT)
