"""Masks & blind spots: why there is a blind spot, and the way of one pixel through the layers."""

from itertools import pairwise
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.masks_grids import depth_names
from pages.masks_state import Setup, target, view
from pages.masks_words import ARCHITECTURES, edited_why
from pixelcnn.graph import trace
from pixelcnn.growth import growth, put_mask_b_first
from pixelcnn.mask_stack import MaskStack
from pixelcnn.models import build_model
from pixelcnn.paths import Paths, Step, first_heard, stack_path
from pixelcnn.stack_growth import heard_in_stack
from widgets.kernel_tiles import kernel_tiles
from widgets.path_grid import PathStep, chosen_source, path_grid

KEYS = {"pixelcnn": "path-one", "gated_pixelcnn": "path-two"}


def blind_spot(setup: Setup, masks: MaskStack) -> None:
    """Why the one is blind there and the other is not, with the kernels that they are made of."""
    blind = any(view(setup, name, masks).totals[-1].never for name in setup.pair.values())
    st.header("Why is there a blind spot?" if blind else "Why is there no blind spot?")
    steps = setup.kernel // 2 * setup.dilation
    reach = "one column" if steps == 1 else f"{steps} columns"
    paragraphs, tiles = [], []
    for name in setup.pair.values():
        one = ARCHITECTURES[name]
        edited = name == "pixelcnn" and masks.hex != setup.usual.hex
        why = edited_why(view(setup, name, masks).totals[-1]) if edited else one.why
        paragraphs.append(f"**{one.kind}**: {why.format(reach=reach)}")
        kernels = {one.kind: masks.masks[1]} if edited else one.kernels(setup.kernel)
        tiles += kernels.items()
    words, *places = st.columns([5, *[2] * len(tiles)], gap="medium")
    with words:
        st.markdown(
            "Each layer hands on what its kernel reads, so a pixel is seen if a **path** of such "
            "steps leads from it to the orange one.\n\n" + "\n\n".join(paragraphs)
        )
    for index, (place, (title, kept)) in enumerate(zip(places, tiles, strict=True)):
        with place:
            kernel_tiles(kept, title=title, toggles=False, max_width=150, key=f"why-{index}")


# ---------------------------------------------------------------- who sees the source, and how


@st.cache_resource(show_spinner=False, max_entries=4)
def _seen_by_two_stacks(size: int, first: int, kernel: int, mask: Any) -> NDArray[np.uint8]:
    """The relations after each layer, eight to a byte: `(layers, H, W, H, bytes)`."""
    found = growth(
        "gated_pixelcnn",
        size=size,
        first_kernel_size=first,
        kernel_size=kernel,
        first_mask=mask,
    )
    return np.packbits(found.relations, axis=-1)


@st.cache_resource(show_spinner="Following every path ...", max_entries=2)
def _paths_of_two_stacks(size: int, first: int, kernel: int, mask: Any) -> Paths:
    model = build_model(
        "gated_pixelcnn",
        height=size,
        width=size,
        hidden_channels=1,
        blocks=size - 1,
        first_kernel_size=first,
        kernel_size=kernel,
    )
    if mask == "B":
        put_mask_b_first(model)
    return Paths(trace(model), size, size)


def _heard(name: str, setup: Setup, masks: MaskStack, source: tuple[int, int]) -> NDArray[np.int16]:
    row, column = source
    if name == "pixelcnn":
        return heard_in_stack(*masks.masks, source, size=setup.size, dilation=setup.dilation)
    packed = _seen_by_two_stacks(setup.size, setup.first, setup.kernel, setup.mask)
    return first_heard((packed[..., row, column // 8] >> (7 - column % 8) & 1).astype(bool))


def _way(
    name: str,
    setup: Setup,
    masks: MaskStack,
    heard: NDArray[np.int16],
    source: tuple[int, int],
) -> tuple[Step, ...]:
    """How it comes from the source to the target."""
    if name == "pixelcnn":
        return stack_path(heard, masks.masks[1], source, target(), dilation=setup.dilation)
    paths = _paths_of_two_stacks(setup.size, setup.first, setup.kernel, setup.mask)
    return paths.find(source, target())


# ---------------------------------------------------------------- on screen


def source_of(setup: Setup) -> tuple[tuple[int, int], int]:
    """The pixel whose way is shown, and how often it was changed: of the address at first."""
    state = st.session_state
    if state.get("path-size") != setup.size:
        first = "path-size" not in state
        state["path-source"] = _asked_source(setup.size) if first else None
        state["path-size"] = setup.size
    turn = state.setdefault("path-turn", 0)
    for key in KEYS.values():
        chosen = chosen_source(key, turn, setup.size, setup.size)
        if chosen is not None:
            state["path-source"], state["path-turn"] = chosen, turn + 1
            st.query_params["source"] = "-".join(map(str, chosen))
            break
    # Two rows up and far to the right lies the blind spot.
    row, column = target()
    far = (max(0, row - 2), min(setup.size - 1, column + setup.size // 3))
    return state["path-source"] or far, state["path-turn"]


def _asked_source(size: int) -> tuple[int, int] | None:
    parts = st.query_params.get("source", "").split("-")
    if len(parts) != 2 or not all(part.isdecimal() and int(part) < size for part in parts):
        return None
    return int(parts[0]), int(parts[1])


@st.fragment
def path(setup: Setup, masks: MaskStack) -> None:
    """The way from a chosen pixel to the target, in one stack and in two."""
    st.subheader("Follow one pixel")
    source, turn = source_of(setup)
    row, column = target()
    st.markdown(
        f"**Choose any pixel**, and press **Play**. What it holds spreads layer by layer, to the "
        f"pixels in grey. Does it ever arrive at the orange one, row {row}, column {column}?"
    )
    for (name, key), place in zip(KEYS.items(), st.columns(2, gap="large"), strict=True):
        heard = _heard(name, setup, masks, source)
        steps = _way(name, setup, masks, heard, source)
        with place:
            path_grid(
                heard,
                source=source,
                target=(row, column),
                steps=[
                    PathStep(after.row, after.column, after.depth, _in_words(before, after))
                    for before, after in pairwise(steps)
                ],
                title=ARCHITECTURES[name].title,
                no_path=_no_path(source, (row, column)),
                depth_names=depth_names(int(heard.max()) + 1),
                turn=turn,
                link="path",
                max_width=420,
                key=key,
            )
            if name == "gated_pixelcnn":
                st.caption(
                    "The vertical stack may carry it along a row in which no prediction sees it "
                    "yet: what it knows is used one row further down."
                )


def _in_words(before: Step, after: Step) -> str:
    """One step: which stack, and how far."""
    down, right = after.row - before.row, after.column - before.column
    parts = [
        f"{abs(by)} {way}"
        for by, way in (
            (down, "down" if down > 0 else "up"),
            (right, "right" if right > 0 else "left"),
        )
        if by
    ]
    moved = " and ".join(parts) or "stays"
    kind = after.layer.rpartition(".")[2]
    if kind == "shift":
        return "from the vertical stack to the horizontal one, 1 down"
    if kind in ("vertical", "horizontal"):
        return f"{kind} stack, {moved}"
    return moved


def _no_path(source: tuple[int, int], target: tuple[int, int]) -> str:
    if source >= target:
        return "No path, as it should be: this pixel is drawn later, or is the orange one itself."
    return "No path, however many layers: this pixel lies in the blind spot of the orange one."
