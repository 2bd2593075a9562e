"""Trainings take fair turns: one of each browser trains, the longest unserved comes first."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from pixelcnn.errors import RunError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs import queue as run_queue
from pixelcnn.runs.directory import Run
from pixelcnn.runs.status import RunStatus
from pixelcnn.runs.store import create_run
from pixelcnn.training.config import TrainConfig

CONFIG = RunConfig(data="digits8x8", train=TrainConfig(steps=6))
ANNA, BEN, CLEO = (hashlib.sha256(name.encode()).hexdigest() for name in ("a", "b", "c"))


class Starter:
    """Marks runs as training, as their process would."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def launch(self, run: Run) -> None:
        self.started.append(run.id)


def asked(root: Path, owner: str, starter: Starter) -> Run:
    run = create_run(root, CONFIG)
    (run.path / "owner").write_text(owner)
    run_queue.enqueue(run, starter=starter)
    return run


def ended(run: Run, starter: Starter) -> None:
    run.write_status(RunStatus("finished"))
    run_queue.advance(run.path.parent, starter=starter)


@pytest.fixture(autouse=True)
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELCNN_MAX_RUNS", "2")


def test_whoever_queues_many_trainings_holds_up_nobody_else(tmp_path: Path) -> None:
    starter = Starter()
    of_anna = [asked(tmp_path, ANNA, starter) for _ in range(5)]
    assert starter.started == [of_anna[0].id]
    of_ben = asked(tmp_path, BEN, starter)
    assert starter.started == [of_anna[0].id, of_ben.id]
    of_cleo = asked(tmp_path, CLEO, starter)
    assert run_queue.position(of_cleo) == 0
    assert [run_queue.position(run) for run in of_anna[1:]] == [1, 2, 3, 4]
    ended(of_anna[0], starter)
    assert starter.started[2:] == [of_cleo.id]
    ended(of_ben, starter)
    assert starter.started[3:] == [of_anna[1].id]


def test_turns_are_remembered_when_the_record_is_damaged_or_the_clock_is_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starter = Starter()
    runs = [asked(tmp_path, ANNA, starter) for _ in range(2)]
    (tmp_path / ".queue" / "served.json").write_text(json.dumps({ANNA: "x", BEN: -1, "": None}))
    monkeypatch.setattr("pixelcnn.runs.queue.time.time_ns", lambda: 5)
    later = asked(tmp_path, ANNA, starter)
    assert [run_queue.position(run) for run in (*runs[1:], later)] == [0, 1]


def test_a_browser_may_have_three_trainings_at_most(tmp_path: Path) -> None:
    starter = Starter()
    for _ in range(3):
        run_queue.check_room(tmp_path, ANNA)
        asked(tmp_path, ANNA, starter)
    with pytest.raises(RunError, match="You have 3 trainings"):
        run_queue.check_room(tmp_path, ANNA)
    run_queue.check_room(tmp_path, BEN, 5)  # an experiment, with nothing else active


def test_the_teacher_clears_the_queue_and_runs_that_train_go_on(tmp_path: Path) -> None:
    starter = Starter()
    runs = [asked(tmp_path, ANNA, starter) for _ in range(3)]
    assert run_queue.clear(tmp_path) == run_queue.waiting(tmp_path) + 2
    assert [run.status().state for run in runs] == ["queued", "stopped", "stopped"]
    assert starter.started == [runs[0].id]
