"""Tiles and two grids of the stack that they make, of which Python never tells the grids more."""

import streamlit as st

from pixelcnn.causality.mask_stack import MaskStack
from widgets.kernel_tiles.widget import kernel_tiles
from widgets.reach_grid.widget import ReachStack, reach_grid

SIZE, DEPTHS = 14, 3
st.set_page_config("masks", layout="wide")
masks = MaskStack.correct((5, 3)).masks
places = st.columns(4)
for layer, (mask, place) in enumerate(zip(masks, places, strict=False)):
    with place:
        kernel_tiles(mask, link="stack", layer=layer, key=f"tiles-{layer}")
with places[2]:
    stack = ReachStack(masks, SIZE, SIZE, DEPTHS, dilation=2, keeps=True)
    reach_grid(stack, depth=0, link="stack", report=False, key="residual")
with places[3]:
    stack = ReachStack(masks, SIZE, SIZE, DEPTHS)
    reach_grid(stack, depth=0, link="stack", report=False, key="chain")
