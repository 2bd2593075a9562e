"""The page Bytes: the browser reads what the server wrote, and a flipped bit derails it."""

from __future__ import annotations

import os
import re

import numpy as np
from playwright.sync_api import Browser, Locator, Page, expect

from pixelcnn.checkpoints.files import shipped
from pixelcnn.sampling.wasm.executor import WASM
from pixelcnn.sampling.wasm.portable import portable
from pixelcnn.scores.unseen import unseen_digits
from tests.browser.serving import REPOSITORY, goto
from tests.browser.test_engine import text
from tests.helpers.stream_cases import cases_of, shipped_model

MODEL = "mnist-threshold-tiny-pixelcnn"
# Every shipped model with EVERY_MODEL=1 pytest tests/browser/test_bytes.py.
MODELS = (
    tuple(one.name for one in shipped())
    if os.environ.get("EVERY_MODEL")
    else ("mnist-threshold-pixelcnnpp", "mnist-256-logistic", "coloured-digits")
)
_READ = """
({scripts, wasm, program, classes, cases}) => {
  const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
  const hex = (array) => Array.from(array, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const [Engine, Codec] = new Function(`${scripts}; return [Engine, Codec];`)();
  return WebAssembly.compile(decode(wasm)).then((module) => {
    const codec = new Codec(new Engine(module, decode(program)), classes);
    return cases.map(({levels, labels, told, number, stream}) => {
      const read = codec.decompress(bytes(stream), told ? labels : null);
      const written = codec.compress(bytes(levels), labels, {tellLabels: told, number});
      return [read.whole, read.images.map(hex).join("") === levels, hex(written) === stream];
    });
  });
}
"""


def test_chromium_reads_and_writes_the_streams_of_python(browser: Browser) -> None:
    page = browser.new_page()
    folder = REPOSITORY / "widgets" / "engine"
    scripts = "\n".join((folder / name).read_text() for name in ("engine.js", "codec.js"))
    for name in MODELS:
        program = text(portable(shipped_model(name)).data)
        given = {"scripts": scripts, "wasm": text(WASM.read_bytes()), "program": program}
        for right in page.evaluate(_READ, given | cases_of(name)):
            assert right == [True, True, True], name
    page.close()


def levels_of(shown: Locator) -> np.ndarray:
    return np.array([int(level) for level in shown.get_attribute("data-levels") or ""], np.uint8)


def test_the_picture_is_read_from_the_bytes_and_a_flipped_bit_derails_it(page: Page) -> None:
    digits = unseen_digits()
    seven = digits.images[digits.labels == 7][0].numpy().ravel()
    page.emulate_media(reduced_motion="reduce")
    goto(page, f"/bytes?model={MODEL}")
    reader = page.locator(".reader")
    shown = page.locator(".lab", has=reader)
    expect(shown).to_have_attribute("data-frame", "784")
    assert np.array_equal(levels_of(shown), seven)
    counter = reader.locator(".counter").inner_text()
    used, size = map(float, re.findall(r"= ([\d.]+) of (\d+) bytes", counter)[0])
    assert size - 1.3 < used < size + 0.3  # the last byte is seldom full
    reader.locator("[data-bit='20']").click()
    expect(shown).to_have_attribute("data-flipped", "20")
    derailed = int(shown.get_attribute("data-derailed") or 0)
    changed = levels_of(shown)
    assert np.array_equal(changed[:derailed], seven[:derailed])
    assert changed[derailed] != seven[derailed]
    expect(reader.locator(".says")).to_contain_text("It goes wrong at row")
    reader.get_by_role("slider", name="Flip a bit").press("r")
    expect(shown).to_have_attribute("data-flipped", "")
    address = page.get_by_text("/bytes?model=").first.inner_text().strip()
    expect(page.get_by_text("Point a phone at it")).to_be_visible()
    goto(page, address[address.index("/bytes?") :])
    expect(page.get_by_text("Somebody sent you these bytes")).to_be_visible()
    expect(shown).to_have_attribute("data-frame", "784")
    assert np.array_equal(levels_of(shown), seven)
    goto(page, f"/bytes?model={MODEL}&instead=noise+in+its+place")
    expect(page.get_by_text("Noise costs more than its bare bits")).to_be_visible()
    goto(page, f"/bytes?model={MODEL}&bytes=nonsense")
    expect(page.get_by_text("no bytes in hexadecimal")).to_be_visible()
