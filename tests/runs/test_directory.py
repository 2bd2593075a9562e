"""The directory of a run: its id, its requests and its files."""

import json

import numpy as np
import pytest
from hypothesis import given, strategies as st

from pixelcnn.errors import ConfigError, RunError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run, unbroken
from pixelcnn.runs.status import RunStatus
from pixelcnn.runs.store import create_run, find_run, list_runs, start_run
from pixelcnn.runs.worker import run_training
from pixelcnn.runs.writer import _row_every
from pixelcnn.system.atomic_files import (
    RowWriter,
    atomic_file,
    atomic_write,
    read_jsonl,
    remove_unfinished,
)
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.events import Step
from tests.runs.test_store import curve, make_config

# Ids, lists and requests


@given(st.text() | st.from_regex(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}.*", fullmatch=True))
def test_only_well_formed_ids_reach_the_disk(run_id):
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
    with pytest.raises(RunError, match="not a run's id"):
        find_run(tmp_path, run_id)


def test_an_unknown_id_says_that_there_is_no_such_run(tmp_path):
    with pytest.raises(RunError, match="no run 20260102-153045-ab12"):
        find_run(tmp_path, "20260102-153045-ab12")


def test_runs_are_listed_newest_first_without_other_folders(tmp_path):
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


def test_unknown_requests_are_refused(tmp_path):
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
def test_an_invalid_configuration_starts_nothing(tmp_path, change, named):
    config = RunConfig(**{"train": TrainConfig(steps=1), **change})
    with pytest.raises(ConfigError, match=named):
        start_run(tmp_path, config)
    assert list_runs(tmp_path) == []


def test_label_dropout_needs_labels():
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
def test_a_damaged_configuration_or_status_is_a_run_error(tmp_path, content):
    run = create_run(tmp_path, make_config())
    (run.path / "config.json").write_bytes(content)
    (run.path / "status.json").write_bytes(content)
    with pytest.raises(RunError):
        _ = run.config
    with pytest.raises(RunError):
        run.status()
    with pytest.raises(RunError, match="is not a run"):
        Run(tmp_path / "nothing").status()


# Files


def test_a_row_truncated_at_any_byte_loses_that_row_only(tmp_path):
    path = tmp_path / "metrics.jsonl"
    writer = RowWriter(path)
    for step in range(3):
        writer.write({"event": "step", "step": step, "nats": step / 3})
    writer.close()
    content = path.read_bytes()
    second = content.index(b"\n", content.index(b"\n") + 1) + 1
    for cut in range(second, len(content)):
        path.write_bytes(content[:cut])
        assert [row["step"] for row in read_jsonl(path)[0]] == [0, 1]
        resumed = RowWriter(path)
        resumed.write({"event": "step", "step": 9})
        resumed.close()
        steps = [row["step"] for row in read_jsonl(path)[0]]
        # Perhaps only the end of the last line is missing.
        assert steps == ([0, 1, 2, 9] if cut == len(content) - 1 else [0, 1, 9])


@given(st.lists(st.integers(1, 40), max_size=8))
def test_rows_read_incrementally_equal_rows_read_at_once(tmp_path_factory, lengths):
    path = tmp_path_factory.mktemp("rows") / "metrics.jsonl"
    rows = [{"step": step, "text": "x" * length} for step, length in enumerate(lengths)]
    content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    read, offset = [], 0
    for end in range(0, len(content) + 1, 37):
        path.write_bytes(content[:end])
        new, offset = read_jsonl(path, offset)
        read += new
    path.write_bytes(content)
    assert read + read_jsonl(path, offset)[0] == rows == read_jsonl(path)[0]


def test_rows_that_a_resumed_run_redid_are_left_out():
    rows = [{"event": "step", "step": step} for step in (1, 2, 3, 4)]
    rows += [{"event": "resumed", "step": 2}, {"event": "step", "step": 3}]
    assert [row["step"] for row in unbroken(rows)] == [1, 2, 3]


def test_a_run_killed_before_its_first_save_starts_over_with_one_curve(tmp_path):
    run = create_run(tmp_path, make_config(5))
    killed = RowWriter(run.path / "metrics.jsonl")
    killed.write({"event": "evaluated", "step": 0, "nats": 1.0})
    for step in range(1, 4):
        killed.write({"event": "step", "step": step, "nats": 1.0})
    killed.close()
    run_training(run)
    assert [step for step, _ in curve(run)] == [1, 2, 3, 4, 5]
    assert [row["step"] for row in run.metrics() if row["event"] == "evaluated"] == [0, 5]


def test_numbers_that_are_not_finite_become_null(tmp_path):
    writer = RowWriter(tmp_path / "rows")
    writer.write({"nats": float("nan"), "clip": float("inf"), "step": 1})
    writer.close()
    assert read_jsonl(tmp_path / "rows")[0] == [{"nats": None, "clip": None, "step": 1}]


def test_a_failed_write_keeps_the_old_content_and_leaves_no_temporary_file(tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "status.json"
    atomic_write(path, b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # a disk that is soon full
    try:
        with pytest.raises(OSError, match="too large"):
            atomic_write(path, bytes(2000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_who_write_one_file_at_once_do_not_mix_their_contents(tmp_path):
    path = tmp_path / "model.safetensors"
    with atomic_file(path) as slow:
        slow.write(b"first half, ")
        atomic_write(path, b"another's")
        assert path.read_bytes() == b"another's"
        slow.write(b"second half")
    assert path.read_bytes() == b"first half, second half"
    assert list(tmp_path.iterdir()) == [path]


def test_temporary_files_of_a_killed_writer_are_removed(tmp_path):
    for name in ("state.safetensors.writing", ".last.safetensors.ab.tmp", "config.json"):
        (tmp_path / name).write_bytes(b"x")
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_later_steps_share_rows_without_loss(tmp_path, monkeypatch):
    assert [_row_every(step) for step in (1, 1000, 1001, 10_000, 10_001)] == [1, 1, 10, 10, 100]
    monkeypatch.setattr("pixelcnn.runs.writer._row_every", lambda step: 1 if step <= 4 else 10)
    run = create_run(tmp_path, make_config(25, samples=0))
    losses = []
    run_training(run, watch=lambda event: isinstance(event, Step) and losses.append(event.nats))
    rows = [row for row in run.metrics() if row["event"] == "step"]
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 10, 20, 25]
    assert [row["steps"] for row in rows] == [1, 1, 1, 1, 6, 10, 5]
    assert rows[-2]["nats"] == pytest.approx(np.mean(losses[10:20]))


def test_active_states_are_those_with_a_process():
    states = ("queued", "starting", "running", "paused", "finished", "stopped", "failed")
    assert [RunStatus(state).active for state in states] == [True] * 4 + [False] * 3
