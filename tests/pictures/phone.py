"""Sends phone photographs to the app from a browser: `python -m tests.pictures.phone --photos 200`.

Prints their bytes before and after the browser has made them smaller, the seconds that this and the
reading took, and how many a shipped model reads as the digits that were photographed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from playwright.sync_api import expect, sync_playwright

from pixelcnn.checkpoints.files import load_checkpoint
from pixelcnn.data.own import unpack_own
from pixelcnn.runs.own_pictures import as_network_gets_them
from tests.browser.serving import CHROMIUM_FLAGS, REPOSITORY, find_chromium, goto, serve
from tests.pictures.cases import digits, photograph, turned

_MODEL = "mnist-threshold-gated"
_PATIENCE_MS = 1_200_000


def taken(folder: Path, count: int, height: int, width: int) -> tuple[list[Path], list[int]]:
    """JPEG files as a phone stores them, held in any of four ways, and the digits on them."""
    greys, labels = digits(count, seed=3)
    dice = np.random.default_rng(0)
    paths = []
    for at, grey in enumerate(greys):
        paths.append(folder / f"IMG_{at:04}.jpg")
        seen = photograph(grey, dice, height=height, width=width)
        paths[-1].write_bytes(turned(seen, (1, 3, 6, 8)[at % 4]))
    return paths, labels.tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--pixels", type=int, nargs=2, default=(3000, 4000))
    options = parser.parse_args()
    chromium = find_chromium()
    assert chromium, "no Chromium found"
    expect.set_options(timeout=_PATIENCE_MS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths, labels = taken(folder, options.photos, *options.pixels)
        before = sum(path.stat().st_size for path in paths)
        runs = folder / "runs"
        with (
            serve(REPOSITORY / "app.py", folder / "log", {"PIXELCNN_RUNS": str(runs)}) as address,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS) as browser,
        ):
            page = browser.new_page(base_url=address)
            page.set_default_timeout(_PATIENCE_MS)
            goto(page, "/train?source=files")
            sent: list[int] = []
            page.on(
                "websocket",
                lambda socket: socket.on("framesent", lambda data: sent.append(len(data))),
            )
            page.reload()
            chooser = page.locator(".st-key-own-photos input[type=file]")
            chooser.wait_for(state="attached")
            start = time.perf_counter()
            chooser.set_input_files(paths)
            expect(page.get_by_text("photos sent")).to_be_visible()
            shrunk = time.perf_counter()
            expect(page.get_by_text(f"{options.photos:,} pictures. Below")).to_be_visible()
            done = time.perf_counter()
        [packed] = runs.rglob("own.npz")
        images, _ = unpack_own(packed.read_bytes())
    model, _ = load_checkpoint(_MODEL)
    tiles = as_network_gets_them(images, 28, 2)
    scores = torch.stack(
        [model.log_prob(tiles, torch.full((len(tiles),), label)) for label in range(10)]
    )
    named = [int(name[4:8]) for name in images.names]
    right = sum(int(scores[:, at].argmax()) == labels[which] for at, which in enumerate(named))
    print(f"{options.photos} photographs, {before / 1e6:.0f} MB; sent {sum(sent) / 1e6:.1f} MB")
    print(f"made smaller and sent in {shrunk - start:.1f} s ", end="")
    print(f"({options.photos / (shrunk - start):.1f} a second)")
    print(
        f"read and shown in {done - shrunk:.1f} s ({options.photos / (done - shrunk):.1f} a second)"
    )
    print(f"read as the digit that was photographed: {right} of {len(named)}")


if __name__ == "__main__":
    main()
