"""The sampler in Chromium gives the bits that Python has."""

from __future__ import annotations

import base64
import hashlib

import pytest
from playwright.sync_api import Browser

from pixelcnn.sampling.wasm.executor import WASM
from pixelcnn.sampling.wasm.sixteen_bits import sixteen_bits
from tests.browser.serving import REPOSITORY
from tests.helpers.wasm_cases import OUTPUTS, case_of, digest, drawn, models

_DRAW = """
async ({script, wasm, program, n, names, ...given}) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const Engine = new Function(`${script}; return Engine;`)();
  const engine = new Engine(await WebAssembly.compile(bytes(wasm)), bytes(program));
  engine.set(n, {
    uniforms: new Float32Array(bytes(given.uniforms).buffer),
    levels: bytes(given.images),
    known: bytes(given.known),
    labels: given.labels,
    temperature: given.temperature,
    guidance: given.guidance,
    tells: 2,
  });
  for (let row = 0; row < engine.height; row++) engine.rows(row, row + 1);
  const found = names.flatMap((name) => {
    const view = engine.read(name);
    return Array.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  });
  return btoa(found.map((byte) => String.fromCharCode(byte)).join(""));
}
"""


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize("products", ["float32", "16 bits"])
def test_chromium_gives_the_same_bits(browser: Browser, products: str) -> None:
    page = browser.new_page()
    script = (REPOSITORY / "widgets" / "engine" / "engine.js").read_text()
    for name, model in models():
        if products != "float32" and not name.endswith("film"):
            continue
        program = None if products == "float32" else sixteen_bits(model)
        case = case_of(name, model, program, n=3)
        given = {
            "script": script,
            "wasm": text(WASM.read_bytes()),
            "program": text(case.program.data),
            "n": case.n,
            "labels": None if case.labels is None else case.labels.tolist(),
            "temperature": case.temperature,
            "guidance": case.guidance,
            "names": OUTPUTS,
        }
        arrays = {"uniforms": case.uniforms, "images": case.images, "known": case.known}
        given |= {key: text(array.tobytes()) for key, array in arrays.items()}
        found = base64.b64decode(page.evaluate(_DRAW, given))
        assert hashlib.sha256(found).hexdigest() == digest(drawn(case)), name
    page.close()
