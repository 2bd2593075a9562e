"""`python -m tools.anywhere`: the table of all places and checks; status 1 if a cell fails."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tools.anywhere.checks import CHECKS, PAGES
from tools.anywhere.places import PLACES, Unavailable, on_own_router

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def try_place(
    browser: Browser, place: str, checks: Sequence[str], *, seed: int = 0, pages: int = len(PAGES)
) -> dict[str, str]:
    """{check: "" if all is well, else what went wrong} of one place.

    Args:
        browser: Chromium.
        place: of `PLACES`.
        checks: of `CHECKS`.
        seed: for what is tried of many.
        pages: how many pages are opened.

    Raises:
        Unavailable: this machine cannot be such a place.
    """
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        with PLACES[place](log) as opened:
            for name in checks:
                try:
                    CHECKS[name](browser, opened, random.Random(seed), pages)
                    found[name] = ""
                except Exception as error:
                    found[name] = f"{type(error).__name__}: {str(error)[:300]}"
        if "Traceback" in (told := log.read_text(errors="replace")):
            found["log"] = told[told.index("Traceback") :][:6000]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.anywhere", description=__doc__)
    parser.add_argument("--places", nargs="+", choices=PLACES, default=list(PLACES))
    parser.add_argument("--checks", nargs="+", choices=CHECKS, default=list(CHECKS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pages", type=int, default=len(PAGES), help="how many are opened")
    parser.add_argument("--chromium", default=shutil.which("chromium") or "google-chrome")
    given = parser.parse_args()
    if given.places == ["router"]:
        import os

        if os.environ.get("PIXELCNN_INSIDE") != "yes":
            return on_own_router()
    failed = False
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.chromium, args=_FLAGS)
        for place in given.places:
            try:
                found = try_place(browser, place, given.checks, seed=given.seed, pages=given.pages)
            except Unavailable as error:
                print(f"{place:<10} left out: {error}", flush=True)
                continue
            cells = (f"{name} {'failed' if wrong else 'ok'}" for name, wrong in found.items())
            print(f"{place:<10} {', '.join(cells)}", flush=True)
            for name, wrong in found.items():
                if wrong:
                    failed = True
                    print(f"  {name}: {wrong}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
