"""Messages to the lab's own widgets that no browser of ours would send, made by a seed."""

from __future__ import annotations

import json
import random
from typing import Any

from tools.classroom.browser import Browser, Lost, Shown

PAGES = ("sample", "features", "compare", "draw", "masks", "train", "break_it", "one_pixel", "")
STATES = ("event", "map", "result", "drawing", "target", "cell", "choice", "batch", "query")
FIELDS = (
    *("image", "row", "column", "channel", "level", "count", "digest", "layer", "name"),
    *("instead_of", "chosen", "game", "files", "last", "strokes", "known", "data", "revision"),
)
_SINGLE: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 7, 2**31, 2**63, -(2**70), 1.5, 1e308, float("nan"), float("inf")),
    *("", "0", "x" * 5000, "![p](http://192.0.2.1/p.png)", "../../etc/passwd", "\x00", "\ud800"),
)


def value(dice: random.Random, depth: int = 0) -> Any:
    """Anything that JSON can hold, and a few things that Python alone takes for JSON."""
    kind = dice.random()
    if depth > 3 or kind < 0.5:
        return dice.choice(_SINGLE)
    if kind < 0.7:
        return [value(dice, depth + 1) for _ in range(dice.choice((0, 1, 2, 10, 28)))]
    return {dice.choice(FIELDS): value(dice, depth + 1) for _ in range(dice.randint(0, 9))}


def message(dice: random.Random) -> str:
    """The whole state of a widget."""
    if dice.random() < 0.15:
        return dice.choice(("", "{", "[]", "7", "null", "[" * 5000, '{"event": ' * 900, '"x"'))
    fields = {name: value(dice, 2) for name in FIELDS}
    states = {name: dice.choice((fields, value(dice))) for name in STATES}
    return json.dumps(states)


async def send(address: str, seed: int, count: int, pages: tuple[str, ...] = PAGES) -> list[str]:
    """Send so many messages to the widgets of these pages; returns what went wrong."""
    dice = random.Random(seed)
    errors: list[str] = []
    for page in pages:
        try:
            async with Browser(address) as browser:
                await browser.open()
                await browser.open(page)
                for at in range(count // len(pages)):
                    shown: list[Shown] = browser.of_kind("bidi_component")
                    if not shown:
                        break
                    await browser.set(dice.choice(shown), json_value=message(dice))
                    if at % 20 == 19:  # a session that does not answer any more would not follow
                        await browser.open("")
                        await browser.open(page)
                errors += browser.exceptions
        except (TimeoutError, Lost, OSError) as error:
            errors.append(f"{page or 'start'}: {type(error).__name__}: {error}")
    return errors
