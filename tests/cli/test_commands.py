"""Every command does what its help says; every error is one sentence and an exit status."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pixelcnn.checkpoints.files import load_checkpoint, save_checkpoint
from pixelcnn.cli import COMMANDS, main
from pixelcnn.cli.options import DataOptions, ModelOptions
from pixelcnn.completion.completions import complete
from pixelcnn.data.levels import dequantize
from pixelcnn.data.registry import load_data
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.registry import build_model
from pixelcnn.nn.layers import MaskedConv2d
from pixelcnn.runs.store import find_run, list_runs
from pixelcnn.sampling.drawing import sample
from pixelcnn.system.progress import Progress
from tests.helpers.cli_cases import SHORT, TRAIN, run, trained


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("trained"))


def test_help_of_every_command_shows_its_options_without_loading_torch() -> None:
    script = """
import sys
from pixelcnn.cli import COMMANDS, main
KINDS = ("sampling", "training", "architectures", "reach", "bytes", "executors", "numbers")
FILES = ("opening", "exhibits", "classifier", "baselines", "unseen", "records")
whats = [["bench", what] for what in KINDS] + [["remake", what] for what in FILES]
for command in [[name] for name in COMMANDS] + whats:
    try:
        main([*command, "--help"])
    except SystemExit as exit:
        assert exit.code == 0, command
assert main(["--help"]) == 0
assert not {"torch", "torchvision", "numba", "matplotlib"} & set(sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    for name in COMMANDS:
        assert f"usage: python -m pixelcnn {name}" in ran.stdout
        assert f"Example: python -m pixelcnn {name}" in ran.stdout
    assert "Attributes:" not in ran.stdout
    for option in ("--learning-rate", "--temperature", "--rows", "--split", "--pixel", "--batches"):
        assert option in ran.stdout


def test_the_module_runs_as_a_program_with_exit_statuses() -> None:
    program = [sys.executable, "-m", "pixelcnn"]
    good = subprocess.run([*program, "--help"], capture_output=True, text=True)
    assert good.returncode == 0
    assert all(f"  {name} " in good.stdout for name in COMMANDS)
    bad = subprocess.run([*program, "audit", "--model", "vae"], capture_output=True, text=True)
    assert bad.returncode == 2
    assert bad.stdout == ""
    assert re.fullmatch(r"model 'vae' is unknown.*\.\n", bad.stderr)


def test_training_writes_a_run_and_a_checkpoint_with_a_complete_card(checkpoint: Path) -> None:
    model, card = load_checkpoint(checkpoint)
    data = load_data("digits8x8")
    assert model.config.classes == 10
    assert card["data"] == {"name": "digits8x8", "levels": 2, "binarize": "threshold", "size": 8}
    assert card["parameters"] == sum(weight.numel() for weight in model.parameters())
    assert card["test_images"] == len(data.test.images)
    scores = -model.log_prob(data.test.images, data.test.labels)
    assert card["test_nats"] == pytest.approx(scores.mean().item(), abs=1e-3)
    stderr = scores.std().item() / len(scores) ** 0.5
    assert card["test_nats_stderr"] == pytest.approx(stderr, abs=1e-3)
    assert card["step"] == 20
    assert card["images_per_second"] > 0
    assert card["seconds"] > 0
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", card["date"])
    assert card["torch"] == torch.__version__
    assert card["hardware"]
    assert find_run(None, card["run"]).status().state == "finished"
    assert str(checkpoint.parent) not in json.dumps(card)


def test_the_command_on_the_card_reproduces_the_weights(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, card = load_checkpoint(checkpoint)
    program, words = shlex.split(card["command"])[:3], shlex.split(card["command"])[3:]
    assert program == ["python", "-m", "pixelcnn"]
    monkeypatch.chdir(tmp_path)
    assert main(words) == 0
    again, again_card = load_checkpoint(tmp_path / checkpoint.name)
    assert again_card["command"] == card["command"]
    for name, value in again.state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), name


def test_ctrl_c_saves_and_resume_continues_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    uninterrupted, resumed = tmp_path / "whole.safetensors", tmp_path / "resumed.safetensors"
    assert run(f"{TRAIN} {SHORT} --steps 12 --output {{}}", uninterrupted) == 0

    def interrupt(self: Progress, share: float, text: str = "") -> None:
        if share >= 0.5:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "share", interrupt)
        assert (
            run(f"{TRAIN} {SHORT} --steps 12 --runs {{}} --output {{}}", tmp_path, resumed) == 130
        )
    assert not resumed.exists()
    (stopped,) = list_runs(tmp_path)
    assert stopped.status().state == "stopped"
    assert stopped.status().step == 6
    assert stopped.checkpoint("last").exists()
    printed = capsys.readouterr().out
    assert f"--resume {stopped.path}" in printed
    assert run(f"train --resume {stopped.id} --runs {{}} --output {{}}", tmp_path, resumed) == 0
    expected, got = load_checkpoint(uninterrupted)[0], load_checkpoint(resumed)[0]
    for name, value in got.state_dict().items():
        assert torch.equal(value, expected.state_dict()[name]), name

    assert run(f"train --resume {stopped.id} --runs {{}}", tmp_path) == 2
    assert "used up its budget" in capsys.readouterr().err
    assert run("train --resume {} --dtype float16 --output {}", stopped.path, resumed) == 0
    half = load_checkpoint(resumed)[0].state_dict()
    for name, value in got.state_dict().items():
        assert torch.equal(half[name], value.half().float()), name

    best = build_model(got.name, **asdict(got.config))
    save_checkpoint(stopped.checkpoint("best"), best, {})
    assert run("train --resume {} --weights best --output {}", stopped.path, resumed) == 0
    kept = load_checkpoint(resumed)[0].state_dict()
    assert all(torch.equal(kept[name], value) for name, value in best.state_dict().items())


def test_a_diverging_training_explains_what_to_change(capsys: pytest.CaptureFixture[str]) -> None:
    command = f"{TRAIN} {SHORT} --steps 50 --learning-rate 1e9 --optimizer rmsprop"
    assert run(f"{command} --warmup 0 --gradient-clip None") == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "learning_rate" in error


def test_a_network_too_large_for_the_memory_is_refused_while_it_is_built(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pixelcnn.recipes.build.main_memory_bytes", lambda: 10**6)
    assert run("train --data digits8x8 --preset tiny --steps 5") == 2
    assert "needs more than the 0 GB of this machine. Use fewer" in capsys.readouterr().err


def test_samples_of_one_seed_are_the_same_images_on_sheet_and_in_arrays(
    checkpoint: Path, tmp_path: Path
) -> None:
    command = "sample {} --n 6 --label 3 --seed 5 --output {}"
    assert run(command + " --columns 3 --scale 2", checkpoint, tmp_path / "sheet.png") == 0
    assert run(command, checkpoint, tmp_path / "images.npz") == 0
    with np.load(tmp_path / "images.npz") as arrays:
        assert list(arrays) == ["images"]
        images = torch.from_numpy(arrays["images"])
    model, _ = load_checkpoint(checkpoint)
    assert torch.equal(images, sample(model, 6, labels=torch.full((6,), 3), seed=5))
    drawn = np.array(Image.open(tmp_path / "sheet.png").convert("L"))
    assert drawn.shape == (2 * 17 + 1, 3 * 17 + 1)
    assert np.array_equal(drawn[1:17:2, 1:17:2], dequantize(images, 2)[0, 0].numpy())


def test_a_trace_has_the_model_s_distributions(checkpoint: Path, tmp_path: Path) -> None:
    assert run("sample {} --n 12 --trace --output {}", checkpoint, tmp_path / "trace.npz") == 0
    with np.load(tmp_path / "trace.npz") as arrays:
        trace = {name: torch.from_numpy(arrays[name]) for name in arrays}
    assert {"images", "probabilities", "entropy", "log_prob", "uniforms"} <= trace.keys()
    model, _ = load_checkpoint(checkpoint)
    expected = model.log_prob(trace["images"], torch.arange(12) % 10)
    assert torch.allclose(trace["log_prob"].sum(dim=(1, 2, 3)), expected, atol=1e-4)


def test_completions_keep_what_was_given(checkpoint: Path, tmp_path: Path) -> None:
    levels = load_data("digits8x8").test.images[0]
    Image.fromarray(dequantize(levels, 2)[0].numpy()).save(tmp_path / "digit.png")
    command = "complete {} {} --n 5 --label 2 --output {}"
    arrays, image = tmp_path / "completed.npz", tmp_path / "digit.png"
    assert run(command + " --rows 3", checkpoint, image, arrays) == 0
    with np.load(arrays) as saved:
        assert saved["images"].shape == (5, 1, 8, 8)
        assert (saved["images"][:, :, :3] == levels[:, :3].numpy()).all()
        assert len(np.unique(saved["images"], axis=0)) > 1

    given = np.zeros((8, 8), dtype=np.uint8)
    given[:, 5] = 255
    Image.fromarray(given).save(tmp_path / "mask.png")
    masked = command + " --mask {}"
    assert run(masked, checkpoint, image, arrays, tmp_path / "mask.png") == 0
    with np.load(arrays) as saved:
        assert (saved["images"][..., 5] == levels[..., 5].numpy()).all()

    sheet_path = tmp_path / "sheet.png"
    assert run(command + " --rows 8 --scale 1", checkpoint, image, sheet_path) == 0
    drawn = np.array(Image.open(sheet_path).convert("L"))
    assert np.array_equal(drawn[1:9, 10:18], drawn[1:9, 1:9])


def test_completions_without_a_label_have_the_classes_that_the_page_would_guess(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    levels = load_data("digits8x8").test.images[3]
    Image.fromarray(dequantize(levels, 2)[0].numpy()).save(tmp_path / "digit.png")
    image, arrays = tmp_path / "digit.png", tmp_path / "completed.npz"
    assert (
        run("complete {} {} --n 12 --rows 5 --seed 4 --output {}", checkpoint, image, arrays) == 0
    )
    model, _ = load_checkpoint(checkpoint)
    known = torch.arange(8)[:, None].expand(8, 8) < 5
    expected = complete(model, levels, known, 12, seed=4)
    with np.load(arrays) as saved:
        assert np.array_equal(saved["images"], expected.images)
        assert np.array_equal(saved["labels"], expected.labels)
    likeliest = int(expected.given.class_probabilities.argmax())
    assert f"first gap: {likeliest} (" in capsys.readouterr().out
    assert run("complete {} {} --rows 0 --output {}", checkpoint, image, arrays) == 0
    assert "Nothing is given" in capsys.readouterr().out
    assert run("complete {} {} --label 2 --output {}", checkpoint, image, arrays) == 0
    assert "likel" not in capsys.readouterr().out


def test_evaluate_reproduces_the_card_s_score(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, card = load_checkpoint(checkpoint)
    assert run("evaluate {} --json", checkpoint) == 0
    score = json.loads(capsys.readouterr().out)
    assert score["nats"] == pytest.approx(card["test_nats"], abs=1e-3)
    assert score["bits_per_dim"] == pytest.approx(card["bits_per_dim"], abs=1e-5)
    assert (score["data"], score["images"]) == ("digits8x8", card["test_images"])
    assert run("evaluate {}", checkpoint) == 0
    printed = capsys.readouterr().out
    assert f"{card['test_nats']:.2f} ± {card['test_nats_stderr']:.2f} nats" in printed
    assert "bits per dimension" in printed
    progress: list[tuple[int, int]] = []
    monkeypatch.setattr(Progress, "rows", lambda _, done, total: progress.append((done, total)))
    assert run("evaluate {} --batch-size 100", checkpoint) == 0
    assert progress == [(1, 3), (2, 3), (3, 3)]
    capsys.readouterr()
    assert run("evaluate {} --split train --limit 1 --json", checkpoint) == 0
    assert json.loads(capsys.readouterr().out)["nats_stderr"] is None


def test_audit_counts_in_words_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("audit --set block=bottleneck blocks=7 hidden_channels=8") == 0
    words = capsys.readouterr().out
    assert "sees 192 of 406 legal pixels" in words
    assert "55 never" in words
    assert "No leak" in words
    assert run("audit --model gated_pixelcnn --set height=8 width=8 --pixel 0 3 --json") == 0
    counts = json.loads(capsys.readouterr().out)
    assert (counts["seen"], counts["legal"], counts["leaks"]) == (2016, 2016, 0)
    assert counts["pixel"] == {
        "row": 0, "column": 3, "legal": 3, "seen": 3, "not_yet": 0, "never": 0, "leaks": 0
    }  # fmt: skip


def test_audit_of_a_leak_has_status_1(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def with_mask_b_first(self: ModelOptions) -> AutoregressiveModel:
        model = build_model("pixelcnn", hidden_channels=8, blocks=1)
        model.first = MaskedConv2d(1, 8, 7, "B")
        return model

    assert run("audit {}", checkpoint) == 0
    monkeypatch.setattr(ModelOptions, "build", with_mask_b_first)
    assert run("audit") == 1
    assert "LEAK: 784 pairs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("frobnicate", "no command 'frobnicate'"),
        ("train --model vae --steps 1", "model 'vae'"),
        ("train --preset enormous --steps 1", "preset 'enormous'"),
        ("train --set kernel_size=4 --steps 1", "kernel_size = 4"),
        ("train --set blocks=0 --steps 1", "blocks = 0"),
        ("train --set blocks=many --steps 1", "blocks = 'many'"),
        ("train --set blocks --steps 1", "OPTION=VALUE"),
        ("train --data letters --steps 1", "'letters'"),
        ("train --steps 0", "steps = 0"),
        ("train --output here.pt --steps 1", ".safetensors"),
        ("train --output no/such/folder/x.safetensors --steps 1", "folder"),
        ("train --resume 20260102-153045-ab12", "no run"),
        ("sample no-such-checkpoint", "'no-such-checkpoint'"),
        ("sample {} --label 10", "10"),
        ("sample {} --n 0", "n = 0"),
        ("sample {} --temperature -1", "temperature"),
        ("sample {} --seed -1", "--seed -1"),
        ("sample {} --columns 0", "columns = 0"),
        ("sample {} --engine warp", "engine 'warp'"),
        ("sample {} --trace", ".npz"),
        ("sample {} --output sheet.docx", ".png"),
        ("complete {} missing.png", "missing.png"),
        ("complete {} {} --rows 9", "--rows 9"),
        ("complete {} {} --rows 1 --mask mask.png", "--mask"),
        ("evaluate {} --data letters", "'letters'"),
        ("evaluate {} --limit 0", "--limit 0"),
        ("evaluate {} --batch-size 0", "--batch-size 0"),
        ("audit --pixel 28 0", "--pixel 28 0"),
        ("audit --set colour=1", "'colour'"),
        ("bench sampling --models no-such --output bench.json", "'no-such'"),
        ("bench sampling --models {} --rounds 0", "rounds"),
        ("bench training --models {} --steps 0", "steps"),
        ("bench training --threads 0", "--threads 0"),
    ],
)  # fmt: skip
def test_a_wrong_input_is_one_sentence_and_status_2(
    command: str,
    expected: str,
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("L", (8, 8), 255).save(tmp_path / "image.png")
    assert run(command, checkpoint, tmp_path / "image.png") == 2
    captured = capsys.readouterr()
    error = captured.err.splitlines()[-1]
    assert expected in error
    assert "Traceback" not in captured.err
    assert [path.name for path in tmp_path.iterdir()] == ["image.png"]


def test_an_unknown_option_has_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["sample", "somewhere", "--temprature", "2"])
    assert exit_.value.code == 2
    assert "--temperature" in capsys.readouterr().err


def test_labels_are_refused_for_a_model_without_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plain.safetensors"
    options: dict[str, Any] = {"height": 8, "width": 8, "hidden_channels": 4, "blocks": 1}
    save_checkpoint(path, build_model("pixelcnn", **options), {})
    assert run("sample {} --label 1", path) == 2
    assert "no classes" in capsys.readouterr().err
    assert run("evaluate {}", path) == 2
    assert "--data" in capsys.readouterr().err
    save_checkpoint(path, build_model("pixelcnn", **options, classes=3), {})
    assert run("evaluate {} --data digits8x8", path) == 2
    assert "3 classes" in capsys.readouterr().err


def test_ctrl_c_in_other_commands_ends_without_a_traceback(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(self: DataOptions) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(DataOptions, "load", interrupted)
    assert run("evaluate {}", checkpoint) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_pictures_are_shown_corrected_kept_and_trained_on_by_the_names_of_their_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    greys = load_data("digits8x8", levels=256).train
    for label, name in ((0, "nought"), (1, "one")):
        folder = tmp_path / "mine" / name
        folder.mkdir(parents=True)
        for at, grey in enumerate(greys.images[greys.labels == label][:6, 0].numpy()):
            enlarged = 255 - grey.repeat(20, 0).repeat(20, 1)
            Image.fromarray(enlarged).save(folder / f"{at}.png")
    (tmp_path / "mine" / "one" / "bad.png").write_bytes(b"no picture")
    sheet, kept = tmp_path / "sheet.png", tmp_path / "kept"
    command = (
        "pictures {} --size 8 --leave-out one/3.png --invert nought/2.png --sheet {} --output {}"
    )
    assert run(command, tmp_path / "mine", sheet, kept) == 0
    told = capsys.readouterr().out
    assert "11 pictures of 2 classes take part." in told
    assert "Classes: nought (6), one (5)" in told
    assert "one/3.png: left out by you" in told
    assert "one/bad.png: cannot be read as a picture: it is no JPEG" in told
    with Image.open(sheet) as drawn:
        assert drawn.size == (4 * 17 + 1, 3 * 17 + 1)

    made = tmp_path / "mine.safetensors"
    command = (
        "train --data own --data-root {} --size 8 --conditional --preset tiny "
        f"--set hidden_channels=8 blocks=1 --steps 2 {SHORT} --runs {{}} --output {{}}"
    )
    assert run(command, kept, tmp_path / "runs", made) == 0
    assert "What the network gets, the odd ones first:" in capsys.readouterr().err
    [done] = list_runs(tmp_path / "runs")
    assert (done.path / "contact-sheet.png").is_file()
    model, card = load_checkpoint(made)
    assert card["data"]["class_names"] == ["nought", "one"]

    arrays = tmp_path / "ones.npz"
    assert run("sample {} --n 4 --label one --output {}", made, arrays) == 0
    expected = sample(model, 4, labels=torch.ones(4, dtype=torch.int64), seed=0)
    with np.load(arrays) as drawn_arrays:
        assert np.array_equal(drawn_arrays["images"], expected)
    assert run("sample {} --label seven", made) == 2
    assert "The classes are nought, one." in capsys.readouterr().err
    assert run("pictures {} --leave-out 9.png --sheet {}", kept, sheet) == 2
    assert "names no picture" in capsys.readouterr().err
