"""A run keeps correct snapshots of its weights at a few early steps."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from pixelcnn.data.registry import load_data
from pixelcnn.errors import RunError
from pixelcnn.introspect.feature_maps import activations
from pixelcnn.models.registry import build_model
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.runs.recordings import record_run, recorded_run
from pixelcnn.runs.snapshots import (
    MOST_PARAMETERS,
    SNAPSHOT_STEPS,
    keep_snapshot,
    load_snapshot,
    snapshot_path,
    snapshot_steps,
)
from pixelcnn.runs.store import create_run
from pixelcnn.runs.worker import run_training
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.events import Step
from pixelcnn.training.trainer import train

TRAIN = TrainConfig(
    steps=24, batch_size=8, evaluate_every=0, sample_every=0, held_out=20, samples=2, threads=1
)
TINY = RunConfig(model_options={"hidden_channels": 4, "blocks": 1}, data="digits8x8", train=TRAIN)


def test_snapshot_steps_double_and_are_few() -> None:
    assert SNAPSHOT_STEPS[:5] == (0, 5, 10, 20, 40)
    assert len(SNAPSHOT_STEPS) == 12


def test_a_run_keeps_its_snapshots_and_the_last_weights(tmp_path: Path) -> None:
    run = create_run(tmp_path, TINY)
    assert snapshot_steps(run) == []
    seen: dict[int, torch.Tensor] = {}

    def watch(event: object) -> None:
        if isinstance(event, Step) and event.step in SNAPSHOT_STEPS:
            seen[event.step] = load_snapshot(run, event.step).output.weight.detach().clone()

    run_training(run, watch=watch)
    assert snapshot_steps(run) == [0, 5, 10, 20, 24]
    for step, weight in seen.items():
        assert torch.equal(load_snapshot(run, step).output.weight, weight)
    weights = [load_snapshot(run, step).output.weight for step in snapshot_steps(run)]
    assert all(not torch.equal(*pair) for pair in itertools.pairwise(weights))
    with pytest.raises(RunError, match="has no weights of step 7"):
        load_snapshot(run, 7)


def test_a_snapshot_is_the_network_of_that_step_in_half_precision(tmp_path: Path) -> None:
    data = load_data("digits8x8")
    torch.manual_seed(0)
    model = build_model("pixelcnn", height=8, width=8, hidden_channels=4, blocks=1)
    run = Run(tmp_path)
    images = data.test.images[:4]
    for event in train(model, data, TRAIN):
        if isinstance(event, Step) and event.step == 10:
            break
    assert keep_snapshot(run, model, 10)
    expected = activations(model.eval(), images)
    for name, maps in activations(load_snapshot(run, 10), images).items():
        torch.testing.assert_close(maps, expected[name], rtol=1e-2, atol=1e-2)
    assert not keep_snapshot(run, model, 11)
    parameters = sum(weight.numel() for weight in model.parameters())
    assert snapshot_path(run, 10).stat().st_size < 2 * parameters + 4000


def test_a_large_network_keeps_none(tmp_path: Path) -> None:
    model = build_model("pixelcnn", hidden_channels=256, blocks=4, block="plain", kernel_size=7)
    assert sum(weight.numel() for weight in model.parameters()) > MOST_PARAMETERS
    assert not keep_snapshot(Run(tmp_path), model, 0)
    assert snapshot_steps(Run(tmp_path)) == []


def test_a_recording_can_include_snapshots(tmp_path: Path) -> None:
    run = create_run(tmp_path, TINY)
    run_training(run)
    copy = record_run(run, "mine", tmp_path / "recorded", with_snapshots=True)
    assert snapshot_steps(copy) == snapshot_steps(run)
    plain = record_run(run, "mine", tmp_path / "recorded")
    assert snapshot_steps(plain) == []


def test_the_shipped_snapshots_go_from_noise_to_a_trained_network() -> None:
    run = recorded_run("moments28")
    steps = snapshot_steps(run)
    assert steps[:4] == [0, 5, 10, 20]
    assert steps[-1] == run.status().step
    assert sum(path.stat().st_size for path in run.path.rglob("*")) < 400_000
    test = load_data("mnist5k").test
    nats = []
    for step in steps:
        with torch.no_grad():
            model = load_snapshot(run, step)
            nats.append(-model.log_prob(test.images[:60], test.labels[:60]).mean().item())
    assert nats[-1] < 80 < 0.4 * nats[0]
    assert np.argmin(nats) == len(nats) - 1
