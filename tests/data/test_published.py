"""The published data sets: complete and damaged copies."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pixelcnn.data.registry import load_data
from pixelcnn.errors import DataError
from tests.helpers.published_sets import datasets, idx_files, place, place_cifar10


def everything_under(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# Existing copies


@pytest.mark.parametrize(
    ("name", "folder"),
    [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST"), ("kmnist", "KMNIST")],
)
def test_an_existing_copy_is_used_without_a_download(
    name: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = idx_files()
    place(tmp_path / folder / "raw", files)
    monkeypatch.setenv("PIXELCNN_DATA", str(tmp_path))
    monkeypatch.setattr(getattr(datasets, folder), "mirrors", [])
    data = load_data(name, levels=256)
    assert data.train.images.shape == (30, 1, 28, 28)
    assert data.test.images.shape == (12, 1, 28, 28)
    assert data.train.images.numpy().tobytes() == files["train-images-idx3-ubyte"][16:]
    assert data.test.labels.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert data.classes == 10


def test_the_root_argument_overrides_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(tmp_path / "one" / "MNIST" / "raw", idx_files(train=20))
    place(tmp_path / "two" / "MNIST" / "raw", idx_files(train=10))
    monkeypatch.setenv("PIXELCNN_DATA", str(tmp_path / "one"))
    assert len(load_data("mnist").train.images) == 20
    assert len(load_data("mnist", root=tmp_path / "two").train.images) == 10


@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "other", "unlabelled"])
def test_a_damaged_copy_is_named_and_not_changed(damage: str, tmp_path: Path) -> None:
    files = idx_files()
    name = "train-images-idx3-ubyte"
    if damage == "missing":
        del files[name]
    if damage == "unlabelled":
        files["t10k-labels-idx1-ubyte"] = idx_files(test=11)["t10k-labels-idx1-ubyte"]
    content = {"empty": b"", "truncated": files.get(name, b"")[:-1], "other": b"a web page" * 99}
    if damage in content:
        files[name] = content[damage]
    place(tmp_path / "MNIST" / "raw", files)
    before = everything_under(tmp_path)
    with pytest.raises(DataError, match=r"MNIST is not a complete, undamaged copy"):
        load_data("mnist", root=tmp_path)
    assert everything_under(tmp_path) == before


def test_the_complete_mnist() -> None:
    root = os.environ.get("PIXELCNN_DATA")
    if not root or not Path(root, "MNIST", "raw").is_dir():
        pytest.skip("needs the complete MNIST: name its root in PIXELCNN_DATA")
    data = load_data("mnist", levels=256)
    assert data.train.images.shape == (60_000, 1, 28, 28)
    assert data.test.images.shape == (10_000, 1, 28, 28)
    assert data.train.images.double().mean().item() / 255 == pytest.approx(0.1307, abs=1e-4)


# Larochelle's draw


def test_the_published_binary_draw_is_used_if_present(tmp_path: Path) -> None:
    random = np.random.RandomState(0)
    bits = {key: random.randint(0, 2, (count, 784)) for key, count in (("train", 9), ("test", 4))}
    packed = {key: np.packbits(value, axis=1) for key, value in bits.items()}
    np.savez(tmp_path / "binarized_mnist.npz", **packed)
    data = load_data("mnist", root=tmp_path, binarize="static")
    assert np.array_equal(data.train.images.numpy().reshape(9, 784), bits["train"])
    # Shuffled, since the published file is sorted by digit.
    measured_on = data.test.images.numpy().reshape(4, 784).tolist()
    assert measured_on != bits["test"].tolist()
    assert sorted(measured_on) == sorted(bits["test"].tolist())
    assert data.classes == 0
    assert "Larochelle" in data.source


def test_at_another_size_static_is_this_library_s_own_draw(tmp_path: Path) -> None:
    (tmp_path / "binarized_mnist.npz").write_bytes(b"not looked at")
    place(tmp_path / "MNIST" / "raw", idx_files())
    data = load_data("mnist", root=tmp_path, binarize="static", size=14)
    assert data.train.images.shape == (30, 1, 14, 14)
    assert "Larochelle" not in data.source


@pytest.mark.parametrize("content", ["nothing", "text", "keys", "shape", "floats", "pickle"])
def test_a_damaged_binary_draw_is_named(content: str, tmp_path: Path) -> None:
    path = tmp_path / "binarized_mnist.npz"
    arrays: dict[str, dict[str, Any]] = {
        "keys": {"train": np.zeros((2, 98), np.uint8)},
        "shape": {"train": np.zeros((2, 97), np.uint8), "test": np.zeros((2, 97), np.uint8)},
        "floats": {"train": np.zeros((2, 98)), "test": np.zeros((2, 98))},
        "pickle": {"train": np.array([{}]), "test": np.array([{}])},
    }
    if content in arrays:
        np.savez(path, **arrays[content])
    else:
        path.write_bytes(b"" if content == "nothing" else b"not an archive")
    with pytest.raises(DataError, match="must contain the arrays 'train' and 'test'"):
        load_data("mnist", root=tmp_path, binarize="static")


# Colour


def test_cifar10_has_red_green_and_blue_in_this_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place_cifar10(tmp_path / "cifar-10-batches-py", monkeypatch)
    data = load_data("cifar10", root=tmp_path, levels=4, size=16)
    assert (data.channels, data.height, data.width, data.classes) == (3, 16, 16, 10)
    assert data.train.images.float().mean((2, 3)).tolist() == [[3, 0, 0], [0, 3, 0]]
    assert data.test.images.float().mean((2, 3)).tolist() == [[0, 0, 3]]
    assert data.train.labels.tolist() == [3, 9]


class Bomb:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


def test_a_forged_cifar10_is_never_unpickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place_cifar10(tmp_path / "cifar-10-batches-py", monkeypatch)
    for name in ("data_batch_1", "test_batch", "batches.meta"):
        bomb = pickle.dumps(Bomb(tmp_path / "exploded"))
        (tmp_path / "cifar-10-batches-py" / name).write_bytes(bomb)
    with pytest.raises(DataError, match="cifar-10-batches-py is not a complete"):
        load_data("cifar10", root=tmp_path)
    assert not (tmp_path / "exploded").exists()
