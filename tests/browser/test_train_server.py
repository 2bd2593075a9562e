"""A training and the server that started it: the one outlives the other."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pixelcnn.runs.store import list_runs
from tests.browser.serving import REPOSITORY, WatchedPage, goto, serve
from tests.browser.test_train import await_samples, play


@pytest.mark.skipif(os.name == "nt", reason="Windows has no ps")
def test_a_training_survives_its_server_and_the_next_server_shows_it(
    watch: Callable[[str], WatchedPage], tmp_path: Path
) -> None:
    app, runs = REPOSITORY / "app.py", tmp_path / "runs"
    environment = {"PIXELCNN_RUNS": str(runs)}
    with serve(app, tmp_path / "first.log", environment) as address:
        page = watch(address).page
        play(page, seconds=1000)
        await_samples(page, 1)
        (run,) = list_runs(runs)
        trainer = run.status().pid
        parent = subprocess.check_output(["ps", "-o", "ppid=", "-p", str(trainer)], text=True)
        os.kill(int(parent), signal.SIGKILL)
    before = run.status().step
    try:
        with serve(app, tmp_path / "second.log", environment) as address:
            again = watch(address)
            goto(again.page, f"/train?run={run.id}")
            await_samples(again.page, 1)
            expect(again.page.get_by_test_id("stProgress")).to_contain_text("left")
            assert run.status().pid == trainer
            assert run.status().step > before
            assert not again.problems()
    finally:
        run.control("stop")
