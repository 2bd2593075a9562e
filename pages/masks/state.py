"""Masks & blind spots: what is chosen, kept in the address, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.shared.architectures import ARCHITECTURES
from pages.shared.turns import slow_job
from pixelcnn.causality.depth_growth import Totals, receptive_field_by_depth
from pixelcnn.causality.mask_stack import MaskStack
from pixelcnn.causality.paths import first_seen_depth
from pixelcnn.causality.stack_growth import stack_first_seen_depth, stack_receptive_field
from pixelcnn.errors import ConfigError
from pixelcnn.nn.layers import MaskType
from widgets.reach_grid.widget import ReachSelection, ReachStack, ReachTable, reach_table

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Setup:
    """What the controls say.

    Attributes:
        size: rows and columns of the picture, in pixels.
        first: the kernel of the first layer, in pixels.
        mask: its mask.
        kernel: the kernel of the layers after it.
        dilation: distance in pixels between neighbouring weights of the one stack's later layers.
        left, right: the architectures to compare, by their names in `ARCHITECTURES`.
    """

    size: int
    first: int
    mask: MaskType
    kernel: int
    dilation: int
    left: str
    right: str

    @property
    def pair(self) -> dict[str, str]:
        """Side and architecture."""
        return {"left": self.left, "right": self.right}

    @property
    def usual(self) -> MaskStack:
        """The masks of the one stack, first layer and later ones, as they usually are."""
        stack = MaskStack.correct((self.first, self.kernel))
        if self.mask == "A":
            return stack
        first = stack.masks[0].copy()
        first[self.first // 2, self.first // 2] = True
        return MaskStack((first, stack.masks[1]))

    @property
    def middle(self) -> ReachSelection:
        """The target and the depth of a first visit."""
        return ReachSelection(self.size // 2, self.size // 2, min(7, self.size - 1))


# ---------------------------------------------------------------- what each pixel sees


@dataclass(frozen=True)
class View:
    """What every pixel sees after each layer: for the browser, and counted over all pairs.

    `first_seen` is the first layer after which each pixel sees each source: int8 `(H, W, H, W)`, -1
    for never; None for editable masks, which `stack_first_seen_depth` takes one source at a time.
    """

    table: ReachTable | ReachStack
    totals: tuple[Totals, ...]
    first_seen: NDArray[np.int8] | None = None


def view(setup: Setup, name: str, masks: MaskStack) -> View:
    """What an architecture sees; `masks` are those of the one stack."""
    if name == "pixelcnn":
        return _view_of_stack(masks.hex, setup.first, setup.kernel, setup.size, setup.dilation)
    return _view_of(name, setup.first, setup.kernel, setup.mask, setup.size)


# What takes a few milliseconds needs no spinner, and edits would fill a larger cache.
@st.cache_resource(show_spinner=False, max_entries=64)
def _view_of_stack(masks: str, first: int, kernel: int, size: int, dilation: int) -> View:
    stack = MaskStack.from_hex(masks, (first, kernel))
    found = stack_receptive_field(*stack.masks, size=size, dilation=dilation)
    table = ReachStack(stack.masks, size, size, size, dilation, keeps=True)
    return View(table, found.totals)


# 0.7 MB each. Following the paths takes up to seconds and 16 MB: what may be asked is kept at once.
@st.cache_resource(show_spinner="Following every path ...", max_entries=64)
@slow_job
def _view_of(name: str, first: int, kernel: int, mask: MaskType, size: int) -> View:
    chosen = ARCHITECTURES[name]
    found = receptive_field_by_depth(
        chosen.model,
        size=size,
        first_kernel_size=first,
        kernel_size=kernel,
        first_mask=mask,
        **chosen.options,
    )
    # Where nothing more is seen after a few layers, the others are like the last of these.
    missing = size - len(found.relations)
    relations = np.concatenate([found.relations, np.repeat(found.relations[-1:], missing, axis=0)])
    totals = (*found.totals, *repeat(found.totals[-1], missing))
    table = reach_table(relations, limit=found.limit)
    return View(table, totals, first_seen_depth(found.relations).astype(np.int8))


def first_seen_depths(
    setup: Setup, name: str, masks: MaskStack, source: tuple[int, int]
) -> NDArray[np.int16]:
    """After which layer each pixel sees the source: see `first_seen_depth`."""
    if name == "pixelcnn":
        return stack_first_seen_depth(
            *masks.masks, source, size=setup.size, dilation=setup.dilation
        )
    first_seen = _view_of(name, setup.first, setup.kernel, setup.mask, setup.size).first_seen
    assert first_seen is not None  # only masks that may be edited lack it
    return first_seen[:, :, *source].astype(np.int16)


# ---------------------------------------------------------------- edited masks

_MASKS = "masks"  # the query parameter


def starting_masks(setup: Setup) -> MaskStack:
    """The masks that the tiles show until they are clicked: those of the address, or the usual."""
    state = st.session_state
    base = (setup.usual.hex, state.get("mask-revision", 0))
    same = state.get("mask-base") == base
    if "first-tiles" not in state:  # the tiles come on screen
        before = state.get("masks-shown", "") if same else ""
        state["mask-start"] = _masks_or_usual(st.query_params.get(_MASKS, before), setup)
    elif not same:  # other kernels, or the button that undoes the clicks
        state["mask-start"] = setup.usual
    state["mask-base"] = base
    start: MaskStack = state["mask-start"]
    return start


def _masks_or_usual(text: str, setup: Setup) -> MaskStack:
    try:
        return MaskStack.from_hex(text, (setup.first, setup.kernel))
    except ConfigError:
        return setup.usual


def keep_masks(setup: Setup, masks: MaskStack) -> None:
    """Write edited masks into the address."""
    if masks.hex == setup.usual.hex:
        st.query_params.pop(_MASKS, None)
    elif st.query_params.get(_MASKS) != masks.hex:
        st.query_params[_MASKS] = masks.hex
    st.session_state["masks-shown"] = masks.hex


def put_usual_masks_back() -> None:
    """Undo every click on a tile."""
    st.session_state["mask-revision"] = st.session_state.get("mask-revision", 0) + 1


# ---------------------------------------------------------------- the target


def asked_for(setup: Setup) -> ReachSelection:
    """What the address asks for; what it does not name stays as it was, or as it is at first."""
    before = st.session_state.get("reach-shown", setup.middle)
    return ReachSelection(
        number_in_address("row", setup.size, before.row, setup.middle.row),
        number_in_address("column", setup.size, before.column, setup.middle.column),
        number_in_address("depth", setup.size, before.depth, setup.middle.depth),
    )


def number_in_address(name: str, limit: int, otherwise: int, usual: int) -> int:
    """The first of these that is a number below the limit."""
    given = st.query_params.get(name, "")
    if given.isdecimal() and int(given) < limit:
        return int(given)
    return otherwise if otherwise < limit else usual


def put_into_address(shown: ReachSelection, usual: ReachSelection) -> None:
    """Write the target and the depth, where they are not those of the first visit."""
    for name in ("row", "column", "depth"):
        value = getattr(shown, name)
        if value == getattr(usual, name):
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != str(value):
            st.query_params[name] = str(value)


def newest(selections: Iterable[ReachSelection]) -> ReachSelection:
    """Of the two linked grids, what the one that was used last shows: only that one reports."""
    shown: ReachSelection = st.session_state["reach-shown"]
    for selection in selections:
        if selection.at > shown.at:
            shown = selection
    st.session_state["reach-shown"] = shown
    return shown


def target() -> tuple[int, int]:
    """Row and column of the pixel that both grids show now."""
    shown: ReachSelection = st.session_state["reach-shown"]
    return shown.row, shown.column
