"""The page Experiments in a browser: an experiment is chosen, repeated, watched and stopped."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.serving import choose, goto

CHART = '[data-testid="stVegaLiteChart"] svg'


def test_points_move_while_an_experiment_is_repeated_and_it_can_be_stopped(
    page: Page, screenshot: Callable[[Page, str], Path]
) -> None:
    goto(page, "/experiments")
    expect(page.get_by_role("heading", name="What mattered?")).to_be_visible()
    choose(page, "Experiment", "LSTM or GRU")
    page.wait_for_url("**experiment=LSTM+or+GRU*")
    expect(page.get_by_role("heading", name="larger cell")).to_be_visible()
    run, stop = (page.locator(f".st-key-experiment-{name} button") for name in ("run", "stop"))
    run.click()
    chart = page.locator(CHART).first
    expect(chart).to_contain_text(re.compile(r"GRU.*step [0-9]+: "))
    screenshot(page, "experiments-live")
    stop.click()
    expect(run).to_be_enabled()
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
