"""Masks & blind spots: why there is a blind spot, and the path of one pixel through the layers."""

from itertools import pairwise

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.masks.grids import depth_names
from pages.masks.state import Setup, first_seen_depths, target, view
from pages.masks.words import edited_why, step_in_words
from pages.shared.architectures import ARCHITECTURES
from pages.shared.turns import slow_job
from pixelcnn.causality.depth_growth import thin_graph
from pixelcnn.causality.mask_stack import MaskStack
from pixelcnn.causality.paths import Paths, Step, stack_path
from pixelcnn.nn.layers import MaskType
from widgets.kernel_tiles.widget import kernel_tiles
from widgets.path_grid.widget import PathStep, chosen_source, path_grid

KEYS = {"left": "path-one", "right": "path-two"}


def blind_spot(setup: Setup, masks: MaskStack) -> None:
    """Why each architecture has a blind spot or not, with the kernels of its steps."""
    blind = any(view(setup, name, masks).totals[-1].never for name in setup.pair.values())
    st.header("Why is there a blind spot?" if blind else "Why is there no blind spot?")
    st.markdown(
        "Each layer passes on what its kernel reads, so the orange pixel sees a pixel if a "
        "**path** of such steps leads from one to the other."
    )
    steps = setup.kernel // 2 * setup.dilation
    reach = "one column" if steps == 1 else f"{steps} columns"
    for (side, name), place in zip(setup.pair.items(), st.columns(2, gap="large"), strict=True):
        architecture = ARCHITECTURES[name]
        edited = name == "pixelcnn" and masks.hex != setup.usual.hex
        why = edited_why(view(setup, name, masks).totals[-1]) if edited else architecture.why
        kernels = (
            {architecture.kind: masks.masks[1]} if edited else architecture.kernels(setup.kernel)
        )
        with place:
            for index, (column, (title, kept)) in enumerate(
                zip(st.columns(2), kernels.items(), strict=False)
            ):
                with column:
                    kernel_tiles(
                        kept, title=title, toggles=False, max_width=150, key=f"why-{side}-{index}"
                    )
            st.markdown(f"**{architecture.kind}**: {why.format(reach=reach)}")


# ---------------------------------------------------------------- how it comes there


@st.cache_resource(show_spinner="Following every path ...", max_entries=3)
@slow_job
def _paths(name: str, first: int, kernel: int, mask: MaskType, size: int, blocks: int) -> Paths:
    """The paths through a network with as few feature maps as possible."""
    chosen = ARCHITECTURES[name]
    graph = thin_graph(
        chosen.model,
        size=size,
        blocks=blocks,
        first_mask=mask,
        first_kernel_size=first,
        kernel_size=kernel,
        **chosen.options,
    )
    return Paths(graph, size, size)


def _way(
    name: str,
    setup: Setup,
    masks: MaskStack,
    first_seen: NDArray[np.int16],
    source: tuple[int, int],
) -> tuple[Step, ...]:
    """The steps of a path from the source to the target; empty if there is none."""
    if name == "pixelcnn":
        return stack_path(first_seen, masks.masks[1], source, target(), dilation=setup.dilation)
    if first_seen[target()] < 0:
        return ()
    blocks = max(1, int(first_seen[target()]))
    paths = _paths(name, setup.first, setup.kernel, setup.mask, setup.size, blocks)
    return paths.find(source, target())


# ---------------------------------------------------------------- on screen


def source_of(setup: Setup) -> tuple[tuple[int, int], int]:
    """The pixel to follow (at first the one in the address), and how often it was changed."""
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
    # The default lies in the blind spot: two rows up and far to the right.
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
    """The path from a chosen pixel to the target, in both architectures."""
    st.subheader("Follow one pixel")
    source, turn = source_of(setup)
    row, column = target()
    st.markdown(
        "**Choose any pixel** and press **Play**. Its value spreads layer by layer to the grey "
        f"pixels. Does it ever reach the orange one, row {row}, column {column}?"
    )
    for (side, key), place in zip(KEYS.items(), st.columns(2, gap="large"), strict=True):
        name = setup.pair[side]
        first_seen = first_seen_depths(setup, name, masks, source)
        steps = _way(name, setup, masks, first_seen, source)
        depths = 1 + max([int(first_seen.max()), *(step.depth for step in steps)])
        with place:
            path_grid(
                first_seen,
                source=source,
                target=(row, column),
                steps=[_path_step(name, before, after) for before, after in pairwise(steps)],
                title=ARCHITECTURES[name].title,
                no_path=_no_path(source, (row, column)),
                depth_names=depth_names(depths),
                turn=turn,
                link="path",
                max_width=420,
                key=key,
            )
            st.caption(ARCHITECTURES[name].path)


def _path_step(name: str, before: Step, after: Step) -> PathStep:
    words = step_in_words(name, before, after)
    return PathStep(after.row, after.column, after.depth, words, after.layer.endswith("attention"))


def _no_path(source: tuple[int, int], target: tuple[int, int]) -> str:
    if source >= target:
        return "No path, and rightly so: this pixel is drawn later, or is the orange one itself."
    return (
        "No path, however many layers there are: this pixel is in the blind spot of the orange one."
    )
