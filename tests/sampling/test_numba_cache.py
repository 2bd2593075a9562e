"""The fast sampler's compiler: where nothing can be written, and while it is not there yet."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pixelcnn.models.registry import build_model
from pixelcnn.sampling.engines import make_engine

ROOT = Path(__file__).parents[2]
SCRIPT = """
import logging
from pathlib import Path
logging.basicConfig(format="%(message)s")
import numba
from pixelcnn.sampling.numba import loop
from pixelcnn.sampling.numba.cache import KEPT
place = Path(numba.config.CACHE_DIR)
print(KEPT, place.is_dir(), oct(place.stat().st_mode)[-3:], place)
"""


def test_a_read_only_machine_gets_a_temporary_cache_and_one_line_in_the_log(tmp_path: Path) -> None:
    # Only this kind of place is allowed to numba, and none is named: no place is found.
    without = {**os.environ, "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator"}
    without |= {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    without.pop("NUMBA_CACHE_DIR", None)
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=without, capture_output=True, text=True, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr
    kept, there, mode, place = ran.stdout.split()
    assert (kept, there, mode) == ("True", "True", "700")
    assert Path(place).parent == tmp_path
    assert not Path(place).exists()  # removed with its process
    [line] = ran.stderr.splitlines()
    assert "NUMBA_CACHE_DIR" in line


def test_a_compiler_that_another_thread_is_about_to_import_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unfinished = ModuleType("pixelcnn.sampling.numba.tiles")
    monkeypatch.setitem(sys.modules, unfinished.__name__, unfinished)
    model = build_model("pixelcnn", height=4, width=4, hidden_channels=4, blocks=1)
    assert make_engine(model, "auto").compiled() is None
