"""A monkey: random clicks and random messages from a seed, none of which may cause an error."""

from __future__ import annotations

import asyncio
import math
import random
import time
from urllib.parse import urlencode

from tools.classroom import controls
from tools.classroom.browser import Browser, Lost, Shown

_KEYS = ("model", "seed", "label", "run", "digit", "target", "masks", "drawing", "show", "branches")
_TEXTS = ("text_input", "text_area")
_ANYTHING = (*controls.CONTROLS, *_TEXTS, "button", "bidi_component")
_A_MOMENT = 0.05


async def play(
    address: str, seed: int, until: float, most: float = math.inf
) -> tuple[int, list[str]]:
    """Act at random until this moment of `time.monotonic`, or for `most` actions.

    Returns:
        The number of actions, and the errors.
    """
    dice = random.Random(seed)
    browser, done, errors = Browser(address), 0, []
    try:
        async with browser:
            await browser.open()
            while time.monotonic() < until and done < most:
                await _anything(browser, dice)
                done += 1
                await asyncio.sleep(_A_MOMENT)
    except (Lost, OSError) as error:
        errors.append(f"monkey {seed} on {browser.page or 'start'}: {error}")
    return done, errors + browser.exceptions


async def _anything(browser: Browser, dice: random.Random) -> None:
    usable = [shown for shown in browser.of_kind(*_ANYTHING) if controls.usable(shown)]
    if not usable or dice.random() < 0.15:
        page = dice.choice(sorted(browser.pages))
        junk = {dice.choice(_KEYS): dice.choice(controls.NONSENSE) for _ in range(2)}
        await browser.open(page, urlencode(junk) if dice.random() < 0.5 else "")
        return
    await _use(browser, dice.choice(usable), dice)


async def _use(browser: Browser, one: Shown, dice: random.Random) -> None:
    sound = dice.random() < 0.7
    if one.kind == "button":
        await controls.press(browser, one)
    elif one.kind in _TEXTS:
        await browser.set(one, string_value=dice.choice(controls.NONSENSE))
    elif one.kind != "bidi_component":
        value = controls.sound_value if sound else controls.nonsense_value
        await browser.set(one, **value(one, dice))
    elif sound and one in controls.painters(browser):
        await controls.draw_stroke(browser, one, dice)
    elif sound and one in controls.cells(browser):
        await controls.choose_cell(browser, one, dice)
    else:
        await controls.report_nonsense(browser, one, dice)
