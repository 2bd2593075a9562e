"""A machine without a network installs from the folder that `wheelhouse` has made."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pixelcnn.errors import LabError
from pixelcnn.system.wheelhouse import NOTE, fill, needed_packages


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of the index, with one package that needs another."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name, needs in (("upper", "Requires-Dist: lower==1.0\n"), ("lower", "")):
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}.py", f"NAME = {name!r}\n")
            facts = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}"
            wheel.writestr(f"{name}-1.0.dist-info/METADATA", facts)
            kind = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            wheel.writestr(f"{name}-1.0.dist-info/WHEEL", kind)
            wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_what_was_downloaded_installs_without_an_index(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels, site = tmp_path / "new" / "wheels", tmp_path / "site"
    assert fill(wheels, ["upper==1.0"]) == 2
    monkeypatch.delenv("PIP_FIND_LINKS")
    [line] = re.findall("pip (install .*)", (wheels / NOTE).read_text())
    options = line.replace("WHEELHOUSE", str(wheels)).replace("-r requirements.txt", "upper")
    command = [sys.executable, "-m", "pip", *options.split(), "--target", str(site)]
    subprocess.run(command, check=True, capture_output=True)
    assert {path.name for path in site.glob("*.py")} == {"upper.py", "lower.py"}


def test_a_package_that_cannot_be_had_is_an_error_in_a_sentence(
    index: Path, tmp_path: Path
) -> None:
    with pytest.raises(LabError, match="could not be downloaded"):
        fill(tmp_path / "wheels", ["middle==1.0"])
    (tmp_path / "file").touch()
    with pytest.raises(LabError, match="cannot be made"):
        fill(tmp_path / "file" / "wheels", ["upper"])


def test_every_requirement_of_the_app_is_downloaded() -> None:
    assert {"streamlit", "torch", "numba"} <= {one.partition("==")[0] for one in needed_packages()}
