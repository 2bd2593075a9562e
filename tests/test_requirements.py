"""What is imported is listed, and what is listed is imported."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OWN = {"pixelcnn", "pages", "widgets", "tools", "tests", "widget_data"}
OPTIONAL = {"pillow-jxl"}  # used where somebody has it
# Used by its command or as a plugin of another one, without an import.
UNIMPORTED = {
    "requirements.txt": {"plotly"},
    "requirements-dev.txt": {
        *("pytest-timeout", "pytest-xdist", "ruff", "mypy", "hatchling", "hatch-requirements-txt"),
        *("pdoc", "onnx", "onnxscript", "ipykernel"),
    },
}
# Functions that are given the name of a module, or read a file of it.
_BY_NAME = ("import_module", "importorskip", "files", "_read_table", "_file_of")


def listed(name: str) -> set[str]:
    lines = (ROOT / name).read_text().splitlines()
    found = (re.match(r"[\w.-]+(?===)", line) for line in lines)
    return {match.group().lower() for match in found if match}


def imported(*folders: str) -> set[str]:
    """The distributions that tracked files import, functions and TYPE_CHECKING included."""
    tracked = subprocess.run(
        ["git", "ls-files", *folders], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    modules: set[str] = set()
    for file in (name for name in tracked if name.endswith((".py", ".pyi"))):
        for node in ast.walk(ast.parse((ROOT / file).read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                modules.add(node.module.partition(".")[0])
            elif (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).endswith(_BY_NAME)
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                modules.add(node.args[0].value.partition(".")[0])
    homes = packages_distributions()
    return {
        home.lower().replace("_", "-")
        for module in modules - OWN - set(sys.stdlib_module_names) - {""}
        for home in homes.get(module, [module])
    }


@pytest.mark.parametrize(
    ("name", "folders"),
    [
        (
            "requirements.txt",
            ("app.py", "served.py", "pages", "pixelcnn", "widgets", "tools/classroom"),
        ),
        ("requirements-dev.txt", ("tests", "tools")),
    ],
)
def test_what_is_imported_is_listed_and_what_is_listed_is_used(
    name: str, folders: tuple[str, ...]
) -> None:
    known = listed("requirements.txt")
    used = imported(*folders)
    assert used - listed(name) - known - OPTIONAL == set()
    assert listed(name) - used - UNIMPORTED[name] == set()
    assert not UNIMPORTED[name] & used  # an exception that is none any more
