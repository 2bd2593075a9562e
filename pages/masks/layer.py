"""Masks & blind spots: one layer, its kernels as tiles to click, and the code of the mask."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.masks.grids import LINK, depth_names
from pages.masks.state import Setup, keep_masks, put_usual_masks_back, starting_masks, view
from pixelcnn.causality.mask_stack import MaskStack
from widgets.kernel_tiles.widget import TileCode, kernel_tiles
from widgets.reach_grid.widget import ReachSelection, reach_grid

# A test runs these lines and compares the mask with the library's. The first line leaves all later
# weights at 0.
CODE = """\
mask = torch.zeros({size}, {size})
mask[:{centre}] = 1     # the rows above
mask[{centre}, :{centre}] = 1  # left in its row
mask[{centre}, {centre}] = {itself}   # itself ({other})
y = F.conv2d(x, w * mask, {options})"""
_TILES = 190  # CSS pixels
ZEROS, ABOVE, LEFT, ITSELF = range(4)


def tile_code(size: int, kind: str, dilation: int = 1) -> TileCode:
    """The PyTorch lines that build a mask of this size and kind, and use it."""
    centre = size // 2
    options = f"padding={centre * dilation}"
    lines = CODE.format(
        size=size,
        centre=centre,
        itself=1 if kind == "B" else 0,
        other="A: 0" if kind == "B" else "B: 1",
        options=options if dilation == 1 else f"{options}, dilation={dilation}",
    )
    line_of = np.full((size, size), ZEROS)
    line_of[:centre] = ABOVE
    line_of[centre, :centre] = LEFT
    line_of[centre, centre] = ITSELF
    return TileCode(lines.splitlines(), line_of)


def one_layer(setup: Setup) -> tuple[MaskStack, DeltaGenerator]:
    """Show the kernels and their code; returns the masks, and the place for their result."""
    st.header("How does a layer see only the past?")
    words, formula = st.columns([5, 4], gap="large")
    with words:
        st.markdown(
            "A layer slides a small **kernel** of weights over the picture. The mask keeps those "
            "above the pixel and to its left, and sets the others to 0. So the probability of each "
            "pixel depends only on earlier ones:"
        )
    with formula:
        st.latex(r"p(x) \;=\; \prod_{i} \; p(x_i \mid x_1, \ldots, x_{i-1})")
    editable = "pixelcnn" in setup.pair.values()
    if editable:
        st.markdown(
            "**Click a tile** to open or close that weight in the one stack; the whole page "
            "follows. Point at a tile to highlight the line of code that sets it."
        )
    else:
        st.markdown("Only the masks of the one stack can be edited: choose **PixelCNN** above.")
    kernels, result = st.columns([9, 4], gap="medium")
    with kernels:
        masks = _tiles(setup) if editable else _fixed_tiles(setup)
    return masks, result


def _tiles(setup: Setup) -> MaskStack:
    start, usual = starting_masks(setup), setup.usual
    correct = MaskStack.correct((setup.first, setup.kernel))
    kept = []
    for index, name in enumerate(("first", "later")):
        mask = usual.masks[index]
        kept.append(
            kernel_tiles(
                mask,
                start=start.masks[index],
                forbidden=~correct.masks[index] & _not_before(len(mask)),
                code=_code(setup, index),
                link=LINK,
                layer=index,
                revision=st.session_state.get("mask-revision", 0),
                title=_title(setup, index),
                max_width=_TILES,
                key=f"{name}-tiles",
            )
        )
    masks = MaskStack(tuple(kept))
    keep_masks(setup, masks)
    return masks


def _fixed_tiles(setup: Setup) -> MaskStack:
    for index, mask in enumerate(setup.usual.masks):
        kernel_tiles(
            mask,
            code=_code(setup, index),
            toggles=False,
            title=_title(setup, index),
            max_width=_TILES,
            key=f"fixed-tiles-{index}",
        )
    return setup.usual


def _code(setup: Setup, index: int) -> TileCode:
    if index:
        return tile_code(setup.kernel, "B", setup.dilation)
    return tile_code(setup.first, setup.mask)


def _title(setup: Setup, index: int) -> str:
    return "Each layer after it: mask B" if index else f"First layer: mask {setup.mask}"


def _not_before(size: int) -> np.ndarray:
    """The weights of the pixel itself and of later pixels."""
    return np.arange(size * size).reshape(size, size) >= size * size // 2


def result_of(place: DeltaGenerator, setup: Setup, masks: MaskStack, shown: ReachSelection) -> None:
    """A small copy of the one stack's grid beside the tiles, to show the effect of a click."""
    if "pixelcnn" not in setup.pair.values():
        return
    start: ReachSelection = st.session_state["reach-start"]
    with place:
        selection = reach_grid(
            view(setup, "pixelcnn", masks).table,
            title="With these masks",
            depth_names=depth_names(setup.size),
            depth=start.depth,
            selected=(start.row, start.column),
            link=LINK,
            legend=False,
            max_width=260,
            key="tiles-grid",
        )
        if selection.at > shown.at:
            # The two large grids and their counts are further up: rerun to update them.
            st.session_state["reach-shown"] = selection
            st.rerun()
        if masks.hex != setup.usual.hex:
            st.button("Put the usual masks back", on_click=put_usual_masks_back, key="usual-masks")
            totals = view(setup, "pixelcnn", masks).totals[shown.depth]
            st.markdown(f"Leaks over all targets at this depth: **{totals.leaks:,}**.")
            st.caption(
                "Each later layer adds to its input (a residual connection), so a pixel keeps what "
                "it has seen even if the centre is closed."
            )
