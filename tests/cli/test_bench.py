"""Each bench command compares its candidates within one run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pixelcnn.scores.model_card import number_facts
from pixelcnn.system.shipped import CHECKPOINTS, NUMBER_KINDS, ROOT
from tests.helpers.cli_cases import run, trained


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("trained"))


def test_bench_sampling_compares_engines_within_one_run(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "sampling.json"
    command = "bench sampling --models {} --batches 1 2 --rounds 1 --threads 1 --output {}"
    assert run(command, checkpoint, output) == 0
    report = json.loads(output.read_text())
    timings = report["timings"]
    assert {timing["batch"] for timing in timings} == {1, 2}
    for timing in timings:
        same_batch = [other for other in timings if other["batch"] == timing["batch"]]
        reference = next(other for other in same_batch if other["engine"] == "reference")
        assert reference["times_reference"] == 1
        assert reference["rows_timed"] == 2
        assert timing["times_reference"] == pytest.approx(
            reference["ms_per_image"] / timing["ms_per_image"]
        )
    assert report["threads"] == 1
    assert "ms/image" in capsys.readouterr().out


def test_bench_reach_compares_both_ways_and_they_agree(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("bench reach --size 12 --layers 5 --rounds 1 --threads 1") == 0
    said = capsys.readouterr().out
    assert "5 layers on 12 x 12 pixels" in said
    assert re.search(r"shifting bits.* [0-9.]+ ms\n.*following.* [0-9.]+ ms +[0-9.]+ x", said)
    assert run("bench reach --rounds 0") == 2


def test_bench_training_compares_the_steps_within_one_run(checkpoint: Path, tmp_path: Path) -> None:
    output = tmp_path / "training.json"
    command = "bench training --models {} pixelcnn:tiny --batch 2 --rounds 1 --steps 1 --output {}"
    assert run(command, checkpoint, output) == 0
    plain, tuned, *others = json.loads(output.read_text())["timings"]
    assert (plain["step"], plain["times_plain"]) == ("plain", 1)
    ratio = tuned["images_per_second"] / plain["images_per_second"]
    assert tuned["times_plain"] == pytest.approx(ratio)
    assert [timing["model"] for timing in others] == ["pixelcnn:tiny"] * 2


def test_bench_first_draws_in_new_processes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "first.json"
    model = "mnist-threshold-tiny-pixelcnn"
    assert run(f"bench first --models {model} --images 2 --rounds 1 --cold --output {written}") == 0
    [row] = json.loads(written.read_text())
    assert (row["model"], row["cold"]) == (model, True)
    assert 0 < row["loaded"] < row["imported"]
    assert model in capsys.readouterr().out


def test_bench_executors_times_another_checkout_in_the_same_run(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "executors.json"
    command = (
        "bench executors --models {} --engines wasm --batches 1 --rounds 1 --other {} "
        "--other-engines wasm --output {}"
    )
    assert run(command, checkpoint, ROOT, output) == 0
    first, endings = json.loads(output.read_text())
    assert (first["task"], endings["task"]) == ("batch 1", "9 endings")
    assert set(first["ms"]) == {"here wasm", f"{ROOT.name} wasm"}
    assert all(ms > 0 for ms in first["ms"].values())
    assert "| 9 endings |" in capsys.readouterr().out
    assert run(command, checkpoint, tmp_path, output) == 2


def test_bench_numbers_compares_kinds_and_keeps_the_figures_of_other_models(
    checkpoint: Path, tmp_path: Path
) -> None:
    output = tmp_path / "numbers.json"
    output.write_text('{"another": {}}')
    assert (
        run("bench numbers --models {} --images 20 --drawn 4 --output {}", checkpoint, output) == 0
    )
    found = json.loads(output.read_text())
    assert set(found) == {"another", checkpoint.stem}
    kinds = found[checkpoint.stem]
    assert kinds["images"] == 20
    assert abs(kinds["difference_nats"]) < 0.5
    assert kinds["sixteen_bytes"] < kinds["float32_bytes"]


def test_the_cards_tell_what_was_measured_of_both_kinds_of_numbers() -> None:
    for name, kinds in json.loads(NUMBER_KINDS.read_text()).items():
        card = (CHECKPOINTS / "cards" / f"{name}.md").read_text()
        for what, words in number_facts(kinds).items():
            assert f"| {what} | {words} |" in card, name
