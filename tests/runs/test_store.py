"""Runs: readable directories, and processes that can be paused, stopped and killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from pixelcnn.checkpoints.files import load_checkpoint
from pixelcnn.data.registry import load_data
from pixelcnn.errors import ConfigError, RunError
from pixelcnn.metrics import evaluate
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.runs.launcher import Launcher
from pixelcnn.runs.resume import resume_run
from pixelcnn.runs.store import create_run, find_run, start_run, writable_root
from pixelcnn.runs.worker import prepare_process, run_training
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.events import Step

TINY = {"hidden_channels": 4, "blocks": 1}


def make_config(steps=20, *, data="digits8x8", model_options=TINY, conditional=False, **train):
    quick = {"batch_size": 8, "evaluate_every": 0, "sample_every": 0, "held_out": 20, "samples": 2}
    return RunConfig(
        model_options=model_options,
        data=data,
        conditional=conditional,
        train=TrainConfig(steps=steps, **(quick | train)),
    )


@pytest.fixture
def started(tmp_path):
    """Starts runs in processes, and kills those that are left."""
    runs = []

    def start(config, **options):
        runs.append(start_run(tmp_path, config, **options))
        return runs[-1]

    yield start
    for run in runs:
        if run.status().active and run.status().pid:
            os.kill(run.status().pid, signal.SIGKILL)


def wait_for(condition, seconds=120):
    """The condition's value once it is true; fails shortly before the test's time limit."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    pytest.fail("it did not happen")


def wait_for_state(run, *states):
    status = wait_for(lambda: run.status().state in (*states, "failed") and run.status())
    assert status.state in states, status.message + run.log()
    return status


def curve(run):
    """Every step's loss, in order."""
    return [(row["step"], row["nats"]) for row in run.metrics() if row["event"] == "step"]


# A run in this process


def test_a_run_leaves_everything_that_a_page_shows(tmp_path):
    config = make_config(12, sample_every=5, evaluate_every=6, conditional=True)
    run = create_run(tmp_path, config)
    assert run.status().state == "queued"
    seen = []
    status = run_training(run, watch=seen.append)

    assert (status.state, status.step, status.progress) == ("finished", 12, 1.0)
    assert run.status() == status or run.status().state == "finished"
    assert run.config == config
    assert [step for step, _ in curve(run)] == list(range(1, 13))
    evaluated = [row for row in run.metrics() if row["event"] == "evaluated"]
    assert [row["step"] for row in evaluated] == [0, 6, 12]
    assert all(row["nats"] > 0 and row["bits_per_dim"] > 0 for row in evaluated)
    assert [step for step, _ in run.samples()] == [0, 5, 10, 12]
    step, images = run.latest_samples()
    assert (step, images.shape, images.dtype) == (12, (2, 1, 8, 8), np.uint8)
    assert len([event for event in seen if isinstance(event, Step)]) == 12
    leftovers = {path.name for path in run.path.iterdir()} & {"reserve", "control"}
    assert not leftovers
    assert not list(run.path.glob("*.writing"))


def test_the_best_checkpoint_has_the_score_that_its_card_says(tmp_path):
    run = create_run(tmp_path, make_config(30, evaluate_every=10, held_out=50))
    run_training(run)
    model, card = load_checkpoint(run.checkpoint("best"))
    test = load_data("digits8x8").test
    assert evaluate(model, test.images[:50]).nats == pytest.approx(card["test_nats"], rel=1e-4)
    scores = [row["nats"] for row in run.metrics() if row["event"] == "evaluated"]
    assert card["test_nats"] == min(scores)
    assert card["run"] == run.id
    assert card["data"]["name"] == "digits8x8"
    _, last = load_checkpoint(run.checkpoint("last"))
    assert last["step"] == 30


def test_a_run_that_diverges_fails_with_advice_and_keeps_what_was_saved(tmp_path):
    config = make_config(300, learning_rate=1e9, gradient_clip=None, save_every=1)
    run = create_run(tmp_path, config)
    run_training(run)
    status = run.status()
    assert status.state == "failed"
    assert "learning_rate" in status.message
    assert f"step {status.step + 1}" in status.message
    model, _ = load_checkpoint(run.checkpoint("last"))
    assert all(parameter.isfinite().all() for parameter in model.parameters())
    assert curve(run)


def test_a_full_disk_is_named_and_nothing_is_corrupted(tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full, a device that is always full")
    run = create_run(tmp_path, make_config(10))
    (run.path / "metrics.jsonl").symlink_to("/dev/full")
    status = run_training(run)
    assert status.state == run.status().state == "failed"
    assert "disk is full" in status.message

    (run.path / "metrics.jsonl").unlink()
    resume_without_process(run)
    assert run_training(run).state == "finished"
    assert len(curve(run)) == 10


def test_data_that_cannot_be_loaded_fails_the_run_with_the_reason(tmp_path):
    config = RunConfig(data="digits8x8", data_options={"levels": 1}, train=TrainConfig(steps=1))
    status = run_training(create_run(tmp_path, config))
    assert status.state == "failed"
    assert "levels" in status.message


def test_a_run_is_trained_by_one_process_at_a_time(tmp_path):
    run = create_run(tmp_path, make_config(3))
    lock = Run(run.path).lock
    assert lock.acquire()
    with pytest.raises(RunError, match="another process"):
        run_training(run)
    lock.release()
    assert run_training(run).state == "finished"


def test_resuming_a_finished_run_is_refused(tmp_path):
    run = create_run(tmp_path, make_config(1))
    run_training(run)
    with pytest.raises(RunError, match="budget"):
        resume_run(run)


def resume_without_process(run):
    """As `resume_run`, for a test that trains in this process."""

    class Nobody:
        def launch(self, run):
            pass

    resume_run(run, starter=Nobody())


# Runs in processes of their own


def test_a_killed_run_is_noticed_and_resumes_on_the_same_curve(tmp_path, started):
    config = make_config(250, save_every=10, sample_every=100, precision="float32")
    run = started(config)
    wait_for(lambda: run.status().step >= 15)
    os.kill(run.status().pid, signal.SIGKILL)
    wait_for(lambda: not run.lock.is_held())

    status = run.status()
    assert status.state == "failed"
    assert "ended unexpectedly" in status.message
    assert "Resume" in status.message
    load_checkpoint(run.checkpoint("last"))
    broken_at = curve(run)[-1][0]

    resume_run(run)
    assert wait_for_state(run, "finished").step == 250
    rows, _ = run.new_metrics()
    resumed = next(row for row in rows if row["event"] == "resumed")
    assert broken_at - 10 <= resumed["step"] <= broken_at

    uninterrupted = create_run(tmp_path, config)
    assert run_training(uninterrupted).state == "finished"
    assert [step for step, _ in curve(run)] == list(range(1, 251))
    ours, theirs = np.array(curve(run)), np.array(curve(uninterrupted))
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    np.testing.assert_array_equal(run.latest_samples()[1], uninterrupted.latest_samples()[1])


def test_pause_and_stop_act_between_two_steps_and_lose_nothing(started):
    run = started(make_config(10**6))
    wait_for(lambda: run.status().step > 5)
    with pytest.raises(RunError, match="running"):
        resume_run(run)
    assert run.control("pause")
    paused = wait_for_state(run, "paused")
    assert paused.step == curve(run)[-1][0]
    time.sleep(0.3)
    assert run.status().step == paused.step
    assert load_checkpoint(run.checkpoint("last"))[1]["step"] == paused.step

    assert run.control("resume")
    wait_for(lambda: run.status().state == "running" and run.status().step > paused.step)

    run.control("pause")
    wait_for_state(run, "paused")
    os.kill(run.status().pid, signal.SIGTERM)
    stopped = wait_for_state(run, "stopped")
    assert load_checkpoint(run.checkpoint("last"))[1]["step"] == stopped.step > paused.step


def test_a_warm_worker_takes_a_run_or_ends_with_its_server(started):
    launcher = Launcher()
    launcher.warm()
    (warm,) = launcher._waiting
    run = started(make_config(10**6), starter=launcher)
    wait_for(lambda: run.status().step > 5)
    assert run.control("stop")
    stopped = wait_for_state(run, "stopped")
    assert stopped.pid == warm.pid
    assert stopped.step == curve(run)[-1][0]
    assert run.resumable
    assert not run.control("stop")

    launcher.warm()
    (idle,) = launcher._waiting
    assert idle.pid != warm.pid
    launcher.close()
    assert idle.wait(timeout=120) == 0


def test_a_warm_worker_that_died_is_replaced_by_a_new_process(started):
    launcher = Launcher()
    launcher.warm()
    launcher._waiting[0].kill()
    launcher._waiting[0].wait()
    run = started(make_config(3), starter=launcher)
    launcher.close()
    assert wait_for_state(run, "finished").step == 3


def test_a_training_process_outlives_its_server(tmp_path):
    server = (
        "import sys; from pixelcnn.runs.store import *;"
        "from pixelcnn.training.config import TrainConfig;"
        "run = start_run(sys.argv[1], RunConfig(data='digits8x8', model_options={'blocks': 1},"
        " train=TrainConfig(steps=20, held_out=20, samples=1)));"
        "print(run.id, flush=True); import os; os.kill(os.getpid(), 9)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", server, str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    assert wait_for_state(find_run(tmp_path, ended.stdout.strip()), "finished").step == 20


def test_a_process_that_never_started_is_noticed(tmp_path, monkeypatch):
    run = create_run(tmp_path, make_config())
    assert run.status().state == "queued"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    assert run.status().state == "failed"
    assert "did not start" in run.status().message


def test_a_trainer_leaves_a_core_to_the_server_by_default(monkeypatch):
    threads = torch.get_num_threads()
    try:
        monkeypatch.delenv("PIXELCNN_THREADS", raising=False)
        monkeypatch.setattr("pixelcnn.runs.worker.usable_cores", lambda: 4)
        prepare_process()
        assert torch.get_num_threads() == 3
        monkeypatch.setattr("pixelcnn.runs.worker.usable_cores", lambda: 1)
        prepare_process()
        assert torch.get_num_threads() == 1
        monkeypatch.setenv("PIXELCNN_THREADS", "2")
        prepare_process()
        assert torch.get_num_threads() == 2
        monkeypatch.setenv("PIXELCNN_THREADS", "all")
        with pytest.raises(ConfigError, match="PIXELCNN_THREADS"):
            prepare_process()
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(False)


def test_a_directory_that_cannot_be_written_is_replaced_by_a_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELCNN_RUNS", str(tmp_path / "runs"))
    assert writable_root() == tmp_path / "runs"
    (tmp_path / "file").touch()
    monkeypatch.setenv("PIXELCNN_RUNS", str(tmp_path / "file" / "runs"))
    found = writable_root()
    assert found.is_dir()
    assert tmp_path not in found.parents
    found.rmdir()
