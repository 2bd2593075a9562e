"""Timings compare the same work in the same rounds."""

from __future__ import annotations

import pytest
import torch

from pixelcnn.benchmarks import timing as benchmark
from pixelcnn.errors import ConfigError
from pixelcnn.models.registry import build_model
from pixelcnn.sampling.engines import Engine, engine_names, make_engine


def small_model() -> benchmark.AutoregressiveModel:
    torch.manual_seed(0)
    return build_model("pixelcnn", height=6, width=5, hidden_channels=4, blocks=1).eval()


def test_the_references_rows_are_scaled_to_a_whole_image(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[tuple[str, int]] = []

    def two_seconds_a_row(_: object, engine: Engine, batch: int, rows: int) -> float:
        order.append((engine.name, rows))
        return 2.0 * rows * (1 if engine.name == "reference" else 0.5)

    monkeypatch.setattr(benchmark, "_seconds_to_draw", two_seconds_a_row)
    timings = list(
        benchmark.time_sampling("model", small_model(), batches=(4,), rounds=3, reference_rows=1)
    )
    assert [timing.engine for timing in timings] == engine_names()
    for timing in timings:
        fast = timing.engine != "reference"
        assert timing.ms_per_image == pytest.approx(1000 * 12 / 4 / (2 if fast else 1))
        assert timing.times_reference == pytest.approx(2 if fast else 1)
    rounds = order[-3 * len(timings) :]
    assert [name for name, _ in rounds] == 3 * engine_names()


def test_only_the_rows_that_are_timed_are_drawn() -> None:
    model = small_model()
    passes = []
    model.register_forward_hook(lambda *_: passes.append(1))
    seconds = benchmark._seconds_to_draw(model, make_engine(model, "reference"), 3, rows=2)
    assert seconds > 0
    assert len(passes) == 2 * 5


def test_an_engine_that_does_not_support_a_model_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(model: benchmark.AutoregressiveModel, engine: str) -> Engine:
        if engine != "reference":
            raise ConfigError(f"{engine} has no step for this layer.")
        return make_engine(model, engine)

    monkeypatch.setattr(benchmark, "make_engine", make)
    reference, *others = benchmark.time_sampling("model", small_model(), batches=(1,), rounds=1)
    assert reference.error == ""
    assert others
    assert all("has no step" in timing.error for timing in others)


def test_the_plain_step_takes_the_same_gradient_as_the_tuned_one() -> None:
    plain, tuned = small_model(), small_model()
    data = benchmark._random_images(plain, 4)
    steps = benchmark._plain_steps(plain, data.train)
    next(steps)
    (-tuned.log_prob(data.train.images).mean()).backward()
    for ours, theirs in zip(plain.parameters(), tuned.parameters(), strict=True):
        assert ours.grad is not None
        assert theirs.grad is not None
        assert torch.allclose(ours.grad, theirs.grad, atol=1e-5)


def test_timing_does_not_change_the_model() -> None:
    model = small_model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    plain, tuned = benchmark.time_training("model", model, batch=2, rounds=1, steps=1)
    assert (plain.step, tuned.step) == ("plain", "tuned")
    assert min(plain.images_per_second, tuned.images_per_second) > 0
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
