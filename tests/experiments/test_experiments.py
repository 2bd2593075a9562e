"""Experiments are defined fairly, lose nothing when interrupted, and are summarised correctly."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pixelcnn.cli import main
from pixelcnn.data.coloured import coloured
from pixelcnn.data.registry import load_data
from pixelcnn.errors import ConfigError, DataError, RunError
from pixelcnn.experiments.catalogue import EXPERIMENTS, find_experiment
from pixelcnn.experiments.definition import Experiment, Reported, Variant, fingerprint, settings
from pixelcnn.experiments.live import belongs, live_config, live_point, next_trainings
from pixelcnn.experiments.results import Result, read_results, write_results
from pixelcnn.experiments.running import run_experiment
from pixelcnn.experiments.summary import conclusion, differences, student, summarise
from pixelcnn.models.parameters import count_parameters
from pixelcnn.models.registry import build_model
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.store import create_run
from pixelcnn.runs.worker import run_training
from pixelcnn.training.config import TrainConfig

TINY = Experiment(
    name="tiny",
    title="Tiny",
    question="Does width help?",
    base=RunConfig(
        model_options={"blocks": 1, "first_kernel_size": 3},
        data="digits8x8",
        train=TrainConfig(
            steps=3, batch_size=8, held_out=20, samples=0, sample_every=0, save_every=0
        ),
    ),
    variants=(
        Variant("4 channels", {"model_options.hidden_channels": 4}),
        Variant("8 channels", {"model_options.hidden_channels": 8}),
    ),
    differs_in="model_options.hidden_channels",
    reported=Reported(),
)


def result(variant: str, seed: int, nats: float, **changes: Any) -> Result:
    """An invented result of `TINY`."""
    side = next(candidate for candidate in TINY.variants if candidate.name == variant)
    invented = Result(
        variant=variant,
        seed=seed,
        fingerprint=fingerprint(TINY.config(side, seed)),
        nats=nats,
        nats_stderr=0.5,
        bits_per_dim=nats / (64 * math.log(2)),
        per_pixel_nats=40.0,
        held_out=20,
        steps=3,
        images=24,
        images_per_second=100.0 + seed,
        seconds=1.0,
        parameters=123,
        seen_share=0.8,
        blind_share=0.1,
        device="cpu, float32, 1 thread",
        hardware="a processor",
        torch="2.13.0",
        date="2026-01-02",
    )
    return replace(invented, **changes)


# ---------------------------------------------------------------- the definitions


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_variants_can_be_built_and_differ_only_in_the_named_option(name: str) -> None:
    experiment = EXPERIMENTS[name]
    assert experiment.name == name
    assert experiment.seeds >= 3
    every = [experiment.config(variant, 7) for variant in experiment.variants]
    for config in every:
        config.check()
        size, levels = config.data_options["size"], config.data_options.get("levels", 2)
        build_model(
            config.model,
            levels=levels,
            channels=3 if config.data == "coloured5k" else 1,
            height=size,
            width=size,
            classes=10 * config.conditional,
            **config.model_options,
        )
        budget = (config.train.steps, config.train.batch_size, config.train.seconds)
        assert budget == (500, 32, None)
        assert config.train.seed == 7
    for first, second in itertools.combinations(map(settings, every), 2):
        # Options that only one kind of network has cannot differ between two kinds.
        apart = {key for key in first.keys() & second.keys() if first[key] != second[key]}
        assert experiment.differs_in in apart
        assert apart <= {experiment.differs_in, *experiment.along}
    assert len({fingerprint(config) for config in every}) == len(every) >= 2
    assert len({variant.name for variant in experiment.variants}) == len(every)
    assert experiment.reported.found or not experiment.reported.figures


def test_the_networks_with_and_without_a_blind_spot_have_equally_many_free_weights() -> None:
    plain, gated = (
        count_parameters(
            build_model(config.model, height=14, width=14, **config.model_options)
        ).used
        for config in (
            EXPERIMENTS["blind_spot"].config(variant, 0)
            for variant in EXPERIMENTS["blind_spot"].variants
        )
    )
    assert abs(plain - gated) < 0.02 * plain


def test_masked_weights_are_not_free() -> None:
    model = build_model("pixelcnn", height=8, width=8, hidden_channels=4, blocks=1)
    hidden = count_parameters(model).used - sum(weight.numel() for weight in model.parameters())
    # The first 7 x 7 convolution reads 24; each of two 3 x 3 ones reads 5 of 9.
    assert hidden == -(4 * 25 + 2 * 4 * 4 * 4)


def test_an_unknown_experiment_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'layernorm' is unknown; use one of layer_norm, "):
        find_experiment("layernorm")


def test_a_fingerprint_depends_on_what_decides_the_result_alone() -> None:
    config = TINY.config(TINY.variants[0], 0)
    watched = replace(config, train=replace(config.train, evaluate_every=1, samples=4))
    assert fingerprint(replace(watched, notes={"a": 1})) == fingerprint(config)
    for other in (
        TINY.config(TINY.variants[0], 1),
        TINY.config(TINY.variants[1], 0),
        TINY.with_steps(4).config(TINY.variants[0], 0),
        replace(config, conditional=True),
    ):
        assert fingerprint(other) != fingerprint(config)


# ---------------------------------------------------------------- running


def test_an_interrupted_experiment_loses_one_training_and_resumes(tmp_path: Path) -> None:
    path = tmp_path / "tiny.json"
    begun: list[tuple[str, int]] = []

    def interrupt(variant: Variant, seed: int, event: object) -> None:
        if (variant.name, seed) not in begun:
            begun.append((variant.name, seed))
        if len(begun) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_experiment(TINY, path, 2, watch=interrupt))
    kept = read_results(path, TINY)
    assert [(one.variant, one.seed) for one in kept] == begun[:2]

    later = list(run_experiment(TINY, path, 2))
    assert [(one.variant, one.seed) for one in later] == [("4 channels", 1), ("8 channels", 1)]
    assert list(run_experiment(TINY, path, 2)) == []
    every = read_results(path, TINY)
    assert every == [*kept, *later]
    assert all(one.steps == 3 and one.images == 24 and one.held_out == 20 for one in every)
    assert every[0].nats != every[1].nats != every[2].nats
    assert every[0].parameters < every[1].parameters

    content = json.loads(path.read_text())
    assert content["seeds"] == [0, 1]
    assert content["budget"] == {"steps": 3, "batch_size": 8, "images": 24}
    assert content["data"] == {"name": "digits8x8"}
    assert content["command"] == "python -m pixelcnn experiment tiny --seeds 2"

    # Repeated from scratch, the result is the same.
    again = next(run_experiment(TINY, tmp_path / "again.json", 1))
    assert math.isclose(again.nats, kept[0].nats, rel_tol=1e-3)
    # Results of another budget do not mix with these.
    assert read_results(path, TINY.with_steps(4)) == []


def test_a_damaged_file_of_results_is_reported_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "tiny.json"
    for content in ("{", '{"results": [{"variant": "4 channels"}]}', "[]"):
        path.write_text(content)
        with pytest.raises(RunError, match=r"tiny\.json holds no results"):
            read_results(path, TINY)
        assert path.read_text() == content


def test_the_command_lists_repeats_and_explains(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["experiment"]) == 0
    titles = capsys.readouterr().out
    assert all(f"  {name} " in titles for name in EXPERIMENTS)
    assert main(["experiment", "levels", "--list"]) == 0
    listed = capsys.readouterr().out
    assert "256 levels: data_options.levels = 256" in listed
    assert "16,000 in all" in listed
    file = tmp_path / "cells.json"
    command = ["experiment", "rnn_cell", "--steps", "1", "--seeds", "1", "--output", str(file)]
    assert main(command) == 0
    first = capsys.readouterr().out
    assert "LSTM, seed 0: " in first
    assert "at least two seeds" in first
    assert main(command) == 0
    assert "seed 0" not in capsys.readouterr().out
    assert len(json.loads(file.read_text())["results"]) == 2
    for wrong, message in (
        (["cells"], "unknown"),
        (["levels", "--seeds", "0"], "at least 1"),
        (["levels", "--all"], "leave out"),
        (["levels", "--output", str(tmp_path)], r".json"),
    ):
        assert main(["experiment", *wrong]) == 2
        assert message in capsys.readouterr().err


# ---------------------------------------------------------------- the summary


def test_differences_are_taken_seed_by_seed_with_students_interval() -> None:
    narrow, wide = [30.0, 33.0, 36.0], [29.0, 31.5, 35.5]
    rows = [result("4 channels", seed, nats) for seed, nats in enumerate(narrow)]
    rows += [result("8 channels", seed, nats) for seed, nats in enumerate(wide)]
    rows.append(result("8 channels", 9, 1.0))  # a seed that the reference lacks
    summary = summarise(TINY, reversed(rows))[0]
    assert summary.values == ((0, 30.0), (1, 33.0), (2, 36.0))
    assert (summary.mean, summary.stderr) == (33.0, 3 / math.sqrt(3))
    assert summary.images_per_second == 101.0
    (difference,) = differences(TINY, rows)
    assert difference.seeds == 3
    assert math.isclose(difference.mean, -1.0)
    assert math.isclose(difference.half, student(2) * 0.5 / math.sqrt(3))
    assert math.isclose(difference.percent, -100 / 33)
    assert not difference.visible
    verdict = (
        "no difference from **4 channels** is visible at this budget (\N{MINUS SIGN}1.00 ± 1.24"
    )
    assert verdict in conclusion(TINY, rows)


def test_student_s_intervals_have_their_nominal_coverage() -> None:
    noise = torch.randn(20_000, 11, generator=torch.Generator().manual_seed(0)).double()
    for seeds in (2, 3, 5, 11):
        sample = noise[:, :seeds]
        half = student(seeds - 1) * sample.std(dim=1) / math.sqrt(seeds)
        assert abs((sample.mean(dim=1).abs() < half).double().mean().item() - 0.95) < 0.006


@pytest.mark.parametrize(("shift", "verdict"), [(-1.0, "better"), (1.0, "worse")])
def test_the_conclusion_follows_from_the_interval(shift: float, verdict: str) -> None:
    rows = [result("4 channels", seed, 30.0 + seed) for seed in range(3)]
    rows += [result("8 channels", seed, 30.0 + shift + 1.01 * seed) for seed in range(3)]
    assert f"**8 channels**: {verdict} than **4 channels** by " in conclusion(TINY, rows)
    assert "at least two seeds" in conclusion(TINY, rows[:4])
    share = replace(TINY, measure="share")
    assert summarise(share, rows)[0].values[0] == (0, 75.0)
    assert conclusion(share, rows).endswith("percentage points.")


def test_rows_are_written_in_the_order_of_seeds_and_variants(tmp_path: Path) -> None:
    rows = [result("8 channels", 1, 1.0), result("8 channels", 0, 2.0)]
    rows += [result("4 channels", 1, 3.0)]
    write_results(tmp_path / "a.json", TINY, rows)
    assert [one.nats for one in read_results(tmp_path / "a.json", TINY)] == [2.0, 3.0, 1.0]


# ---------------------------------------------------------------- live


def test_a_repetition_is_a_run_found_by_its_directory(tmp_path: Path) -> None:
    assert next_trainings(TINY, []) == [(variant, 100) for variant in TINY.variants]
    variant, seed = next_trainings(TINY, [])[0]
    run = create_run(tmp_path, live_config(TINY, variant, seed))
    assert belongs(run.config, TINY)
    assert not belongs(run.config, TINY.with_steps(4))
    assert not belongs(TINY.config(variant, seed), TINY)
    waiting = live_point(TINY, run, run.config, {})
    assert waiting.active
    assert not waiting.finished
    assert run_training(run).state == "finished"
    point = live_point(TINY, run, run.config, {})
    assert point.finished
    assert [step for step, _ in point.curve] == [0, 1, 2, 3]
    share = live_point(replace(TINY, measure="share"), run, run.config, {"4 channels": 50.0})
    assert share.curve[-1][1] == 2 * point.curve[-1][1]
    # What is missing for the same seed comes next, then the next seed.
    assert next_trainings(TINY, [point]) == [(TINY.variants[1], 100)]
    other = replace(point, variant="8 channels")
    assert next_trainings(TINY, [point, other]) == [(variant, 101) for variant in TINY.variants]
    assert next_trainings(TINY, [point, replace(other, state="stopped")])[0][1] == 100


# ---------------------------------------------------------------- coloured digits


def test_coloured_digits_blend_between_their_own_ink_and_paper() -> None:
    greys = load_data("mnist5k", levels=256, size=8)
    colours = load_data("coloured5k", levels=256, size=8)
    assert colours.channels == 3
    assert (colours.train.labels == greys.train.labels).all()
    assert len(colours.test.images) == 500
    shades = torch.tensor([0, 255], dtype=torch.uint8).view(1, 1, 1, 2).expand(3, 1, 2, 2)
    painted = coloured(shades)
    paper, ink = painted[..., 0], painted[..., 1]
    assert (ink.amax(dim=1) == 255).all()
    assert (paper.amax(dim=1) == round(0.3 * 255)).all()
    assert len(torch.unique(ink[:, :, 0], dim=0)) == 3
    assert (coloured(shades) == painted).all()
    with pytest.raises(DataError, match=r"must be uint8 \(N, 1, H, W\)"):
        coloured(painted)
