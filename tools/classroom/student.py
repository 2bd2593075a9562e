"""A simulated student: page after page, with some actions and pauses on each, from a seed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from tools.classroom import controls
from tools.classroom.browser import Browser, Lost, Shown
from tools.classroom.waiting import Reaction

# The other buttons start trainings, downloads or a race of seconds.
_SAMPLING = ("Other digits", "Other endings", "Another digit")
_VISIT = (4, 8)  # actions per page


@dataclass(frozen=True)
class Row:
    """An action of a student and its reaction time; `page` is "start" for the first page."""

    page: str
    action: str
    reaction: Reaction


@dataclass
class Student:
    """One student.

    Attributes:
        address: of the server.
        number: of the student, from 0; it also sets the first page.
        seed: of all random choices.
        pause_s: shortest and longest pause between two actions, in seconds.
        run: the training to watch.
        rows: the actions so far.
        errors: the errors so far.
        doing: the current or last action.
    """

    address: str
    number: int
    seed: int
    pause_s: tuple[float, float]
    run: str
    rows: list[Row]
    errors: list[str]
    doing: str = ""

    async def attend(self, until: float) -> None:
        """Take part until this moment of `time.monotonic`."""
        dice = random.Random(f"{self.seed} {self.number}")
        browser = Browser(self.address)
        try:
            async with browser:
                await self._do(browser, "open", browser.open())
                pages = sorted(browser.pages)
                turn = self.number
                while time.monotonic() < until:
                    page = pages[turn % len(pages)]
                    query = f"run={self.run}" if page == "train" and self.run else ""
                    await self._do(browser, "open", browser.open(page, query))
                    for _ in range(dice.randint(*_VISIT)):
                        await asyncio.sleep(dice.uniform(*self.pause_s))
                        if time.monotonic() >= until:
                            break
                        await self._something(browser, dice)
                    turn += dice.randint(1, len(pages) - 1)
        except (Lost, OSError) as error:
            place = browser.page or "start"
            self.errors.append(f"student {self.number}, {place}, {self.doing}: {error}")
        self.errors += browser.exceptions

    async def _something(self, browser: Browser, dice: random.Random) -> None:
        """Draw, sample, click or move a control."""
        buttons = [
            button for button in browser.of_kind("button") if button.proto.label in _SAMPLING
        ]
        moved = [
            control for control in browser.of_kind(*controls.CONTROLS) if controls.usable(control)
        ]
        painters, grids = controls.painters(browser), controls.cells(browser)
        choices: list[tuple[str, list[Shown]]] = [
            ("draw", painters),
            ("draw", painters),
            ("sample", buttons),
            ("click", grids),
            ("control", moved),
            ("control", moved),
        ]
        possible = [choice for choice in choices if choice[1]]
        if not possible:
            return
        action, among = dice.choice(possible)
        one = dice.choice(among)
        if action == "draw":
            doing = controls.draw_stroke(browser, one, dice)
        elif action == "sample":
            doing = controls.press(browser, one)
        elif action == "click":
            doing = controls.choose_cell(browser, one, dice)
        else:
            doing = browser.set(one, **controls.sound_value(one, dice))
        await self._do(browser, action, doing)

    async def _do(
        self, browser: Browser, action: str, doing: Coroutine[Any, Any, Reaction]
    ) -> None:
        self.doing = action
        reaction = await doing
        self.rows.append(Row(browser.page or "start", action, reaction))
