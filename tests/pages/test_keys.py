"""One key of session state and address means one thing, on whatever page."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

# They hold nothing; or both mean the same digit.
STATELESS = {"container", "columns", "drawing_now"}
SHARED = {"digit"}

PAGES = Path(__file__).parents[2] / "pages"


def test_no_two_pages_give_one_key_to_different_controls() -> None:
    """A value that another page left behind would be handed to a control that cannot have it."""
    used: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in PAGES.rglob("*.py"):
        page = path.relative_to(PAGES).parts[0]
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            for keyword in node.keywords:
                if keyword.arg == "key" and isinstance(keyword.value, ast.Constant):
                    control = ast.unparse(node.func).rpartition(".")[2]
                    if control not in STATELESS:
                        used[str(keyword.value.value)][control].add(page)
    assert len(used) > 50
    twice = {key: dict(controls) for key, controls in used.items() if len(controls) > 1}
    assert twice.keys() <= SHARED, twice
