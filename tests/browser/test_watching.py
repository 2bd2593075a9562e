"""The watched page of the other browser tests notices what a person should never meet."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.serving import WatchedPage, goto, serve

FAULTY = Path(__file__).parent / "apps" / "faulty.py"


@pytest.fixture(scope="module")
def faulty_address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(FAULTY, tmp_path_factory.mktemp("faulty") / "log") as address:
        yield address


def test_a_sound_page_has_no_problems(
    watch: Callable[[str], WatchedPage], faulty_address: str
) -> None:
    watched = watch(faulty_address)
    goto(watched.page)
    expect(watched.page.get_by_role("heading", name="Fault: none")).to_be_visible()
    assert watched.problems() == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("exception", "exception box"),
        ("console", "console error: told on the console"),
        ("script", "script error: .*thrown by a script"),
        ("outside", "leaves the machine: https://outside.invalid/picture.png"),
    ],
)
def test_a_fault_is_noticed(
    watch: Callable[[str], WatchedPage], faulty_address: str, fault: str, message: str
) -> None:
    watched = watch(faulty_address)
    goto(watched.page, f"/?fault={fault}")
    expect(watched.page.get_by_role("heading", name=f"Fault: {fault}")).to_be_visible()
    for _ in range(600):
        if watched.problems():
            break
        watched.page.wait_for_timeout(100)
    assert re.search(message, "\n".join(watched.problems()))


def test_an_exception_box_that_went_away_is_noticed(
    watch: Callable[[str], WatchedPage], faulty_address: str
) -> None:
    watched = watch(faulty_address)
    goto(watched.page, "/?fault=passing")
    expect(watched.page.get_by_text("gone")).to_be_visible()
    expect(watched.page.get_by_test_id("stException")).to_have_count(0)
    assert [problem.split(":")[1] for problem in watched.problems()] == [" exception box"]
