"""Masks & blind spots: the choices, kept in the address, and the data computed from them."""

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
    """The values of the controls.

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
        return {"left": self.left, "right": self.right}

    @property
    def usual(self) -> MaskStack:
        """The default masks of the one stack: first layer, later layers."""
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
    """What every pixel sees after each layer, packed for the browser, with counts over all pairs.

    `first_seen` is the first layer after which each pixel sees each source: int8 `(H, W, H, W)`, -1
    for never; None for editable masks, which `stack_first_seen_depth` takes one source at a time.
    """

    table: ReachTable | ReachStack
    totals: tuple[Totals, ...]
    first_seen: NDArray[np.int8] | None = None


def view(setup: Setup, name: str, masks: MaskStack) -> View:
    """The view of an architecture; `masks` are those of the one stack."""
    if name == "pixelcnn":
        return _view_of_stack(masks.hex, setup.first, setup.kernel, setup.size, setup.dilation)
    return _view_of(name, setup.first, setup.kernel, setup.mask, setup.size)


# Takes a few milliseconds: no spinner, and a small cache, since every edit adds an entry.
@st.cache_resource(show_spinner=False, max_entries=64)
def _view_of_stack(masks: str, first: int, kernel: int, size: int, dilation: int) -> View:
    stack = MaskStack.from_hex(masks, (first, kernel))
    grown = stack_receptive_field(*stack.masks, size=size, dilation=dilation)
    table = ReachStack(stack.masks, size, size, size, dilation, keeps=True)
    return View(table, grown.totals)


# 0.7 MB each. Following the paths takes up to seconds and 16 MB, so only the results are cached.
@st.cache_resource(show_spinner="Following every path ...", max_entries=64)
@slow_job
def _view_of(name: str, first: int, kernel: int, mask: MaskType, size: int) -> View:
    chosen = ARCHITECTURES[name]
    grown = receptive_field_by_depth(
        chosen.model,
        size=size,
        first_kernel_size=first,
        kernel_size=kernel,
        first_mask=mask,
        **chosen.options,
    )
    # Once nothing more is seen, all further layers equal the last one.
    missing = size - len(grown.relations)
    relations = np.concatenate([grown.relations, np.repeat(grown.relations[-1:], missing, axis=0)])
    totals = (*grown.totals, *repeat(grown.totals[-1], missing))
    table = reach_table(relations, limit=grown.limit)
    return View(table, totals, first_seen_depth(grown.relations).astype(np.int8))


def first_seen_depths(
    setup: Setup, name: str, masks: MaskStack, source: tuple[int, int]
) -> NDArray[np.int16]:
    """The layer after which each pixel sees the source; -1 for never."""
    if name == "pixelcnn":
        return stack_first_seen_depth(
            *masks.masks, source, size=setup.size, dilation=setup.dilation
        )
    first_seen = _view_of(name, setup.first, setup.kernel, setup.mask, setup.size).first_seen
    assert first_seen is not None  # None only for editable masks
    return first_seen[:, :, *source].astype(np.int16)


# ---------------------------------------------------------------- edited masks

_MASKS = "masks"  # the query parameter


def starting_masks(setup: Setup) -> MaskStack:
    """The masks in the tiles before any click: those in the address, or the default."""
    state = st.session_state
    base = (setup.usual.hex, state.get("mask-revision", 0))
    same = state.get("mask-base") == base
    if "first-tiles" not in state:  # the tiles come on screen
        before = state.get("masks-shown", "") if same else ""
        state["mask-start"] = _masks_or_usual(st.query_params.get(_MASKS, before), setup)
    elif not same:  # other kernels, or a reset of the masks
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
    """Target and depth in the address; what it lacks stays as it was, or is the default."""
    before = st.session_state.get("reach-shown", setup.middle)
    return ReachSelection(
        number_in_address("row", setup.size, before.row, setup.middle.row),
        number_in_address("column", setup.size, before.column, setup.middle.column),
        number_in_address("depth", setup.size, before.depth, setup.middle.depth),
    )


def number_in_address(name: str, limit: int, otherwise: int, usual: int) -> int:
    """The first of these values that is a number below the limit."""
    given = st.query_params.get(name, "")
    if given.isdecimal() and int(given) < limit:
        return int(given)
    return otherwise if otherwise < limit else usual


def put_into_address(shown: ReachSelection, usual: ReachSelection) -> None:
    """Keep target and depth in the address, unless they are the defaults."""
    for name in ("row", "column", "depth"):
        value = getattr(shown, name)
        if value == getattr(usual, name):
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != str(value):
            st.query_params[name] = str(value)


def newest(selections: Iterable[ReachSelection]) -> ReachSelection:
    """The selection of the grid that was used last: only that one reports."""
    shown: ReachSelection = st.session_state["reach-shown"]
    for selection in selections:
        if selection.at > shown.at:
            shown = selection
    st.session_state["reach-shown"] = shown
    return shown


def target() -> tuple[int, int]:
    """Row and column of the current target in both grids."""
    shown: ReachSelection = st.session_state["reach-shown"]
    return shown.row, shown.column
