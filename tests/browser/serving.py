"""A Streamlit server for a test, and a Chromium page that notices everything that goes wrong."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect

REPOSITORY = Path(__file__).parents[2]
PATIENCE_MS = 60_000  # how long a busy machine may take to show what is expected

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# At a deep link Streamlit first asks below the page's own path, then falls back: its own 404s.
_HARMLESS = re.compile(r"/_stcore/(health|host-config)$")

# An exception box is reported as it appears: the test may have left the page before its end.
_REPORT_EXCEPTION_BOXES = """
new MutationObserver(() => {
  for (const box of document.querySelectorAll('[data-testid="stException"]:not([data-told])')) {
    box.dataset.told = 'yes';
    console.error('exception box: ' + box.textContent);
  }
}).observe(document, { childList: true, subtree: true });
"""


def find_chromium() -> str | None:
    """The browser named by $CHROMIUM, or one of Debian's or Google's that is installed."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else ["/usr/bin/chromium", "chromium", "google-chrome"]
    return next((path for path in map(shutil.which, candidates) if path), None)


@contextmanager
def serve(script: Path, log: Path, environment: dict[str, str] | None = None) -> Iterator[str]:
    """Run a Streamlit script on a free port of this machine; gives its address.

    Raises:
        RuntimeError: the server does not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}"]
    with log.open("w") as output:
        server = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _await_health(server, address, log)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _await_health(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as response:
                if response.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")


class WatchedPage:
    """A browser page that collects what a person should never meet.

    `problems` lists exception boxes, errors on the console or in scripts, and requests that would
    leave the machine; these are stopped.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self._address = address
        self._problems: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=address, viewport={"width": 1280, "height": 900}
        )
        self.context.add_init_script(_REPORT_EXCEPTION_BOXES)
        self.context.route("**/*", self._only_this_server)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._note_console)
        self.page.on("websocket", lambda socket: self._note_address(socket.url))
        self.page.on("pageerror", lambda error: self._problems.append(f"script error: {error}"))

    def problems(self) -> list[str]:
        return list(self._problems)

    def close(self) -> None:
        self.context.close()

    def _only_this_server(self, route: Route) -> None:
        if self._note_address(route.request.url):
            route.continue_()
        else:
            route.abort()

    def _note_address(self, url: str) -> bool:
        """Whether an address is the server's own or needs none; another one is a problem."""
        server = self._address.removeprefix("http")
        stays = url.startswith(("http" + server, "ws" + server, "data:", "blob:"))
        if not stays:
            self._problems.append(f"request that leaves the machine: {url}")
        return stays

    def _note_console(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not _HARMLESS.search(url):
            self._problems.append(f"console error: {message.text} ({url})")


def idle(page: Page) -> None:
    """Wait until the page is connected, its script has run to the end, and all of it is drawn.

    A control whose code still loads is a grey bar of another height: what is below it moves, and a
    click meets the cell beside the one it was meant for.
    """
    page.wait_for_selector(
        '[data-testid="stApp"][data-test-connection-state="CONNECTED"]'
        '[data-test-script-state="notRunning"]:not(:has([data-testid="stSkeleton"]))'
    )


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a list, once everything is drawn: a list closes as soon as the page moves."""
    idle(page)
    box = page.get_by_role("combobox", name=label)
    box.scroll_into_view_if_needed()
    expect(page.locator(".lab:not([data-ready])")).to_have_count(0)
    box.click()
    page.get_by_role("option", name=option, exact=True).click()


def goto(page: Page, path: str = "/") -> None:
    """Open a page of the app and wait until it is complete."""
    page.goto(path)
    page.get_by_test_id("stMain").get_by_test_id("stElementContainer").first.wait_for()
    idle(page)
