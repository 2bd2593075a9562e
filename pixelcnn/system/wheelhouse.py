"""A folder of packages from which a machine without a network installs the lab."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from pixelcnn.errors import LabError
from pixelcnn.system.shipped import ROOT

NOTE = "INSTALL.txt"


def needed_packages() -> list[str]:
    """What the app needs, with versions: from requirements.txt, or as the package was installed."""
    listed = ROOT / "requirements.txt"
    if listed.is_file():
        lines = listed.read_text(encoding="utf-8").splitlines()
        return [line.partition(" #")[0].strip() for line in lines if line[:1].isalnum()]
    return [one for one in metadata.requires("pixelcnn-lab") or [] if "extra ==" not in one]


def fill(
    folder: Path,
    packages: Sequence[str],
    *,
    index: str = "",
    platforms: Sequence[str] = (),
    python: str = "",
) -> int:
    """Download packages and all that they need; returns how many files the folder holds.

    Args:
        folder: made if there is none; what it holds already is not downloaded again.
        packages: as pip takes them.
        index: the address of a further index, such as PyTorch's for its CPU build.
        platforms: of the machine that will install them, such as `win_amd64`; this one's if empty.
        python: version of Python on it, such as 3.12; this one's if empty.

    Raises:
        LabError: pip cannot get them; its own output says why.
    """
    command = [sys.executable, "-m", "pip", "download", "--dest", str(folder)]
    command += ["--only-binary", ":all:", "--find-links", str(folder)]
    if index:
        command += ["--extra-index-url", index]
    for platform in platforms:
        command += ["--platform", platform]
    if python:
        command += ["--python-version", python]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"{folder} cannot be made ({error.strerror}).") from error
    if subprocess.run([*command, *packages], check=False).returncode != 0:
        raise LabError(f"The packages could not be downloaded to {folder}; pip says why above.")
    (folder / NOTE).write_text(
        "On the machine without a network, in the lab's own folder:\n\n"
        "    pip install --no-index --find-links WHEELHOUSE -r requirements.txt\n\n"
        "where WHEELHOUSE is this folder. Then: python -m pixelcnn app\n",
        encoding="utf-8",
    )
    return sum(path.suffix == ".whl" for path in folder.iterdir())
