"""Small data sets in the published formats."""

import hashlib
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from pixelcnn.data._torchvision import import_torchvision

datasets = import_torchvision().datasets


def idx_files(train: int = 30, test: int = 12) -> dict[str, bytes]:
    """The four unpacked files of an MNIST-like data set."""
    random = np.random.RandomState(0)
    files = {}
    for prefix, count in (("train", train), ("t10k", test)):
        images = random.randint(0, 256, (count, 28, 28)).astype(np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        header = struct.pack(">4i", 0x803, count, 28, 28)
        files[f"{prefix}-images-idx3-ubyte"] = header + images.tobytes()
        files[f"{prefix}-labels-idx1-ubyte"] = struct.pack(">2i", 0x801, count) + labels.tobytes()
    return files


def place(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def place_cifar10(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CIFAR-10 with two training images, red and green, and a blue one held out."""
    folder.mkdir(parents=True)
    colours = np.zeros((3, 3, 32 * 32), np.uint8)
    colours[[0, 1, 2], [0, 1, 2]] = 255
    batches = {
        "data_batch_1": {"data": colours[:2].reshape(2, -1), "labels": [3, 9]},
        "test_batch": {"data": colours[2:].reshape(1, -1), "labels": [0]},
        "batches.meta": {"label_names": [f"thing {index}" for index in range(10)]},
    }
    checksums = {}
    for name, content in batches.items():
        (folder / name).write_bytes(pickle.dumps(content))
        checksums[name] = hashlib.md5(pickle.dumps(content)).hexdigest()
    monkeypatch.setattr(
        datasets.CIFAR10, "train_list", [["data_batch_1", checksums["data_batch_1"]]]
    )
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", checksums["test_batch"]]])
    meta = {"filename": "batches.meta", "key": "label_names", "md5": checksums["batches.meta"]}
    monkeypatch.setattr(datasets.CIFAR10, "meta", meta)
