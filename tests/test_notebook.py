"""The notebook runs from its first cell to its last, and shows what came of it."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "pixelcnn_lab.ipynb"
MOST_BYTES = 400_000


def test_the_notebook_runs_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELCNN_SECONDS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert all(cell.outputs for cell in notebook.cells[3:] if cell.cell_type == "code")
    assert NOTEBOOK.stat().st_size < MOST_BYTES
    kept = NOTEBOOK.read_text(encoding="utf-8")
    assert str(ROOT) not in kept
    assert os.path.expanduser("~") + "/" not in kept
    NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": ROOT}}
    ).execute()
