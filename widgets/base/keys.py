"""The keys that each widget answers: what the list of keys on a page is made of."""

from __future__ import annotations

Keys = tuple[tuple[str, str], ...]
"""Pairs of the keys, a space between two of them, and what they do."""

_PLAYS = (
    ("Space", "play, pause"),
    ("← →", "one pixel back, on"),
    ("↑ ↓", "one row back, on"),
    ("R", "start again"),
)

# By the name under which a widget is registered: its title, and its keys.
WIDGET_KEYS: dict[str, tuple[str, Keys]] = {
    "lesson_clock": ("The clock", (("Space", "start, pause"), ("R", "back to zero"))),
    "player": ("The film", _PLAYS),
    "reach_grid": (
        "What a pixel sees",
        (
            ("Space", "add layers one by one, pause"),
            ("← ↑ ↓ →", "move the target, once the grid is clicked"),
            ("R", "back to one layer"),
        ),
    ),
    "path_grid": (
        "The path of a pixel",
        (("Space", "play, pause"), ("← ↑ ↓ →", "choose the source"), ("R", "start again")),
    ),
    "pixel_grid": ("A grid", (("← ↑ ↓ →", "read the cells, once the grid is clicked"),)),
    "kernel_tiles": (
        "A kernel",
        (("← ↑ ↓ →", "read the weights"), ("Space", "open or close one, where that is allowed")),
    ),
    "maps_gallery": ("The maps", (("← ↑ ↓ →", "go to the next map, or to the next cell"),)),
    "endings": ("The endings", (("Enter", "keep the one that is marked"),)),
    "slow_motion": (
        "One step in slow motion",
        (("Space", "play, pause"), ("← →", "one step back, on"), ("R", "start again")),
    ),
    "which_real": ("Which is real?", (("← →", "choose"), ("Space", "go on"))),
    "pairs": ("The pairs", (("← ↑ ↓ →", "choose a pair"), ("Space R", "play them again"))),
    "evolution": (
        "The training's film",
        (("Space", "play, pause"), ("← →", "one moment back, on"), ("R", "start again")),
    ),
    "painter": (
        "The drawing",
        (
            ("← ↑ ↓ →", "move the pen"),
            ("Space", "put it down here"),
            ("P E U", "pen, eraser, make unknown"),
            ("M R", "mirror it, clear it"),
            ("Z Y", "undo, redo"),
        ),
    ),
}

EVERYWHERE: Keys = (
    ("?", "this list"),
    ("Tab", "to the next control; with Shift back"),
    ("Enter", "press what is marked"),
    ("Esc", "close what is open"),
)
