"""Text of the page Masks & blind spots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pixelcnn.causality.depth_growth import Totals
from pixelcnn.causality.paths import Step


def step_in_words(name: str, before: Step, after: Step) -> str:
    """One step of a path through an architecture: the layer, and the distance."""
    down, right = after.row - before.row, after.column - before.column
    moves = ((down, "down" if down > 0 else "up"), (right, "right" if right > 0 else "left"))
    moved = " and ".join(f"{abs(by)} {way}" for by, way in moves if by) or "stays"
    *path, kind = after.layer.split(".")
    if kind == "attention":
        return f"attention, {moved} in one jump"
    if kind == "shift" and name == "gated_pixelcnn":
        return "from the vertical stack to the horizontal one, 1 down"
    if kind == "repeat":
        return f"back to twice the size, {moved}"
    if "halving" in path:
        return f"to half the size, {moved}"
    if kind in _CARRIERS:
        return f"{_CARRIERS[kind]}, {moved}"
    stream = next((_CARRIERS[part] for part in path if part in ("down", "right")), "")
    size = f" at 1/{after.scale} of the size" if after.scale > 1 else ""
    return f"{stream}{size}, {moved}" if stream else moved


_CARRIERS: Mapping[str, str] = {
    "vertical": "vertical stack",
    "horizontal": "horizontal stack",
    "down": "down stream",
    "right": "right stream",
    "first_down": "down stream",
    "first_right": "right stream",
    "recurrence": "from state to state",
    "reverse_recurrence": "from state to state",
    "shift": "state from the right",
}


def layers_in_words(depth: int) -> str:
    """The label of the depth slider."""
    return "first layer" if depth == 0 else f"first layer + {depth}"


def in_words(totals: Totals, depth: int, pixels: int) -> str:
    """The counts over all pairs of pixels at a depth."""
    layers = "the first layer alone sees" if depth == 0 else f"the first layer and {depth} more see"
    spot = "at any depth" if totals.never else "so there is no blind spot"
    leaks = (
        f" **{totals.leaks:,} "
        f"{'leak' if totals.leaks == 1 else 'leaks'}**{_which_leaks(totals, pixels)}."
        if totals.leaks
        else ""
    )
    return (
        f"For all {pixels} pixels: {layers} **{totals.seen_share:.1%}** of all {totals.legal:,} "
        f"pairs (a pixel and an earlier one). **{totals.never:,} are never seen**, {spot}.{leaks}"
    )


def edited_why(deepest: Totals) -> str:
    """Why one stack with edited masks sees what it sees, at any depth."""
    if deepest.leaks:
        return (
            "its steps are those of the kernels that you edited. Some of them now come from "
            "**later** pixels. The network leaks, so its likelihood means nothing."
        )
    if deepest.never:
        return (
            "its steps are those of the kernels that you edited. They leak nothing, but from some "
            "earlier pixels no path leads to this one."
        )
    return "its steps are those of the kernels that you edited, and every earlier pixel is reached."


def _which_leaks(totals: Totals, pixels: int) -> str:
    if totals.leaks == pixels:
        return " (every pixel sees itself)"
    return " (pairs of a pixel and itself or a later one)"


COLOURS = ("R", "G", "B")
COLOURS_IN_WORDS = {
    "A": "**Mask A**, first layer: the three colours of a pixel are drawn one after the other. "
    "R sees nothing of its own pixel, G sees R, B sees R and G.",
    "B": "**Mask B**, later layers: each colour also keeps its own features.",
}


@dataclass(frozen=True)
class Order:
    """A generation order: its name in the library, and how the picture is transformed."""

    library: str
    how: str


ORDERS: Mapping[str, Order] = {
    "rows": Order("raster", "For this order the picture stays as it is."),
    "columns": Order("columns", "Here it is **transposed**: its columns become rows."),
    "backwards": Order(
        "reversed", "Here it is **turned by 180 degrees**: the last pixel comes first."
    ),
    "serpentine": Order(
        "serpentine",
        "Here **every other row is mirrored**. It leaks nothing, but it separates neighbours: the "
        "receptive field has holes and distant islands. A plain kernel does not fit this order.",
    ),
}
