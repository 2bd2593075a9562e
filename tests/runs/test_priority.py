"""A training leaves the processors to the pages."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pixelcnn.runs.priority import AS_A_SESSION

_ASK = """
import os
from pathlib import Path
from pixelcnn.runs.priority import lower_priority
lower_priority()
print(os.nice(0), Path("/proc/self/autogroup").read_text())
"""


@pytest.mark.parametrize("niceness", ["0", "10"])
@pytest.mark.skipif(
    not Path("/proc/self/autogroup").exists(), reason="this system has no groups of sessions"
)
def test_a_run_lowers_its_priority_as_a_process_and_as_a_session(niceness: str) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", _ASK],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), AS_A_SESSION: niceness},
        start_new_session=True,  # like the launcher
        capture_output=True,
        text=True,
        check=True,
    )
    own, session = asked.stdout.split(maxsplit=1)
    assert int(own) >= 5
    assert session.strip().endswith(f"nice {niceness}")
