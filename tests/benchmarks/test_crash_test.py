"""A training killed with `kill -9` at any time loses little and breaks nothing."""

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from pixelcnn.benchmarks.crash_test import try_kills
from pixelcnn.errors import RunError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.resume import prepare_resume
from pixelcnn.runs.status import RunStatus
from pixelcnn.runs.store import create_run
from pixelcnn.training.config import TrainConfig


def test_random_kills_lose_only_the_steps_since_the_last_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # New processes load the main module first, which a test of a page may have set to the app.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    report = try_kills(tmp_path, 3)
    assert report.kills == 3
    assert report.reads > 50
    assert report.unreadable == ()
    assert report.most_lost <= report.save_every
    assert len(report.differences) > 45
    assert max(report.differences) < 1e-4


def test_a_process_killed_during_startup_is_noticed_at_once(tmp_path):
    run = create_run(tmp_path, RunConfig(data="digits8x8", train=TrainConfig(steps=1)))
    run.write_status(RunStatus("starting"))
    assert run.status().state == "failed"
    assert "ended unexpectedly" in run.status().message
    prepare_resume(run)
    assert run.status().state == "queued"

    run.write_status(replace(run.status(), state="starting"))
    lock = run.lock
    assert lock.acquire()
    try:
        assert run.status().state == "starting"
        with pytest.raises(RunError, match="is starting"):
            prepare_resume(run)
    finally:
        lock.release()
