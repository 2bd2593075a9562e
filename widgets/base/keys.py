"""The keys of each widget, for the list of keys on a page."""

from __future__ import annotations

Keys = tuple[tuple[str, str], ...]
"""Pairs of (keys, separated by spaces; their action)."""

_PLAYS = (
    ("Space", "play, pause"),
    ("← →", "previous, next pixel"),
    ("↑ ↓", "previous, next row"),
    ("R", "restart"),
)

# By the name of a registered widget: its title and its keys.
WIDGET_KEYS: dict[str, tuple[str, Keys]] = {
    "lesson_clock": ("The clock", (("Space", "start, pause"), ("R", "back to zero"))),
    "player": ("The film", _PLAYS),
    "reach_grid": (
        "What a pixel sees",
        (
            ("Space", "play the layers, pause"),
            ("← ↑ ↓ →", "move the target, after a click on the grid"),
            ("R", "back to one layer"),
        ),
    ),
    "path_grid": (
        "The path of a pixel",
        (("Space", "play, pause"), ("← ↑ ↓ →", "choose the source"), ("R", "restart")),
    ),
    "pixel_grid": ("A grid", (("← ↑ ↓ →", "read the cells, after a click on the grid"),)),
    "kernel_tiles": (
        "A kernel",
        (("← ↑ ↓ →", "read the weights"), ("Space", "open or close a weight, if it can be edited")),
    ),
    "maps_gallery": ("The maps", (("← ↑ ↓ →", "move between maps, or between cells"),)),
    "endings": ("The endings", (("Enter", "select the focused ending"),)),
    "slow_motion": (
        "One step in slow motion",
        (("Space", "play, pause"), ("← →", "previous, next step"), ("R", "restart")),
    ),
    "byte_reader": (
        "The bytes",
        (("Space", "play, pause"), ("← →", "previous, next pixel"), ("R", "undo the flipped bit")),
    ),
    "which_real": ("Which is real?", (("← →", "choose"), ("Space", "next round"))),
    "pairs": ("The pairs", (("← ↑ ↓ →", "choose a pair"), ("Space R", "play again"))),
    "evolution": (
        "The training",
        (("Space", "play, pause"), ("← →", "previous, next step"), ("R", "restart")),
    ),
    "painter": (
        "The drawing",
        (
            ("← ↑ ↓ →", "move the pen"),
            ("Space", "draw here"),
            ("P E U", "pen, eraser, mark as unknown"),
            ("M R", "mirror, clear"),
            ("Z Y", "undo, redo"),
        ),
    ),
}

EVERYWHERE: Keys = (
    ("?", "this list"),
    ("Tab", "next control; with Shift, previous"),
    ("Enter", "press the focused control"),
    ("Esc", "close a dialog"),
)
