"""Kernel tiles and the gallery of feature maps; `?show=` picks."""

import numpy as np
import streamlit as st
from widget_data import grey_digits

from widgets.kernel_tiles.widget import kernel_tiles
from widgets.maps_gallery.widget import maps_gallery

st.set_page_config("maps", layout="wide")

if st.query_params.get("show", "kernel") == "kernel":
    offsets = np.arange(49).reshape(7, 7)
    mask = offsets < 24 if st.toggle("Mask type A", value=True) else offsets <= 24
    left, right = st.columns(2)
    with left:
        edited = kernel_tiles(mask, title="Mask", key="kernel")
    with right:
        weights = np.random.default_rng(1).normal(0, 0.4, (7, 7))
        kernel_tiles(mask, weights=weights, toggles=False, title="Weights", key="weights")
    st.text(f"python: {int(edited.sum())} kept, centre {bool(edited[3, 3])}")
else:
    generator = np.random.default_rng(0)
    digit = grey_digits(4)[3, 0]
    layers = {"input": digit[None]}
    for depth in range(12):
        shifts = generator.integers(-3, 4, (64, 2))
        signs = generator.normal(size=(64, 1, 1))
        maps = np.stack([np.roll(digit, shift, (0, 1)) for shift in shifts]) * signs
        maps = maps + generator.normal(0, 0.05, maps.shape)
        layers[f"block {depth}"] = np.maximum(maps, 0) if depth % 2 else maps
    layers["block 3"][5] = 0
    st.text(f"python: {maps_gallery(layers, key='gallery')}")
