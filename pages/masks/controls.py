"""Masks & blind spots: the controls above the two grids."""

import streamlit as st

from pages.masks.state import Setup
from pages.shared.architectures import ARCHITECTURES
from pages.shared.controls import one_of

SIZES = [8, 14, 20, 28]
FIRST_KERNELS = [3, 5, 7, 9, 11]
KERNELS = [3, 5, 7]
DILATIONS = [1, 2, 3]


def controls() -> Setup:
    with st.container(horizontal=True):
        first = one_of(
            "First layer, n × n",
            FIRST_KERNELS,
            default=7,
            key="first",
            help="The kernel size of the first layer, in pixels: the window that it reads.",
        )
        mask = one_of(
            "Its mask",
            ["A", "B"],
            key="mask",
            help="A hides the pixel itself, B shows it. The first layer needs A.",
        )
        kernel = one_of(
            "Layers after it, n × n",
            KERNELS,
            key="kernel",
            help="Their mask is always B: their input at a pixel does not contain that pixel's own "
            "value.",
        )
        dilation = one_of(
            "Their dilation",
            DILATIONS,
            key="dilation",
            help="The spacing of the later layers' weights, in pixels: 2 skips one pixel between "
            "two that are read. Applies to PixelCNN (one stack).",
        )
    names = list(ARCHITECTURES)
    with st.container(horizontal=True):
        left = _architecture("Compare", names, "pixelcnn", "left")
        others = [name for name in names if name != left]
        right = _architecture("with", others, "gated_pixelcnn", "right")
        size = one_of("Picture, n × n", SIZES, default=28, key="size")
    shown = "B" if mask == "B" else "A"
    return Setup(size, first, shown, kernel, dilation, left, right)


def _architecture(label: str, names: list[str], usual: str, key: str) -> str:
    return st.selectbox(
        label,
        names,
        index=names.index(usual) if usual in names else 0,
        format_func=lambda name: ARCHITECTURES[name].paper,
        key=key,
        bind="query-params",
        width=250,
    )
