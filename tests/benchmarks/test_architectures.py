"""The comparison of architectures measures what its table says; parts fail independently."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from pixelcnn.benchmarks import architectures as bench_architectures
from pixelcnn.benchmarks.architectures import measure_architecture
from pixelcnn.causality.reach import audit
from pixelcnn.cli import main
from pixelcnn.data.registry import load_data
from pixelcnn.errors import ConfigError
from pixelcnn.metrics import bernoulli_baseline, evaluate
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.preset_configs import presets
from pixelcnn.models.registry import build_model
from pixelcnn.training.events import Step


def test_figures_describe_the_model_after_its_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = load_data("digits8x8")
    seen: list[AutoregressiveModel] = []

    def building(*names: str, **options: int) -> AutoregressiveModel:
        seen.append(build_model(*names, **options))
        return seen[-1]

    monkeypatch.setattr(bench_architectures, "build_model", building)
    shares: list[float] = []
    result = measure_architecture(
        "pixelcnn", "tiny", data, steps=2, batch=16, drawn=2,
        progress=lambda share, _: shares.append(share),
    )  # fmt: skip
    (model,) = seen
    assert result.error == ""
    assert result.parameters == sum(weight.numel() for weight in model.parameters())
    assert result.nats == pytest.approx(evaluate(model, data.test.images).nats)
    centre = audit(model).at(4, 4)
    assert (result.seen, result.legal) == (centre.seen, centre.legal)
    assert result.seen_percent == pytest.approx(100 * centre.seen / centre.legal)
    assert result.ms_per_image > 0
    assert result.engine
    assert shares == [0.5, 1.0]


def test_the_training_speed_is_that_of_the_median_step(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10**6))
    costs = iter((50, 2, 3))  # the first step is slow, as first steps are

    class ThreeSteps:
        progress = 1.0

        def __init__(self, *_: object) -> None: ...

        def __iter__(self):  # type: ignore[no-untyped-def]
            for cost in costs:
                for _ in range(cost - 1):
                    next(clock)
                yield Step(1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)

    monkeypatch.setattr(bench_architectures, "Trainer", ThreeSteps)
    monkeypatch.setattr(bench_architectures.time, "perf_counter", lambda: next(clock))
    data = load_data("digits8x8")
    model = build_model("pixelcnn", height=8, width=8, hidden_channels=4, blocks=1)
    config = bench_architectures.TrainConfig(steps=3, batch_size=12)
    assert bench_architectures._training(model, data, config, None)["images_per_second"] == 4


def test_a_failing_part_is_explained_and_the_others_are_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_serves(model: AutoregressiveModel) -> None:
        raise ConfigError("No engine knows this layer.")

    monkeypatch.setattr(bench_architectures, "make_engine", none_serves)
    data = load_data("digits8x8")
    result = measure_architecture("gated_pixelcnn", "tiny", data, steps=1, batch=4)
    assert result.error == "No engine knows this layer."
    assert math.isnan(result.ms_per_image)
    assert math.isfinite(result.nats)
    assert result.seen_percent == 100


def test_the_command_prints_a_table_and_writes_it_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixelcnn.sampling.engines.warm_up", lambda: None)
    threads = torch.get_num_threads()
    path = tmp_path / "architectures.json"
    words = "bench architectures --models pixelcnn --steps 2 --batch 8 --drawn 1 --threads 1"
    try:
        assert main([*words.split(), "--json", str(path)]) == 0
    finally:
        torch.set_num_threads(threads)
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len({len(line) for line in table}) == 1
    head, _, row, baseline_row = ([cell.strip() for cell in line.split("|")] for line in table)
    assert "nats after 2 steps" in head

    report = json.loads(path.read_text())
    (figures,) = report["timings"]
    assert (figures["model"], figures["preset"], report["steps"]) == ("pixelcnn", "tiny", 2)
    assert row[1:3] == ["pixelcnn", f"{figures['parameters']:,}"]
    assert row[-2] == f"{figures['nats']:.1f} ± {figures['nats_stderr']:.1f}"
    baseline = bernoulli_baseline(load_data("mnist5k"))
    assert report["independent_pixels"]["nats"] == baseline.nats
    assert baseline_row[-2] == f"{baseline.nats:.1f} ± {baseline.nats_stderr:.1f}"
    assert report["threads"] == 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--models vae", "model 'vae'"),
        ("--models pixelcnn --preset huge", "pixelcnn has no preset 'huge'"),
        ("--models pixelcnn --steps 0", "steps = 0"),
        ("--models pixelcnn --batch 0", "batch_size = 0"),
        ("--models pixelcnn --drawn 0", "drawn = 0"),
        ("--threads 0", "--threads 0"),
        ("--json table.txt", "--json table.txt must end in .json"),
    ],
)
def test_what_cannot_be_measured_is_explained_in_a_sentence(
    words: str, named: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixelcnn.sampling.engines.warm_up", lambda: None)
    assert main(["bench", "architectures", *words.split()]) == 2
    assert named in capsys.readouterr().err


def test_every_architecture_has_the_default_preset() -> None:
    from pixelcnn.models.registry import model_names

    assert all("tiny" in presets(name) for name in model_names())
