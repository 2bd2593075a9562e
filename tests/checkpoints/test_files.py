"""Checkpoints survive saving and loading, and hostile files do no harm."""

from __future__ import annotations

import io
import json
import pickle
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from pixelcnn.checkpoints import header as checkpoint_header
from pixelcnn.checkpoints.files import (
    find_checkpoint,
    load_checkpoint,
    read_card,
    read_header,
    save_checkpoint,
    shipped,
)
from pixelcnn.errors import CheckpointError
from pixelcnn.models.registry import model_names
from tests.helpers.checkpoint_cases import CARD, header_of, refused, small_model, with_header


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("checkpoint") / "model.safetensors"
    save_checkpoint(path, small_model(), CARD)
    return path.read_bytes()


@pytest.mark.parametrize("name", model_names())
@pytest.mark.parametrize(
    "options",
    [{}, {"levels": 16, "channels": 3, "hidden_channels": 6}, {"classes": 3, "position": True}],
    ids=["binary", "colour", "conditional"],
)
def test_a_model_and_its_card_survive_saving_and_loading(
    name: str, options: dict[str, Any], tmp_path: Path
) -> None:
    model = small_model(name, **options)
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, model, CARD)
    loaded, card = load_checkpoint(path)
    assert type(loaded) is type(model)
    assert loaded.config == model.config
    assert card == CARD
    assert not loaded.training
    config = model.config
    images = torch.randint(
        0, config.levels, (2, config.channels, config.height, config.width), dtype=torch.uint8
    )
    labels = torch.tensor([0, 1]) if config.classes else None
    assert torch.equal(loaded(images, labels), model(images, labels))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_halves_the_file_and_loads_as_float32(
    dtype: torch.dtype, tmp_path: Path
) -> None:
    model = small_model(hidden_channels=32)
    save_checkpoint(tmp_path / "full.safetensors", model, {})
    save_checkpoint(tmp_path / "half.safetensors", model, {}, dtype=dtype)
    full, half = (
        (tmp_path / f"{name}.safetensors").stat().st_size - 4000 for name in ("full", "half")
    )
    assert half < 0.6 * full
    loaded, _ = load_checkpoint(tmp_path / "half.safetensors")
    for name, value in loaded.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, model.state_dict()[name].to(dtype).float())


def test_the_header_is_read_without_the_weights(tmp_path: Path) -> None:
    model = small_model("gated_pixelcnn", classes=3)
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, model, CARD)
    header = read_header(path)
    assert (header.model, header.card) == ("gated_pixelcnn", CARD)
    assert header.config["classes"] == 3
    assert header.parameters == sum(weight.numel() for weight in model.parameters())
    assert read_card(path) == CARD


def test_saving_replaces_a_file_atomically(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, small_model(), {"version": 1})

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pixelcnn.checkpoints.files.os.fsync", full_disk)
        with pytest.raises(CheckpointError, match="no space left"):
            save_checkpoint(path, small_model(), {"version": 2})
    assert read_card(path) == {"version": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_concurrent_readers_never_see_half_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    model = small_model()
    save_checkpoint(path, model, {"writer": -1})
    failures: list[BaseException] = []

    def work(writer: int) -> None:
        try:
            for _ in range(10):
                save_checkpoint(path, model, {"writer": writer})
                load_checkpoint(path)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert list(tmp_path.iterdir()) == [path]


def test_weights_that_are_not_finite_are_neither_saved_nor_loaded(
    content: bytes, tmp_path: Path
) -> None:
    model = small_model()
    with torch.no_grad():
        next(model.parameters()).fill_(1e5)
    path = tmp_path / "model.safetensors"
    with pytest.raises(CheckpointError, match=r"not finite in torch\.float16"):
        save_checkpoint(path, model, {}, dtype=torch.float16)
    assert not path.exists()
    assert "not finite" in refused(path, content[:-4] + struct.pack("<f", float("inf")))


def test_what_cannot_be_saved_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(CheckpointError, match="card"):
        save_checkpoint(path, small_model(), {"test_nats": float("nan")})
    with pytest.raises(CheckpointError, match="card"):
        save_checkpoint(path, small_model(), {"when": object()})
    with pytest.raises(CheckpointError, match="dtype"):
        save_checkpoint(path, small_model(), {}, dtype=torch.int8)
    with pytest.raises(CheckpointError, match="cannot be written"):
        save_checkpoint(tmp_path / "missing" / "model.safetensors", small_model(), {})
    assert list(tmp_path.iterdir()) == []


def test_a_pickle_is_refused_and_not_opened(tmp_path: Path) -> None:
    opened = tmp_path / "opened"

    class Hostile:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (opened,)

    zipped = io.BytesIO()
    torch.save({"weight": Hostile()}, zipped)
    for raw in (zipped.getvalue(), pickle.dumps(Hostile()), pickle.dumps(Hostile(), protocol=2)):
        message = refused(tmp_path / "model.pt", raw)
        assert "pickle" in message
        assert "save_checkpoint" in message
    assert not opened.exists()


@pytest.mark.parametrize(
    ("name", "expected"), [("missing.safetensors", "There is no file"), (".", "folder")]
)
def test_a_missing_file_or_a_folder_is_refused(name: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=expected):
        load_checkpoint(tmp_path / name)


def test_a_device_and_a_hostile_path_are_refused() -> None:
    with pytest.raises(CheckpointError, match="ordinary"):
        load_checkpoint("/dev/null")
    with pytest.raises(CheckpointError, match="There is no file"):
        load_checkpoint("a\0b")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "empty"),
        (b"\x10", "not a safetensors"),
        (b"GIF89a" * 100, "not a safetensors"),
        (b"\xff" * 7 + b"\x7f{", "not a safetensors"),
        (struct.pack("<Q", 500) + b"{", "middle of its header"),
        (struct.pack("<Q", 4) + b"{{{{", "not JSON"),
        (struct.pack("<Q", 100_000) + b'{"a":' + b"[" * 99_995, "not JSON"),
        (struct.pack("<Q", 3 * 2**20) + b"{" * 3 * 2**20, "header has"),
        (struct.pack("<Q", 2) + b"{}", "not saved by this lab"),
    ],
)
def test_a_file_that_is_not_a_checkpoint_is_refused(
    raw: bytes, expected: str, tmp_path: Path
) -> None:
    assert expected in refused(tmp_path / "model.safetensors", raw)


def test_tensors_of_another_program_are_refused(tmp_path: Path) -> None:
    raw = safetensors.torch.save({"weight": torch.zeros(3)})
    assert "not saved by this lab" in refused(tmp_path / "other.safetensors", raw)


def test_a_truncated_file_says_how_much_is_missing(content: bytes, tmp_path: Path) -> None:
    message = refused(tmp_path / "model.safetensors", content[:-100])
    assert "truncated" in message
    assert "bytes" in message


def test_a_file_above_the_size_limit_is_refused_unread(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_header, "MAX_FILE_BYTES", 1000)
    assert "more than" in refused(tmp_path / "model.safetensors", content)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("format", "pixelcnn-lab/99", "pixelcnn-lab/99"),
        ("model", "diffusion", "knows pixelcnn"),
        ("config", "[]", "not a dictionary"),
        ("config", "{", "not JSON"),
        ("config", '{"colour": 1}', "colour"),
        ("config", '{"kernel_size": 4}', "kernel_size"),
        ("config", '{"hidden_channels": "4"}', "hidden_channels"),
        ("config", '{"hidden_channels": 4, "name": "pixelcnn"}', "options"),
        ("config", '{"hidden_channels": 1024, "blocks": 256}', "larger network"),
        ("config", '{"hidden_channels": 1024, "kernel_size": 27}', "larger network"),
        ("card", '{"test_nats": NaN}', "not JSON"),
    ],
)
def test_invalid_metadata_is_refused(
    key: str, value: str, expected: str, content: bytes, tmp_path: Path
) -> None:
    header, rest = header_of(content)
    header["__metadata__"][key] = value
    assert expected in refused(tmp_path / "model.safetensors", with_header(header, rest))


def test_the_weight_that_does_not_fit_the_options_is_named(content: bytes, tmp_path: Path) -> None:
    header, rest = header_of(content)
    config = json.loads(header["__metadata__"]["config"])
    header["__metadata__"]["config"] = json.dumps(config | {"hidden_channels": 8})
    message = refused(tmp_path / "model.safetensors", with_header(header, rest))
    assert "has shape" in message


def test_missing_and_foreign_weights_are_named(content: bytes, tmp_path: Path) -> None:
    header, rest = header_of(content)
    header["foreign"] = header.pop("first.weight")
    message = refused(tmp_path / "model.safetensors", with_header(header, rest))
    assert "first.weight missing" in message
    assert "foreign unexpected" in message


@pytest.mark.parametrize("entry", [None, {"dtype": "I64"}, {"shape": [-1]}, {"shape": [1] * 99}])
def test_invalid_entries_of_weights_are_refused(
    entry: dict[str, Any] | None, content: bytes, tmp_path: Path
) -> None:
    header, rest = header_of(content)
    header["first.weight"] = None if entry is None else header["first.weight"] | entry
    assert "first.weight" in refused(tmp_path / "model.safetensors", with_header(header, rest))


HOSTILE_CONFIGS = [
    {"hidden_channels": 1024, "blocks": 256},
    {"hidden_channels": 1024, "kernel_size": 27},
    {"hidden_channels": 1024, "first_kernel_size": 511, "height": 256},
    {"height": 256, "width": 256, "position": True, "classes": 1000},
]

MEASURE = """
import resource, sys
from pixelcnn.checkpoints import load_checkpoint
from pixelcnn.errors import CheckpointError
kilobytes = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
load_checkpoint(sys.argv[1])
before = kilobytes()
for path in sys.argv[2:]:
    try:
        load_checkpoint(path)
    except CheckpointError:
        continue
    sys.exit("a hostile file was loaded")
print(kilobytes() - before)
"""


def test_a_small_file_that_claims_a_huge_network_costs_no_memory(
    content: bytes, tmp_path: Path
) -> None:
    pytest.importorskip("resource")
    sound = tmp_path / "sound.safetensors"
    sound.write_bytes(content)
    hostile = []
    for index, config in enumerate(HOSTILE_CONFIGS):
        header, rest = header_of(content)
        header["__metadata__"]["config"] = json.dumps(config)
        claims = json.loads(json.dumps(header))
        claims["first.weight"]["shape"] = [2**28, 2**28]
        for kind, claimed in (("options", header), ("shapes", claims)):
            hostile.append(tmp_path / f"{kind}-{index}.safetensors")
            hostile[-1].write_bytes(with_header(claimed, rest))
    command = [sys.executable, "-c", MEASURE, str(sound), *map(str, hostile)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 50_000


def test_shipped_lists_every_file_and_what_is_wrong_with_damaged_ones(
    content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "b-sound.safetensors").write_bytes(content)
    (tmp_path / "a-cut.safetensors").write_bytes(content[:-8])
    (tmp_path / "notes.txt").write_text("not listed")
    cut, sound = shipped(tmp_path)
    assert (cut.name, cut.header, cut.card) == ("a-cut", None, {})
    assert "truncated" in cut.error
    assert (sound.name, sound.card, sound.error) == ("b-sound", CARD, "")
    assert sound.header is not None
    assert sound.header.model == "pixelcnn"
    assert shipped(tmp_path / "missing") == []


def test_every_shipped_checkpoint_loads_and_says_how_it_was_made() -> None:
    for checkpoint in shipped():
        assert checkpoint.error == ""
        model, card = load_checkpoint(checkpoint.path)
        assert card["parameters"] == sum(weight.numel() for weight in model.parameters())
        assert {"data", "command", "test_nats", "test_nats_stderr", "date"} <= card.keys()
        assert checkpoint.path.stat().st_size < 8 * 2**20


def test_a_checkpoint_is_found_by_path_and_an_unknown_one_named(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    assert find_checkpoint(str(path)) == path
    for checkpoint in shipped():
        assert find_checkpoint(checkpoint.name) == checkpoint.path
    with pytest.raises(CheckpointError, match="'no-such'"):
        find_checkpoint("no-such")


def test_a_checkpoint_is_loaded_by_its_shipped_name() -> None:
    model, card = load_checkpoint("mnist-threshold-tiny-pixelcnn")
    assert model.name == "pixelcnn"
    assert card["data"]["name"] == "mnist"
    with pytest.raises(CheckpointError, match=r"Shipped are: .*mnist-threshold-gated"):
        load_checkpoint("mnist-threshold-gatted")
