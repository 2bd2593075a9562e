"""The last line of `.ci/run` tells packages without known weaknesses from those not looked up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "advisories.py"
SOUND = {"name": "numpy", "version": "2.4.6", "vulns": []}
WEAK = {"name": "pillow", "version": "9.0.0", "vulns": [{"id": "PYSEC-2022-1"}]}
SKIPPED = {"name": "torch", "skip_reason": "not on the index"}


@pytest.mark.parametrize(
    ("dependencies", "status", "line"),
    [
        ([SOUND, SOUND], 0, "Advisories: nothing known of 2 packages."),
        ([SOUND, SKIPPED], 0, "Advisories: nothing known of 1 packages; not looked up: torch."),
        ([SOUND, WEAK], 1, "Advisories: KNOWN WEAKNESSES: pillow 9.0.0: PYSEC-2022-1."),
        ([SKIPPED], 0, "Advisories: NOTHING LOOKED UP, since the index did not answer."),
        (None, 0, "Advisories: NOTHING LOOKED UP, since the index did not answer."),
    ],
)
def test_the_verdict_says_what_was_looked_up(
    dependencies: list[dict[str, Any]] | None, status: int, line: str, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    report.write_text("" if dependencies is None else json.dumps({"dependencies": dependencies}))
    run = subprocess.run([sys.executable, str(SCRIPT), str(report)], capture_output=True, text=True)
    assert (run.returncode, run.stdout.strip()) == (status, line)
