"""The heatmaps: numbers, roles, and two linked reach grids; `?show=` picks."""

import numpy as np
import streamlit as st
from widget_data import grey_digits, levels_of, plain_reach, two_stack_reach

from widgets.base.colors import role_index
from widgets.pixel_grid.widget import pixel_grid
from widgets.reach_grid.widget import reach_grid, reach_table

st.set_page_config("grids", layout="wide")
show = st.query_params.get("show", "values")


@st.cache_data
def tables():
    plain, gated = plain_reach(layers=7), two_stack_reach(layers=7)
    deep = plain_reach(layers=40)[-1]
    rows, columns = np.mgrid[:28, :28]
    index = 28 * rows + columns
    past = index[:, :, None, None] > index
    return reach_table(plain, limit=deep), reach_table(gated, limit=past)


digit = levels_of(grey_digits(10), 2)[3, 0]
left, right = st.columns(2)
if show == "values":
    bumps = np.random.default_rng(0).normal(size=(28, 28)).cumsum(0).cumsum(1)
    selected = (5, 5) if st.toggle("Select row 5, column 5") else None
    with left:
        cell = pixel_grid(
            np.abs(bumps), title="Entropy", unit="bits", overlay=digit, selected=selected, key="a"
        )
    with right:
        pixel_grid(bumps, title="Change", key="b", report=False)
elif show == "roles":
    values = np.full((28, 28), role_index("future"), np.uint8)
    values[:14] = role_index("seen")
    values[4:9, 18:] = role_index("never")
    values[10:14, :9] = role_index("legal_not_yet")
    values[20, 10:14] = role_index("leak")
    values[14, 14] = role_index("target")
    with left:
        cell = pixel_grid(values, kind="roles", title="Roles", key="a")
else:
    plain, gated = tables()
    with left:
        cell = reach_grid(plain, title="Plain PixelCNN", overlay=digit, link="target", key="a")
    with right:
        reach_grid(gated, title="Gated PixelCNN", link="target", report=False, key="b")
st.text(f"python: {cell}")
