"""A Keras 3 model on its torch backend is audited like any other, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("name", "status"), [("good", 0), ("leaking", 1)])
def test_a_keras_model_is_read_channels_last_and_its_leak_is_located(
    name: str, status: int
) -> None:
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pixelcnn",
            "audit",
            f"tests/helpers/keras_nets.py:{name}",
            "--json",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == status, ran.stderr
    report = json.loads(ran.stdout)
    assert report["read_as"][1] == "output: (batch, rows, columns, numbers)"
    assert any("a sigmoid" in note for note in report["notes"])
    culprit = report["first_to_look_ahead"]
    if status:
        assert culprit["says"].startswith("reads the pixel itself")
        assert culprit["module"].endswith("masked_convolution/conv2d")
        assert culprit["code"]["text"] == "return self.convolution(x)"
    else:
        assert culprit is None
