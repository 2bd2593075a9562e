"""One server and one Chromium for all browser tests, and a fresh page for each."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.serving import (
    CHROMIUM_FLAGS,
    PATIENCE_MS,
    REPOSITORY,
    WatchedPage,
    find_chromium,
    serve,
)

PageFactory = Callable[[str], WatchedPage]

_WIDGETS = Path(__file__).parent / "apps" / "widget_pages.py"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; without one the test is skipped, but in CI it fails."""
    path = find_chromium()
    if path is None:
        reason = (
            "no Chromium found: install one ('apt-get install chromium' on Debian, or Google "
            "Chrome), or name yours in the environment variable CHROMIUM"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def app_address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app. Its runs are temporary, and its log must hold no traceback."""
    folder = tmp_path_factory.mktemp("server")
    log = folder / "log"
    with serve(REPOSITORY / "app.py", log, {"PIXELCNN_RUNS": str(folder / "runs")}) as address:
        yield address
    # Streamlit itself logs a traceback when a page closes while it connects: ours name our files.
    assert f'File "{REPOSITORY}' not in log.read_text(), log.read_text()[-5000:]


@pytest.fixture(scope="session")
def widgets_address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of pages with one widget each. Its log must hold no traceback either."""
    log = tmp_path_factory.mktemp("widgets") / "log"
    with serve(_WIDGETS, log) as address:
        yield address
    assert f'File "{REPOSITORY}' not in log.read_text(), log.read_text()[-5000:]


@pytest.fixture
def watch(browser: Browser) -> Iterator[PageFactory]:
    """Opens watched pages on any server; what they noticed is the test's to judge."""
    opened: list[WatchedPage] = []

    def open_page(address: str) -> WatchedPage:
        opened.append(WatchedPage(browser, address))
        opened[-1].page.set_default_timeout(PATIENCE_MS)
        return opened[-1]

    yield open_page
    for watched in opened:
        watched.close()


@pytest.fixture
def page(watch: PageFactory, app_address: str) -> Iterator[Page]:
    """A page on the app. The test fails if anything goes wrong on it."""
    watched = watch(app_address)
    yield watched.page
    assert not watched.problems()


@pytest.fixture
def screenshot(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Page, str], Path]:
    """Saves pictures for a person to look at: to $PIXELCNN_SCREENSHOTS, or a temporary folder."""
    named = os.environ.get("PIXELCNN_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots", numbered=True)
    folder.mkdir(parents=True, exist_ok=True)

    def save(page: Page, name: str) -> Path:
        path = folder / f"{name}.png"
        page.screenshot(path=path)
        return path

    return save
