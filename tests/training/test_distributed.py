"""Several processes train one model like one process, or explain why they cannot."""

import itertools
import os
import shlex
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import distributed as dist

from pixelcnn.cli import main
from pixelcnn.errors import ConfigError, RunError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.launcher import worker_command
from pixelcnn.runs.store import create_run, list_runs
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.distributed import SINGLE_PROCESS, ProcessGroup, explained

# Batches of 9 images: the two ranks get 4 and 5.
TRAINING = shlex.split(
    "train --model pixelcnn --preset none --set hidden_channels=4 blocks=1 --conditional --data "
    "digits8x8 --steps 20 --batch-size 9 --precision float32 --device cpu --ema 0.9 "
    "--gradient-clip 0.5 --held-out 20 --samples 2 --evaluate-every 10 --sample-every 10"
)


def rows(root, event, *names):
    (run,) = list_runs(root)
    assert run.status().state == "finished", run.status().message
    return np.array(
        [[row[name] for name in names] for row in run.metrics() if row["event"] == event]
    )


def test_two_processes_that_share_each_batch_give_the_curve_of_one(tmp_path, monkeypatch):
    one, two = tmp_path / "one", tmp_path / "two"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    together = subprocess.run(
        [*torchrun, "-m", "pixelcnn", *TRAINING, "--runs", str(two)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PIXELCNN_THREADS": "1"},
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert together.returncode == 0, together.stdout
    threads = torch.get_num_threads()
    monkeypatch.setenv("PIXELCNN_THREADS", "1")
    try:
        assert main([*TRAINING, "--runs", str(one)]) == 0
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(False)

    names = ("step", "nats", "gradient_norm", "learning_rate")
    theirs = rows(two, "step", *names)
    assert [int(step) for step in theirs[:, 0]] == list(range(1, 21)), "one writer"
    np.testing.assert_allclose(theirs, rows(one, "step", *names), rtol=0, atol=1e-4)
    scores = rows(two, "evaluated", "step", "nats")
    assert len(scores) == 3
    np.testing.assert_allclose(scores, rows(one, "evaluated", "step", "nats"), rtol=0, atol=1e-4)
    assert "Warning" not in together.stdout


def test_shards_of_a_batch_are_disjoint_and_complete():
    for size, count in ((1, 5), (2, 9), (4, 4), (3, 32)):
        shares = [list(range(count))[ProcessGroup(rank, size).shard(count)] for rank in range(size)]
        assert list(itertools.chain(*shares)) == list(range(count))
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
    with pytest.raises(ConfigError, match=r"batch of 3 .* 4 processes.*batch_size"):
        ProcessGroup(0, 4).shard(3)


def test_a_process_that_cannot_find_the_others_says_how_to_start_them(monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    threads = torch.get_num_threads()
    try:
        assert main(TRAINING) == 2
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(False)
    message = capsys.readouterr().err
    assert "MASTER_ADDR" in message
    assert "torchrun" in message


def test_a_lost_process_is_explained_and_other_errors_pass():
    lost = RuntimeError(
        "[gloo/transport/tcp/pair.cc:553] Connection closed by peer. Check the logs"
    )
    for error in (lost, dist.DistBackendError("NCCL error")):
        with pytest.raises(RunError, match=r"Another process .* ended .*Resume"), explained():
            raise error
    with pytest.raises(RuntimeError, match="shapes differ"), explained():
        raise RuntimeError("shapes differ")


@pytest.mark.parametrize(
    ("cards", "options", "processes"),
    [(1, {}, 1), (4, {}, 4), (4, {"batch_size": 3}, 3), (4, {"device": "cpu"}, 1), (0, {}, 1)],
)
def test_a_run_gets_a_process_for_each_graphics_card(
    tmp_path, monkeypatch, cards, options, processes
):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cards)
    run = create_run(tmp_path, RunConfig(data="digits8x8", train=TrainConfig(steps=1, **options)))
    launched = " ".join(worker_command(run)[1:])
    torchrun = f"-m torch.distributed.run --standalone --nproc-per-node={processes} "
    assert launched == (torchrun if processes > 1 else "") + f"-m pixelcnn.runs.worker {run.path}"


def test_a_single_process_does_not_wait():
    model = torch.nn.Linear(2, 2)
    assert SINGLE_PROCESS.is_main
    assert SINGLE_PROCESS.wrapped(model, torch.device("cpu")) is model
    assert SINGLE_PROCESS.begin_step(0.5) == 0.5
    assert SINGLE_PROCESS.broadcast("task") == "task"
