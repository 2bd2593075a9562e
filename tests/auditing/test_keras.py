"""A Keras 3 model on its torch backend is audited like any other, in a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

AUDITED = """
import json
from pixelcnn.auditing.door import audit_code

nets = "tests/helpers/keras_nets.py"
print(json.dumps([audit_code(f"{nets}:{name}").as_json() for name in ("good", "leaking")]))
"""


def test_keras_models_are_read_channels_last_and_a_leak_is_located() -> None:
    ran = subprocess.run([sys.executable, "-c", AUDITED], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    reports = json.loads(ran.stdout)
    assert [report["verdict"] for report in reports] == ["none", "leak"]
    for report in reports:
        assert report["read_as"][1] == "output: (batch, rows, columns, numbers)"
        assert any("a sigmoid" in note for note in report["notes"])
    good, leaking = (report["first_to_look_ahead"] for report in reports)
    assert good is None
    assert leaking["says"].startswith("reads the pixel itself")
    # Keras numbers the layers of its second model on.
    assert re.fullmatch(r"sequential\w*/masked_convolution\w*/conv2d\w*", leaking["module"])
    assert leaking["code"]["text"] == "return self.convolution(x)"
