"""Audit your own: three masks to edit by hand, and the verdict on the network they make."""

from __future__ import annotations

import streamlit as st

from pages.break_it.words import audit_in_words
from pixelcnn.causality.mask_stack import MaskStack, Tap, offset_in_words
from pixelcnn.causality.reach import AuditReport, BoolArray
from pixelcnn.errors import ConfigError
from widgets.kernel_tiles.widget import kernel_tiles
from widgets.reach_grid.widget import ReachStack, reach_grid

KERNELS = (5, 3, 3)
SIZE = 14
_TITLES = ("First layer", "Second", "Third")
_WIDTHS = (230, 150, 150)
_LINK = "stack"
_NAMED = 3  # leaking weights named in the verdict; the rest are only counted
# Session keys: masks at the start of editing, masks as last edited, and number of resets.
_START, _KEPT, _ROUND = "stack-start", "stack-kept", "stack-round"


@st.cache_resource(show_spinner=False, max_entries=128)
def judged(stack_hex: str) -> AuditReport:
    """The audit of a stack of masks, shared by all sessions."""
    return MaskStack.from_hex(stack_hex, KERNELS).report(SIZE)


@st.fragment
def edit_masks() -> None:
    """Three kernels as tiles, the verdict and the leak map; a click reruns only this fragment."""
    right = MaskStack.correct(KERNELS)
    _prepare(right)
    start = MaskStack.from_hex(st.session_state[_START], KERNELS)
    st.markdown(
        "Three convolutions, one after the other. **Click a weight** to mask or unmask it, and see "
        "at once what the third layer sees."
    )
    verdict = st.container()
    tiles, grid = st.columns([5, 6], gap="large")
    with tiles:
        masks = [_tile(start, 0)]
        for layer, column in zip((1, 2), st.columns(2), strict=True):
            with column:
                masks.append(_tile(start, layer))
        st.button("Put the right masks back", on_click=_put_back, icon=":material/undo:")
    stack = MaskStack(tuple(masks))
    _put_into_address(stack, right)
    report = judged(stack.hex)
    with grid:
        reach_grid(
            ReachStack(stack.masks, SIZE, SIZE, depths=len(KERNELS)),
            title="What each pixel sees",
            depth_names=["after the first layer", "after the second", "after the third"],
            link=_LINK,
            report=False,
            max_width=440,
            key="stack-grid",
        )
    with verdict:
        box = st.success if report.causal else st.error
        box(f"{audit_in_words(report)} {to_blame(stack)}")


def _tile(start: MaskStack, layer: int) -> BoolArray:
    return kernel_tiles(
        start.masks[layer],
        title=_TITLES[layer],
        max_width=_WIDTHS[layer],
        link=_LINK,
        layer=layer,
        key=_key(layer),
    )


def _key(layer: int) -> str:
    return f"stack-{layer}-{st.session_state[_ROUND]}"


def _prepare(right: MaskStack) -> None:
    """Fill the tiles from the address, or as they were left, when they come on screen."""
    st.session_state.setdefault(_ROUND, 0)
    if _key(0) in st.session_state:
        return
    asked = st.query_params.get("stack", st.session_state.get(_KEPT, right.hex))
    try:
        st.session_state[_START] = MaskStack.from_hex(asked, KERNELS).hex
    except ConfigError:  # a typing error in the address
        st.session_state[_START] = right.hex


def _put_into_address(stack: MaskStack, right: MaskStack) -> None:
    """Keep edited masks in the address, and the right masks out of it."""
    st.session_state[_KEPT] = stack.hex
    if stack.hex == right.hex:
        st.query_params.pop("stack", None)
    elif st.query_params.get("stack") != stack.hex:
        st.query_params["stack"] = stack.hex


def _put_back() -> None:
    """Reset the tiles. New keys make Streamlit forget the clicks in the old ones."""
    st.session_state[_KEPT] = MaskStack.correct(KERNELS).hex
    st.query_params.pop("stack", None)
    st.session_state[_ROUND] += 1


def to_blame(stack: MaskStack) -> str:
    """Which weights cause the leak, or look ahead without causing one."""
    guilty = stack.leaking_taps()
    if guilty:
        return f"Cause: {_named(guilty)}."
    if not all(mask.any() for mask in stack.masks):
        return "A layer without any weight lets nothing through."
    harmless = stack.harmless_taps()
    if harmless:
        return (
            f"One layer looks ahead ({_named(harmless)}), but the other layers only pass it pixels "
            "further back. This is why a vertical stack may look sideways."
        )
    return ""


def _named(taps: list[Tap]) -> str:
    words = [
        f"in layer {tap.layer + 1} the weight for **{offset_in_words(tap.offset)}**"
        for tap in taps[:_NAMED]
    ]
    more = len(taps) - _NAMED
    return "; ".join([*words, *([f"and {more} more"] if more > 0 else [])])
