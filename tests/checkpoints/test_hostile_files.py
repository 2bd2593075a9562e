"""Hostile files are refused with a message, without a crash or excessive memory.

`HOSTILE_FILES=4000 pytest tests/checkpoints/test_hostile_files.py` tries ten times as many.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.helpers.hostile_files import EACH

ROOT = Path(__file__).parents[2]
MOST_MB = 400


def test_hostile_files_end_in_a_message(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    read = subprocess.run(
        [sys.executable, "-m", "tests.helpers.hostile_files", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert read.returncode == 0, read.stderr[-2000:]  # negative after a crash
    report = json.loads(read.stdout.splitlines()[-1])
    assert not report["faults"], report["faults"][:5]
    assert not report["escaped"]
    assert report["grown_mb"] < MOST_MB
    # Some faults are harmless: a flipped bit in a weight, or after the end of an image.
    assert report["read"] + report["refused"] >= 3 * EACH
    assert report["refused"] > 2 * EACH
