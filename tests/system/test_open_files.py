"""The limit of open files is raised at start, and a low one is explained."""

import json
import resource
import subprocess
import sys

import pytest

from pixelcnn.system.open_files import browsers_for, warning_for

CODE = """
import json, resource
from pixelcnn.system.open_files import raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (256, {hard}))
print(json.dumps([raise_limit(), resource.getrlimit(resource.RLIMIT_NOFILE)[0]]))
"""


@pytest.mark.parametrize("hard", [256, 1024])
def test_the_soft_limit_is_raised_to_what_the_system_allows(hard: int) -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < hard:
        pytest.skip("the limit here is lower")
    run = subprocess.run(
        [sys.executable, "-c", CODE.format(hard=hard)], capture_output=True, text=True, check=True
    )
    assert json.loads(run.stdout) == [hard, hard]


def test_a_low_limit_is_told_in_browsers() -> None:
    assert "256 open files: room for about 19 browsers" in warning_for(256)
    assert warning_for(65_536) == warning_for(float("inf")) == ""
    assert browsers_for(10) == 0
