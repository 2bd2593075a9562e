"""The painter, what Python reads of it, and a button that pushes new content."""

import numpy as np
import streamlit as st
from widget_data import grey_digits, levels_of

from widgets.painter.widget import painter

st.set_page_config("painter", layout="wide")
levels = int(st.query_params.get("levels", 2))
revision = st.session_state.setdefault("revision", 0)
if st.button("Load a digit"):
    revision = st.session_state.revision = revision + 1

image = np.zeros((28, 28), np.uint8)
known = np.zeros((28, 28), bool)
if revision or st.query_params.get("start") == "digit":
    image = levels_of(grey_digits(10), levels)[(2 + revision) % 10, 0]
    known[:14] = True

drawing = painter(image, known, levels=levels, revision=revision, address="drawing", key="painter")

ink = int((drawing.image > 0).sum())
st.text(f"python: {ink} ink, {int(drawing.known_mask.sum())} given, revision {revision}")
cells = np.argwhere(drawing.image > 0)[:8]
st.text(f"cells: {[tuple(map(int, cell)) for cell in cells]}")
st.text(f"top level: {int(drawing.image.max())}")
