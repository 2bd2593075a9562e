"""Actions on the elements of a page, with valid or invalid values."""

from __future__ import annotations

import base64
import random
from typing import Any

from tools.classroom.browser import Browser, Shown, component_meta
from tools.classroom.waiting import Reaction

Value = dict[str, Any]

CONTROLS = ("slider", "selectbox", "number_input", "button_group", "checkbox", "radio")
NONSENSE = ("", "-1", "1e999", "../../etc/passwd", "<script>", "0" * 300, "\x00", "💥", "None")
_INK, _GIVEN = 1, 1


def usable(shown: Shown) -> bool:
    return bool(getattr(shown.proto, "id", "")) and not getattr(shown.proto, "disabled", False)


def sound_value(shown: Shown, dice: random.Random) -> Value:
    """A valid value of a control: field and content of Streamlit's `WidgetState`."""
    proto = shown.proto
    if shown.kind == "checkbox":
        return {"bool_value": dice.random() < 0.5}
    if shown.kind == "slider":
        steps = round((proto.max - proto.min) / proto.step) if proto.step else 0
        if proto.options:
            return {"string_array_value": [dice.choice(proto.options)]}
        return {"double_array_value": [proto.min + proto.step * dice.randint(0, steps)]}
    if shown.kind == "number_input":
        low = proto.min if proto.has_min else 0
        high = proto.max if proto.has_max else 100
        return {"double_value": float(dice.randint(int(low), int(max(low, high))))}
    if shown.kind == "button_group":
        return {"string_array_value": [dice.choice([option.content for option in proto.options])]}
    return {"string_value": dice.choice(list(proto.options))}


def nonsense_value(shown: Shown, dice: random.Random) -> Value:
    """A value that no browser would send."""
    number = dice.choice([-1e9, 1e9, 1e15, 0.5])
    words = dice.choice(NONSENSE)
    values: dict[str, Value] = {
        "checkbox": {"bool_value": True},
        # Streamlit itself fails on numbers for a slider of words.
        "slider": {"string_array_value": [words]}
        if shown.kind == "slider" and shown.proto.options
        else {"double_array_value": [number] * dice.randint(0, 3)},
        "number_input": {"double_value": number},
        "button_group": {"string_array_value": [words, words]},
    }
    return values.get(shown.kind, {"string_value": words})


async def press(browser: Browser, button: Shown) -> Reaction:
    return await browser.set(button, trigger_value=True)


def cells(browser: Browser) -> list[Shown]:
    """The lab's widgets with cells to choose."""
    return [
        shown
        for shown in browser.of_kind("bidi_component")
        if component_meta(shown).get("report") is True
    ]


async def choose_cell(browser: Browser, grid: Shown, dice: random.Random) -> Reaction:
    """Click a random cell of a `pixel_grid`, or a target of a `reach_grid`."""
    meta = component_meta(grid)
    cell = {
        "row": dice.randrange(meta.get("height", 1)),
        "column": dice.randrange(meta.get("width", 1)),
        "instead_of": meta.get("selected"),
        "at": dice.randrange(2**40),
    }
    if "depths" not in meta:
        return await browser.report(grid, "cell", cell)
    depth = {"depth": dice.randrange(meta["depths"]), "instead_of_depth": meta["depth"]}
    return await browser.report(grid, "target", {**cell, **depth})


def painters(browser: Browser) -> list[Shown]:
    """The lab's widgets to draw in."""
    return [
        shown for shown in browser.of_kind("bidi_component") if "ghost" in component_meta(shown)
    ]


async def draw_stroke(browser: Browser, painter: Shown, dice: random.Random) -> Reaction:
    """Draw a line in the given upper half; the pen reports twice on its way.

    Measures the time from the lift of the pen, with the earlier reports still being processed.
    """
    meta = component_meta(painter)
    height, width = meta["height"], meta["width"]
    image = bytearray(height * width)
    known = bytes([_GIVEN]) * (height // 2 * width) + bytes((height - height // 2) * width)
    column, step = dice.randrange(width), dice.choice([-1, 0, 1])
    rows = height // 2

    def drawn() -> dict[str, Any]:
        return {
            "revision": meta["revision"],
            "image": base64.b64encode(bytes(image)).decode(),
            "known": base64.b64encode(known).decode(),
        }

    for row in range(rows):
        image[row * width + column] = _INK
        column = min(width - 1, max(0, column + step))
        if row in (rows // 3, 2 * rows // 3) and meta["reportWhileDrawing"]:
            await browser.hurry_report(painter, "drawing", drawn())
    return await browser.report(painter, "drawing", drawn())


async def report_nonsense(browser: Browser, component: Shown, dice: random.Random) -> Reaction:
    """Let one of the lab's widgets report an invalid value."""
    name = dice.choice(["drawing", "cell", "target", "event", "selected", "map", "mask", "source"])
    junk = dice.choice([None, -1, "x", [], [1e308], {"row": -1}, {"image": "%%%"}, {"index": "0"}])
    return await browser.report(component, name, junk)
