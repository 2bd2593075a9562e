"""Feature maps: the receptive field of one cell of a map, and how its value is computed."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from pages.features.words import formula, lookup_in_words, number, steps_in_words
from pages.shared.loaded import loaded
from pixelcnn.introspect.attention_cell import Lookup, looked_up
from pixelcnn.introspect.cell import Cell, Convolution, Term, convolution, made_of, window
from pixelcnn.introspect.recurrent_cell import remembered
from pixelcnn.introspect.wiring import Numbers, Wiring, numbers_of, wire
from widgets.pixel_grid.widget import pixel_grid

STRONGEST = "the strongest"


@st.cache_resource(show_spinner="Following every path ...")
def wiring(model: str) -> Wiring:
    """The wiring of a model, shared by all sessions."""
    return wire(loaded(model).model)


@st.cache_resource(show_spinner=False, max_entries=4)  # some 10 MB each, quick to recompute
def numbers(model: str, image: NDArray[np.uint8], label: int | None) -> Numbers:
    """All values inside the network for one image."""
    labels = None if label is None else torch.tensor([label])
    network = loaded(model).model
    return numbers_of(network, wiring(model).graph, torch.from_numpy(image), labels)


def show_cell(
    model: str, image: NDArray[np.uint8], label: int | None, place: str, cell: Cell
) -> None:
    """The window of a cell in the image, and its value as kernel x patch or as a formula.

    Args:
        model: one of `common.models`.
        image: the input, uint8 `(1, H, W)`.
        label: the class given to the network, if it takes one.
        place: a key of `Wiring.places`.
        cell: channel, row and column of the clicked cell.
    """
    channel, row, column = cell
    st.subheader(f"How does map {channel} get its value in row {row}, column {column}?")
    wired = wiring(model)
    if place not in wired.places:
        st.markdown(
            "These maps are not used: the prediction comes from the other stack, which already has "
            "what it needs from this one."
        )
        return
    values = numbers(model, image, label)
    left, right = st.columns([5, 11], gap="medium")
    with left:
        scale = wired.places[place].scale
        show_window(image, window(wired, place, cell), (row * scale, column * scale))
    explained = convolution(wired, values, place, cell)
    lookup = looked_up(wired, values, place, cell)
    steps = remembered(wired, values, place, cell)
    with right:
        if explained is not None:
            if len(explained.sums) > 1:
                explained = chosen_source(wired, values, place, cell, explained)
            st.markdown(sum_in_words(explained))
        elif lookup is not None:
            st.markdown(lookup_in_words(lookup))
        elif steps is not None:
            st.markdown(steps_in_words(steps))
        else:
            show_parts(wired, values, place, cell)
    if explained is not None:
        show_products(explained)
    elif lookup is not None and lookup.strongest:
        show_lookup(lookup, channel, (row, column))


def chosen_source(
    wired: Wiring, values: Numbers, place: str, cell: Cell, strongest: Convolution
) -> Convolution:
    """The convolution, with the chosen input map written out."""
    chosen = st.selectbox(
        f"Write out the sum for which input map? ({strongest.reads})",
        [STRONGEST, *(f"map {index}" for index in range(len(strongest.sums)))],
        key="reads",
        bind="query-params",
        width=340,
        help="Every value sums over all maps that the layer reads. This is one of them; the "
        "strongest contributes most, positive or negative.",
    )
    if chosen == STRONGEST:
        return strongest
    other = convolution(wired, values, place, cell, int(chosen.removeprefix("map ")))
    return other or strongest


def show_products(found: Convolution) -> None:
    """Patch, kernel and their products as grids; a 1 x 1 kernel as a sentence."""
    if found.kernel.size == 1:
        product = (found.patch.item(), found.kernel.item(), found.products.item())
        value_there, weight, result = (f"{value:.2f}".replace("-", "−") for value in product)
        st.markdown(
            "This kernel has a **single weight** per map and reads no neighbour: "
            f"**{value_there}** (map) × **{weight}** (kernel) = **{result}**."
        )
        return
    patch = np.where(np.isnan(found.kernel), np.nan, found.patch)
    grids = {"Patch": patch, "× kernel": found.kernel, "= products": found.products}
    for place, (title, values) in zip(st.columns(3, gap="small"), grids.items(), strict=True):
        with place:
            pixel_grid(
                values,
                title=title,
                missing="masked",
                numbers=True,
                report=False,
                max_width=320,
                key=f"cell-{title.split()[-1]}",
            )


def show_lookup(found: Lookup, channel: int, pixel: tuple[int, int]) -> None:
    """Attention weights, values and their products, each over the picture."""
    grids = {
        f"Weights of head {found.head + 1}": (100 * found.weights, " %"),
        f"× values, map {channel}": (found.values, ""),
        "= products": (found.products, ""),
    }
    for place, (title, (values, unit)) in zip(
        st.columns(3, gap="small"), grids.items(), strict=True
    ):
        with place:
            pixel_grid(
                values,
                title=title,
                unit=unit,
                missing="not seen",
                selected=pixel,
                link="lookup",
                report=False,
                max_width=320,
                key=f"lookup-{title.split()[1]}",
            )


def show_window(image: NDArray[np.uint8], seen: NDArray[np.bool_], target: tuple[int, int]) -> None:
    """The digit, with the cell's receptive field in blue."""
    pixel_grid(
        image[0],
        title="Its window in the image",
        colormap="Greys",
        limits=(0.0, float(max(1, image.max()))),
        marks={"seen": (seen, f"its window: {int(seen.sum())} pixels")},
        overlay=image[0],
        outline=True,
        selected=target,
        report=False,
        max_width=320,
        key="cell-window",
    )


def sum_in_words(found: Convolution) -> str:
    """The sum of a convolution as a formula, with the source of each value."""
    own = float(found.sums[found.source])
    others = float(found.sums.sum()) - own
    count = len(found.sums) - 1
    if count:
        parts = {
            f"is the sum of the products below, for map {found.source} of {found.reads}": own,
            "comes in the same way from "
            + ("the other map" if count == 1 else f"the other {count} maps"): others,
        }
    else:
        parts = {"is the sum of the products below: paper is −1, ink is 1": own}
    parts["is the bias, the same at every pixel"] = found.bias
    leaves = tuple(Term("number", value, words) for words, value in parts.items())
    return formula_with_sources(Term("add", found.total, parts=leaves))


def formula_with_sources(term: Term) -> str:
    """A formula with the source of each value, as Markdown."""
    leaves = dict.fromkeys((number(leaf.value), leaf.name) for leaf in term.leaves)
    lines = "\n".join(f"- **{value}** {name}" for value, name in leaves)
    return f"### {formula(term)}\n{lines}"


def show_parts(wired: Wiring, values: Numbers, place: str, cell: Cell) -> None:
    """The values of other layers that make up a cell, as a formula."""
    term = made_of(wired, values, place, cell)
    if term.parts:
        st.markdown("Not a convolution: this value combines the outputs of several layers.")
        st.markdown(formula_with_sources(term))
        return
    if wired.places[place].op == "constant":
        words = "This value depends only on the label or the position, not on any pixel:"
    else:
        words = f"This value {term.name}:"
    st.markdown(f"{words} **{number(term.value)}**")
