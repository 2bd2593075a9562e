"""Runs wait in a queue, take single steps, obey a speed limit, and differ in one option."""

import threading
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from pixelcnn.errors import ConfigError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.recipes.pairs import ABLATIONS, names_of_pair
from pixelcnn.runs import queue as run_queue
from pixelcnn.runs.directory import Run
from pixelcnn.runs.resume import prepare_resume
from pixelcnn.runs.store import create_run
from pixelcnn.runs.worker import run_training
from pixelcnn.training.config import TrainConfig

TINY = RunConfig(
    model_options={"hidden_channels": 4, "blocks": 1, "norm": "none", "position": True},
    data="digits8x8",
    train=TrainConfig(steps=6, batch_size=4, held_out=5, samples=2, sample_every=0, seed=3),
)


class Remembering:
    """Records the runs that it should start."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def launch(self, run: Run) -> None:
        self.started.append(run.id)


def test_queued_runs_start_in_order_as_others_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELCNN_MAX_RUNS", "1")
    starter = Remembering()
    runs = [create_run(tmp_path, TINY) for _ in range(4)]
    for run in runs:
        run_queue.enqueue(run, starter=starter)
    assert starter.started == [runs[0].id]
    assert [run_queue.position(run) for run in runs] == [None, 0, 1, 2]
    assert run_queue.withdraw(runs[1])
    assert not run_queue.withdraw(runs[1])
    assert runs[1].status().state == "stopped"
    assert [run_queue.position(run) for run in runs] == [None, None, 0, 1]

    assert run_training(runs[0]).state == "finished"
    run_queue.advance(tmp_path, starter=starter)
    assert starter.started == [runs[0].id, runs[2].id]
    prepare_resume(runs[1])
    run_queue.enqueue(runs[1], starter=starter)
    assert [run_queue.position(run) for run in runs] == [None, 1, None, 0]


def test_a_run_queued_for_long_has_not_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELCNN_MAX_RUNS", "1")
    starter = Remembering()
    runs = [create_run(tmp_path, TINY) for _ in range(2)]
    for run in runs:
        run_queue.enqueue(run, starter=starter)
    later = time.time() + 1000
    monkeypatch.setattr("pixelcnn.runs.directory.time.time", lambda: later)
    assert [run.status().state for run in runs] == ["failed", "queued"]
    # The first never started, so there is room now.
    run_queue.advance(tmp_path, starter=starter)
    assert starter.started == [run.id for run in runs]
    monkeypatch.setenv("PIXELCNN_MAX_RUNS", "many")
    with pytest.raises(ConfigError, match="PIXELCNN_MAX_RUNS = 'many'"):
        run_queue.most_runs()


def test_a_single_step_draws_samples_and_does_not_change_the_training(tmp_path: Path) -> None:
    straight = create_run(tmp_path, TINY)
    run_training(straight)
    run = create_run(tmp_path, TINY)
    run.train_until(1)
    seen: list[tuple[int, list[int]]] = []

    def press() -> None:
        for step, then in ((1, 2), (2, 4), (4, None)):
            while (status := run.status()).state != "paused" or status.step < step:
                time.sleep(0.01)
            seen.append((status.step, run.sample_steps()))
            run.control("resume") if then is None else run.train_until(then)

    presser = threading.Thread(target=press)
    presser.start()
    assert run_training(run).state == "finished"
    presser.join()
    assert seen == [(1, [0, 1]), (2, [0, 1, 2]), (4, [0, 1, 2, 4])]
    assert run.status().step == 6
    losses = [
        [row["nats"] for row in each.metrics() if row["event"] == "step"]
        for each in (run, straight)
    ]
    assert losses[0] == losses[1]
    assert run.status().memory_mb


def test_a_speed_limit_costs_no_training_time(tmp_path: Path) -> None:
    run = create_run(tmp_path, TINY)
    run.limit_speed(50)
    assert run.speed_limit == 50
    started = time.monotonic()
    status = run_training(run)
    assert status.state == "finished"
    assert time.monotonic() - started > 6 / 50
    assert status.elapsed_s < time.monotonic() - started - 6 / 50 + 0.02
    run.limit_speed(None)
    assert run.speed_limit is None


def test_each_ablation_changes_one_option_and_is_named_after_it() -> None:
    for name, difference in ABLATIONS.items():
        for value in difference.others(TINY):
            other = difference.vary(TINY, value)
            other.check()
            before, after = asdict(TINY), asdict(other)
            changed = [key for key in before if before[key] != after[key]]
            assert changed == (["model", "model_options"] if name == "model" else changed[:1])
            assert other.train.seed == TINY.train.seed
            words = names_of_pair(TINY, other)
            assert words == (difference.words(difference.read(TINY)), difference.words(value))
