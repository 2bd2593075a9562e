"""`python -m tools.javascriptcore`: the executor's bits in JavaScriptCore and in wasmtime.

Needs its shell: `apt-get install libjavascriptcoregtk-4.0-bin` on Debian. Draws with every
architecture, in float32 and with 16-bit products, in batches of 1, 10 and 20, row by row and all
rows at once, and compares images, outputs and log-probabilities byte by byte.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pixelcnn.sampling.wasm.executor import WASM
from pixelcnn.sampling.wasm.sixteen_bits import sixteen_bits
from pixelcnn.system.shipped import ROOT
from tests.helpers.wasm_cases import OUTPUTS, Case, case_of, drawn, models, write

_BATCHES = (slice(0, 1), slice(3, 13), slice(0, 20))


def main() -> int:
    """Compare, and tell; returns the exit status."""
    shell = shutil.which("jsc")
    if shell is None:
        print("There is no jsc here: apt-get install libjavascriptcoregtk-4.0-bin", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = _write_cases(folder)
        script = Path(__file__).with_name("bits.js")
        engine = ROOT / "widgets" / "engine" / "engine.js"
        command = [shell, str(script), "--", str(folder), str(WASM), str(engine)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    print(found.stdout + found.stderr, end="")
    if found.returncode or not found.stdout:
        return 1
    wrong = json.loads(found.stdout.splitlines()[-1])["wrong"]
    print(f"{cases} batches, each drawn in two ways: {2 * cases - wrong} of {2 * cases} equal.")
    return int(wrong > 0)


def _write_cases(folder: Path) -> int:
    names: list[str] = []
    for name, model in models():
        cases = [case_of(name, model)]
        if name.endswith("film"):
            cases.append(case_of(f"{name} in 16 bits", model, sixteen_bits(model)))
        for case in cases:
            for part in _BATCHES:
                names.append(str(len(names)))
                _write(case.part(part), folder, names[-1])
    (folder / "names.json").write_text(json.dumps(names))
    return len(names)


def _write(case: Case, folder: Path, name: str) -> None:
    write(case, folder, name)
    found = drawn(case)
    (folder / f"{name}.out").write_bytes(b"".join(found[key].tobytes() for key in OUTPUTS))


if __name__ == "__main__":
    sys.exit(main())
