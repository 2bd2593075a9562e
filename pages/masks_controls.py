"""Masks & blind spots: the controls above the two grids."""

import streamlit as st

from pages.controls import one_of
from pages.masks_state import Setup
from pages.masks_words import ARCHITECTURES

SIZES = [8, 14, 20, 28]
FIRST_KERNELS = [3, 5, 7, 9, 11]
KERNELS = [3, 5, 7]
DILATIONS = [1, 2, 3]


def controls() -> Setup:
    """The picture's size, the kernels, their masks, and the architectures to compare."""
    with st.container(horizontal=True):
        first = _pixels(
            "First layer, n × n",
            FIRST_KERNELS,
            7,
            key="first",
            width=145,
            help="The kernel of the first layer, in pixels: the window that it looks through.",
        )
        mask = one_of(
            "Its mask",
            ["A", "B"],
            key="mask",
            help="A hides the pixel itself, B shows it. The first layer needs A.",
        )
        kernel = _pixels(
            "Layers after it, n × n",
            KERNELS,
            3,
            key="kernel",
            width=165,
            help="Their mask is always B: what they read about a pixel has left it out already.",
        )
        dilation = _pixels(
            "Their dilation",
            DILATIONS,
            1,
            key="dilation",
            width=130,
            help="How far apart the weights of the later layers stand, in pixels: 2 leaves one "
            "pixel out between two that are read. For PixelCNN, the one stack.",
        )
        size = _pixels("Picture, n × n", SIZES, 28, key="size", width=125)
    names = list(ARCHITECTURES)
    places = st.columns(2, gap="large")
    with places[0]:
        left = _architecture("Compare", names, "pixelcnn", "left")
    with places[1]:
        others = [name for name in names if name != left]
        right = _architecture("with", others, "gated_pixelcnn", "right")
    shown = "B" if mask == "B" else "A"
    return Setup(size, first, shown, kernel, dilation, left, right)


def _pixels(
    label: str, sizes: list[int], usual: int, *, key: str, width: int, help: str | None = None
) -> int:
    """One of these numbers of pixels."""
    return st.selectbox(
        label,
        sizes,
        index=sizes.index(usual),
        key=key,
        bind="query-params",
        width=width,
        help=help,
    )


def _architecture(label: str, names: list[str], usual: str, key: str) -> str:
    """One of these architectures."""
    return st.selectbox(
        label,
        names,
        index=names.index(usual) if usual in names else 0,
        format_func=lambda name: ARCHITECTURES[name].paper,
        key=key,
        bind="query-params",
        width=260,
    )
