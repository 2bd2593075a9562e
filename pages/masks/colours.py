"""Masks & blind spots: the masks for colour pictures, and what a wrong one hides."""

import numpy as np
import streamlit as st

from pages.masks.words import COLOURS, COLOURS_IN_WORDS
from pixelcnn.causality.reach import BoolArray, sub_pixel_relation
from pixelcnn.exhibits.catalogue import EXHIBITS
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import trace
from pixelcnn.models.registry import build_model
from pixelcnn.nn.layers import MaskType, causal_mask
from widgets.kernel_tiles.widget import kernel_tiles

_KERNEL = 3
_SIZE = 4  # of the small network that is audited; all inner pixels behave alike


def table_of_masks(kind: MaskType) -> BoolArray:
    """The kernels from each colour (across) to each colour (down): bool `(9, 9)`."""
    mask = causal_mask(3, 3, (_KERNEL, _KERNEL), kind, colours=3).numpy()  # (out, in, k, k)
    return mask.transpose(0, 2, 1, 3).reshape(3 * _KERNEL, 3 * _KERNEL)


@st.cache_data(show_spinner=False)
def own_pixel(mask_a_at_output: bool) -> BoolArray:
    """Which colours of its own pixel each colour sees in a small network: bool `(3, 3)`."""
    options = {"height": _SIZE, "width": _SIZE, "channels": 3, "hidden_channels": 3, "blocks": 1}
    model: AutoregressiveModel = build_model("pixelcnn", **options)
    if mask_a_at_output:
        model = EXHIBITS["output_mask_a"].broken(model.config)
    middle = _SIZE // 2
    return sub_pixel_relation(trace(model), model)[:, middle, middle, :, middle, middle]


def colours() -> None:
    """The tables of both mask types, and the effect of mask A where B belongs."""
    st.header("What about colours?")
    st.markdown(
        "A colour pixel has three parts, drawn in the order **R, G, B**, and each layer has a "
        "kernel from every colour (column) to every colour (row). Their masks differ only at the "
        "centre."
    )
    places = st.columns(3, gap="large")
    for kind, place in zip(("A", "B"), places, strict=False):
        with place:
            kernel_tiles(
                table_of_masks("B" if kind == "B" else "A"),
                blocks=COLOURS,
                toggles=False,
                title=f"Mask {kind}",
                max_width=300,
                key=f"colours-{kind}",
            )
            st.markdown(COLOURS_IN_WORDS[kind])
    with places[2]:
        st.markdown("**Mask A at the output too?**")
        right, wrong = own_pixel(False), own_pixel(True)
        st.markdown(
            "A tempting mistake: the output must not see its own value either. But the first layer "
            "has hidden that already. Counted in a small network, within one pixel:\n\n"
            f"- with **B** there, {_who_sees(right)};\n"
            f"- with **A** there, {_who_sees(wrong)}.\n\n"
            "Nothing leaks, so an audit for leaks does not find it. But the colours do not match: "
            "see *Break it*."
        )


def _who_sees(relation: BoolArray) -> str:
    """A table (target, source) as text: `G sees R, B sees R and G`."""
    parts = []
    for target in range(1, 3):
        seen = [COLOURS[source] for source in np.flatnonzero(relation[target])]
        parts.append(f"{COLOURS[target]} sees {' and '.join(seen) or 'nothing'}")
    return ", ".join(parts)
