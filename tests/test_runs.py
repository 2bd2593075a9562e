"""Runs: directories that stay readable, and processes that can be paused, stopped and killed."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pixelcnn.checkpoints import load_checkpoint
from pixelcnn.data import load_data
from pixelcnn.errors import ConfigError, RunError
from pixelcnn.launcher import Launcher
from pixelcnn.metrics import evaluate
from pixelcnn.run_config import RunConfig, RunStatus
from pixelcnn.run_files import RowWriter, read_rows, remove_unfinished, write_whole
from pixelcnn.run_writer import _row_every
from pixelcnn.runs import (
    Run,
    create_run,
    find_run,
    list_runs,
    resume_run,
    start_run,
    unbroken,
)
from pixelcnn.train_config import TrainConfig
from pixelcnn.training import Step
from pixelcnn.worker import carry_out, prepare_process

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
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def started(tmp_path):
    """Starts runs in processes of their own, and ends those that are left."""
    runs = []

    def start(config, **options):
        runs.append(start_run(tmp_path, config, **options))
        return runs[-1]

    yield start
    for run in runs:
        if run.status().active and run.status().pid:
            os.kill(run.status().pid, signal.SIGKILL)


def wait_for(condition, seconds=120):
    """The condition's value once it is true; fails with the test's time limit in sight."""
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


def test_a_run_leaves_everything_that_a_page_shows(tmp_path, one_thread):
    config = make_config(12, sample_every=5, evaluate_every=6, conditional=True)
    run = create_run(tmp_path, config)
    assert run.status().state == "queued"
    seen = []
    status = carry_out(run, watch=seen.append)

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


def test_the_best_checkpoint_has_the_score_that_its_card_says(tmp_path, one_thread):
    run = create_run(tmp_path, make_config(30, evaluate_every=10, held_out=50))
    carry_out(run)
    model, card = load_checkpoint(run.checkpoint("best"))
    test = load_data("digits8x8").test
    assert evaluate(model, test.images[:50]).nats == pytest.approx(card["test_nats"], rel=1e-4)
    scores = [row["nats"] for row in run.metrics() if row["event"] == "evaluated"]
    assert card["test_nats"] == min(scores)
    assert card["run"] == run.id
    assert card["data"]["name"] == "digits8x8"
    _, last = load_checkpoint(run.checkpoint("last"))
    assert last["step"] == 30


def test_a_run_that_diverges_fails_with_advice_and_keeps_what_was_saved(tmp_path, one_thread):
    config = make_config(300, learning_rate=1e9, gradient_clip=None, save_every=1)
    run = create_run(tmp_path, config)
    carry_out(run)
    status = run.status()
    assert status.state == "failed"
    assert "learning_rate" in status.message
    assert f"step {status.step + 1}" in status.message
    model, _ = load_checkpoint(run.checkpoint("last"))
    assert all(parameter.isfinite().all() for parameter in model.parameters())
    assert curve(run)


def test_a_full_disk_is_named_and_nothing_is_corrupted(tmp_path, one_thread):
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full, a device that is always full")
    run = create_run(tmp_path, make_config(10))
    (run.path / "metrics.jsonl").symlink_to("/dev/full")
    status = carry_out(run)
    assert status.state == run.status().state == "failed"
    assert "disk is full" in status.message

    (run.path / "metrics.jsonl").unlink()
    resume_without_process(run)
    assert carry_out(run).state == "finished"
    assert len(curve(run)) == 10


def test_data_that_cannot_be_loaded_fails_the_run_with_the_reason(tmp_path, one_thread):
    config = RunConfig(data="digits8x8", data_options={"levels": 1}, train=TrainConfig(steps=1))
    status = carry_out(create_run(tmp_path, config))
    assert status.state == "failed"
    assert "levels" in status.message


def test_a_run_is_trained_by_one_process_at_a_time(tmp_path, one_thread):
    run = create_run(tmp_path, make_config(3))
    lock = Run(run.path).lock
    assert lock.acquire()
    with pytest.raises(RunError, match="another process"):
        carry_out(run)
    lock.release()
    assert carry_out(run).state == "finished"


def test_resuming_a_finished_run_is_refused(tmp_path, one_thread):
    run = create_run(tmp_path, make_config(1))
    carry_out(run)
    with pytest.raises(RunError, match="budget"):
        resume_run(run)


def resume_without_process(run):
    """As `resume_run` does, for a test that carries the run out itself."""

    class Nobody:
        def launch(self, run):
            pass

    resume_run(run, starter=Nobody())


# Runs in processes of their own


def test_a_killed_run_is_noticed_and_goes_on_along_the_same_curve(tmp_path, started, one_thread):
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

    whole = create_run(tmp_path, config)
    assert carry_out(whole).state == "finished"
    assert [step for step, _ in curve(run)] == list(range(1, 251))
    ours, theirs = np.array(curve(run)), np.array(curve(whole))
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    np.testing.assert_array_equal(run.latest_samples()[1], whole.latest_samples()[1])


def test_pausing_and_ending_are_heard_between_two_steps_and_lose_nothing(started):
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


def test_a_warm_worker_takes_a_run_and_ends_with_its_server_otherwise(started):
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
        "import sys; from pixelcnn.runs import *; from pixelcnn.train_config import TrainConfig;"
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


def test_a_trainer_leaves_a_core_to_the_server_unless_told_otherwise(monkeypatch):
    threads = torch.get_num_threads()
    try:
        monkeypatch.delenv("PIXELCNN_THREADS", raising=False)
        monkeypatch.setattr("pixelcnn.worker.usable_cores", lambda: 4)
        prepare_process()
        assert torch.get_num_threads() == 3
        monkeypatch.setattr("pixelcnn.worker.usable_cores", lambda: 1)
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


# Ids, lists and requests


@given(st.text() | st.from_regex(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}.*", fullmatch=True))
def test_no_id_but_one_of_the_right_form_reaches_the_disk(run_id):
    class NoDisk(type(Run(".").path)):
        def __truediv__(self, other):
            raise AssertionError(f"{other!r} reached the disk")

    try:
        find_run(NoDisk("/nowhere"), run_id)
    except RunError:
        return
    except AssertionError:
        date, clock, tail = run_id.split("-")
        assert (date + clock).isdigit()
        assert (date + clock).isascii()
        assert (len(date), len(clock)) == (8, 6)
        assert len(tail) == 4
        int(tail, 16)


@pytest.mark.parametrize(
    "run_id",
    [
        "",
        "..",
        "../x",
        "/etc",
        "a\0b",
        "20260102-153045-ab12/",
        "20260102-153045-ab12\n",
        "20260102-153045-AB12",
        "２０２６0102-153045-ab12",
        "20260102-153045-ab12/../..",
        None,
        7,
    ],
)
def test_hostile_ids_are_refused(tmp_path, run_id):
    with pytest.raises(RunError, match="no run's id"):
        find_run(tmp_path, run_id)


def test_an_unknown_id_says_that_there_is_no_such_run(tmp_path):
    with pytest.raises(RunError, match="no run 20260102-153045-ab12"):
        find_run(tmp_path, "20260102-153045-ab12")


def test_runs_are_listed_newest_first_and_strangers_left_out(tmp_path):
    assert list_runs(tmp_path / "missing") == []
    runs = [create_run(tmp_path, make_config()) for _ in range(3)]
    (tmp_path / "notes").mkdir()
    (tmp_path / ".new-20260102-153045-ab12").mkdir()
    listed = [run.id for run in list_runs(tmp_path)]
    assert listed == sorted((run.id for run in runs), reverse=True)
    assert find_run(tmp_path, listed[0]).config == make_config()


def test_a_directory_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="PIXELCNN_RUNS"):
        create_run(tmp_path / "file", make_config())


def test_only_known_requests_are_passed_on(tmp_path):
    run = create_run(tmp_path, make_config())
    assert run.requested() == ""
    with pytest.raises(ConfigError, match="'pause', 'resume', 'stop'"):
        run.control("explode")
    assert run.requested() == ""
    with pytest.raises(ConfigError, match="'last' or 'best'"):
        run.checkpoint("../../secret")
    with pytest.raises(RunError, match="no weights yet"):
        run.checkpoint("best")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model": "resnet"}, "resnet"),
        ({"data": "imagenet"}, "imagenet"),
        ({"model_options": {"kernel_size": 4}}, "kernel_size"),
        ({"model_options": {"levels": 4}}, "levels"),
        ({"model_options": {"depth": 4}}, "depth"),
        ({"data_options": {"path": "x"}}, "path"),
        ({"notes": {"when": object()}}, "JSON"),
    ],
)
def test_a_configuration_that_cannot_work_starts_nothing(tmp_path, change, named):
    config = RunConfig(**{"train": TrainConfig(steps=1), **change})
    with pytest.raises(ConfigError, match=named):
        start_run(tmp_path, config)
    assert list_runs(tmp_path) == []


def test_labels_can_be_hidden_exactly_where_there_are_any():
    hidden = {"model_options": {"label_dropout": 0.1}, "train": TrainConfig(steps=1)}
    RunConfig(**hidden, conditional=True).check()
    with pytest.raises(ConfigError, match="label_dropout"):
        RunConfig(**hidden).check()


def test_a_configuration_survives_json():
    config = RunConfig(
        model="gated_pixelcnn",
        model_options={"blocks": 3},
        conditional=True,
        data_options={"size": 14},
        train=TrainConfig(seconds=20, gradient_clip=None),
        notes={"command": "x"},
    )
    assert RunConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"train": {"steps": 0}}', b"\xff"])
def test_a_damaged_configuration_or_status_is_an_error_of_ours(tmp_path, content):
    run = create_run(tmp_path, make_config())
    (run.path / "config.json").write_bytes(content)
    (run.path / "status.json").write_bytes(content)
    with pytest.raises(RunError):
        _ = run.config
    with pytest.raises(RunError):
        run.status()
    with pytest.raises(RunError, match="no run"):
        Run(tmp_path / "nothing").status()


# Files


def test_a_line_cut_off_at_any_byte_costs_that_line_only(tmp_path):
    path = tmp_path / "metrics.jsonl"
    writer = RowWriter(path)
    for step in range(3):
        writer.write({"event": "step", "step": step, "nats": step / 3})
    writer.close()
    content = path.read_bytes()
    second = content.index(b"\n", content.index(b"\n") + 1) + 1
    for cut in range(second, len(content)):
        path.write_bytes(content[:cut])
        assert [row["step"] for row in read_rows(path)[0]] == [0, 1]
        resumed = RowWriter(path)
        resumed.write({"event": "step", "step": 9})
        resumed.close()
        steps = [row["step"] for row in read_rows(path)[0]]
        # All but the last line's end may have been there.
        assert steps == ([0, 1, 2, 9] if cut == len(content) - 1 else [0, 1, 9])


@given(st.lists(st.integers(1, 40), max_size=8))
def test_rows_read_bit_by_bit_are_those_read_at_once(tmp_path_factory, lengths):
    path = tmp_path_factory.mktemp("rows") / "metrics.jsonl"
    rows = [{"step": step, "text": "x" * length} for step, length in enumerate(lengths)]
    content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    read, offset = [], 0
    for end in range(0, len(content) + 1, 37):
        path.write_bytes(content[:end])
        new, offset = read_rows(path, offset)
        read += new
    path.write_bytes(content)
    assert read + read_rows(path, offset)[0] == rows == read_rows(path)[0]


def test_rows_that_were_overtaken_are_left_out():
    rows = [{"event": "step", "step": step} for step in (1, 2, 3, 4)]
    rows += [{"event": "resumed", "step": 2}, {"event": "step", "step": 3}]
    assert [row["step"] for row in unbroken(rows)] == [1, 2, 3]


def test_a_run_killed_before_its_first_save_starts_over_with_one_curve(tmp_path, one_thread):
    run = create_run(tmp_path, make_config(5))
    killed = RowWriter(run.path / "metrics.jsonl")
    killed.write({"event": "evaluated", "step": 0, "nats": 1.0})
    for step in range(1, 4):
        killed.write({"event": "step", "step": step, "nats": 1.0})
    killed.close()
    carry_out(run)
    assert [step for step, _ in curve(run)] == [1, 2, 3, 4, 5]
    assert [row["step"] for row in run.metrics() if row["event"] == "evaluated"] == [0, 5]


def test_numbers_that_are_not_finite_become_null(tmp_path):
    writer = RowWriter(tmp_path / "rows")
    writer.write({"nats": float("nan"), "clip": float("inf"), "step": 1})
    writer.close()
    assert read_rows(tmp_path / "rows")[0] == [{"nats": None, "clip": None, "step": 1}]


def test_a_failed_write_leaves_the_old_content_and_no_litter(tmp_path):
    path = tmp_path / "status.json"
    write_whole(path, b"old")
    (tmp_path / "status.json.writing").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"


def test_what_a_killed_writer_left_is_removed(tmp_path):
    for name in ("state.safetensors.writing", ".last.safetensors.ab.tmp", "config.json"):
        (tmp_path / name).write_bytes(b"x")
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_later_steps_share_rows_and_none_is_lost(tmp_path, one_thread, monkeypatch):
    assert [_row_every(step) for step in (1, 1000, 1001, 10_000, 10_001)] == [1, 1, 10, 10, 100]
    monkeypatch.setattr("pixelcnn.run_writer._row_every", lambda step: 1 if step <= 4 else 10)
    run = create_run(tmp_path, make_config(25, samples=0))
    losses = []
    carry_out(run, watch=lambda event: isinstance(event, Step) and losses.append(event.nats))
    rows = [row for row in run.metrics() if row["event"] == "step"]
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 10, 20, 25]
    assert [row["steps"] for row in rows] == [1, 1, 1, 1, 6, 10, 5]
    assert rows[-2]["nats"] == pytest.approx(np.mean(losses[10:20]))


def test_active_states_are_those_with_a_process():
    states = ("queued", "starting", "running", "paused", "finished", "stopped", "failed")
    assert [RunStatus(state).active for state in states] == [True] * 4 + [False] * 3
