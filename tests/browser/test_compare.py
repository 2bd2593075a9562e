"""The page Compare in a browser: pairs to point at, and a game that is played with the keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from pages.compare.words_scores import result
from pixelcnn.scores.intervals import share_interval
from pixelcnn.scores.recorded import read_record
from pixelcnn.scores.which_real import ROUNDS, deal
from tests.browser.playing import too_wide
from tests.browser.serving import REPOSITORY, goto

GATED, PLAIN = "mnist-threshold-gated", "mnist-threshold-pixelcnn"


def differing(pair: int) -> int:
    """How many pixels differ between the first pictures of the two shipped models."""
    records = [
        read_record(name, REPOSITORY / "checkpoints" / f"{name}.safetensors")
        for name in (GATED, PLAIN)
    ]
    first, second = (record.pictures[pair] for record in records if record)
    return int((first != second).sum())


def test_pairs_are_pointed_at_and_a_game_is_played_with_the_keys(
    page: Page, screenshot: Callable[[Page, str], Path]
) -> None:
    goto(page, f"/compare?model={GATED}&against={PLAIN}&game=3")
    pairs = page.locator(".lab:has(.pairs)")
    expect(pairs).to_have_attribute("data-rows", "28")
    assert pairs.get_attribute("data-differ") == str(differing(0))
    expect(page.get_by_text("A predicts digits better (95% confidence).")).to_be_visible()
    screenshot(page, "compare")
    sheet = pairs.locator("canvas.tiles").last
    sheet.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(pairs).to_have_attribute("data-pair", "2")
    expect(pairs.get_by_text(f"{differing(2)} of 784 pixels differ.")).to_be_visible()

    game = page.locator(".lab:has(.whichreal)")
    sides = deal(500, 3).sides.tolist()
    game.locator(".whichreal").focus()
    for round_, side in enumerate(sides):
        expect(game).to_have_attribute("data-round", str(round_))
        wrong = round_ < 3
        page.keyboard.press("ArrowRight" if side != wrong else "ArrowLeft")
        expect(game).to_have_attribute("data-answered", str(round_ + 1))
        page.keyboard.press(" ")
    told = result(ROUNDS - 3, ROUNDS, share_interval(ROUNDS - 3, ROUNDS)).replace("**", "")
    expect(page.get_by_text(told)).to_be_visible()

    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    assert not too_wide(page)
