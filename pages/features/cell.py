"""Feature maps: where one cell of a map looks, and how its number came about."""

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
    """How a model is wired, found out once for everybody."""
    return wire(loaded(model).model)


@st.cache_resource(show_spinner=False, max_entries=4)  # some 10 MB each, soon made again
def numbers(model: str, image: NDArray[np.uint8], label: int | None) -> Numbers:
    """All numbers inside the network for one image."""
    labels = None if label is None else torch.tensor([label])
    network = loaded(model).model
    return numbers_of(network, wiring(model).graph, torch.from_numpy(image), labels)


def show_cell(
    model: str, image: NDArray[np.uint8], label: int | None, place: str, cell: Cell
) -> None:
    """The window of a cell in the image, and kernel x patch = sum, or what else it is made of.

    Args:
        model: one of `common.models`.
        image: what goes in, uint8 `(1, H, W)`.
        label: what the network is told about it.
        place: of `Wiring.places`.
        cell: the channel, row and column that the viewer clicked.
    """
    channel, row, column = cell
    st.subheader(f"How did map {channel} get its number in row {row}, column {column}?")
    wired = wiring(model)
    if place not in wired.places:
        st.markdown(
            "Nothing reads these maps: the prediction is made from the other stack, which has "
            "already taken over what it needs. They play no part."
        )
        return
    found = numbers(model, image, label)
    left, right = st.columns([5, 11], gap="medium")
    with left:
        scale = wired.places[place].scale
        show_window(image, window(wired, place, cell), (row * scale, column * scale))
    explained = convolution(wired, found, place, cell)
    lookup = looked_up(wired, found, place, cell)
    steps = remembered(wired, found, place, cell)
    with right:
        if explained is not None:
            if len(explained.sums) > 1:
                explained = chosen_source(wired, found, place, cell, explained)
            st.markdown(sum_in_words(explained))
        elif lookup is not None:
            st.markdown(lookup_in_words(lookup))
        elif steps is not None:
            st.markdown(steps_in_words(steps))
        else:
            show_parts(wired, found, place, cell)
    if explained is not None:
        show_products(explained)
    elif lookup is not None and lookup.strongest:
        show_lookup(lookup, channel, (row, column))


def chosen_source(
    wired: Wiring, found: Numbers, place: str, cell: Cell, strongest: Convolution
) -> Convolution:
    """The convolution with the input map written out that the viewer chose."""
    chosen = st.selectbox(
        f"Written out: which map of {strongest.reads}?",
        [STRONGEST, *(f"map {index}" for index in range(len(strongest.sums)))],
        key="reads",
        bind="query-params",
        width=340,
        help="Every number is made of all maps that the layer reads. Here is one of them; the "
        "strongest is the one that adds or takes away most.",
    )
    if chosen == STRONGEST:
        return strongest
    other = convolution(wired, found, place, cell, int(chosen.removeprefix("map ")))
    return other or strongest


def show_products(found: Convolution) -> None:
    """Patch, kernel and their products, each a grid of numbers; of a single weight in words."""
    if found.kernel.size == 1:
        product = (found.patch.item(), found.kernel.item(), found.products.item())
        value_there, weight, result = (f"{value:.2f}".replace("-", "−") for value in product)
        st.markdown(
            f"This kernel is a **single weight** for each map, and looks at no neighbour: "
            f"**{value_there}** in the map × **{weight}** in the kernel = **{result}**."
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
    """Where an attention looks, what it finds there, and their products, each over the picture."""
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
                missing="not looked at",
                selected=pixel,
                link="lookup",
                report=False,
                max_width=320,
                key=f"lookup-{title.split()[1]}",
            )


def show_window(image: NDArray[np.uint8], seen: NDArray[np.bool_], target: tuple[int, int]) -> None:
    """The digit, with the pixels that the cell can depend on in blue."""
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
    """The sum of a convolution as a formula, and where each of its numbers comes from."""
    own = float(found.sums[found.source])
    others = float(found.sums.sum()) - own
    count = len(found.sums) - 1
    if count:
        parts = {
            f"is the sum of the products below, of map {found.source} of {found.reads}": own,
            f"comes, in the same way, from the other {count} maps": others,
        }
    else:
        parts = {"is the sum of the products below: paper is −1, ink is 1": own}
    parts["is the bias, which is added everywhere"] = found.bias
    leaves = tuple(Term("number", value, words) for words, value in parts.items())
    return told(Term("add", found.total, parts=leaves))


def told(term: Term) -> str:
    """A formula, and where each of its numbers comes from, as Markdown."""
    leaves = dict.fromkeys((number(leaf.value), leaf.name) for leaf in term.leaves)
    lines = "\n".join(f"- **{value}** {name}" for value, name in leaves)
    return f"### {formula(term)}\n{lines}"


def show_parts(wired: Wiring, found: Numbers, place: str, cell: Cell) -> None:
    """The numbers of other layers that a cell is made of, as a formula."""
    term = made_of(wired, found, place, cell)
    if term.parts:
        st.markdown("This is no convolution: numbers of other layers meet here.")
        st.markdown(told(term))
        return
    if wired.places[place].op == "constant":
        words = "It comes from the label or the position alone. No pixel plays a part:"
    else:
        words = f"This number {term.name}:"
    st.markdown(f"{words} **{number(term.value)}**")
