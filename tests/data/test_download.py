"""Downloads from a local server: complete, interrupted, stalled, refused."""

import gzip
import hashlib
import os
import socket
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pixelcnn.data import download
from pixelcnn.data.published import PUBLISHED
from pixelcnn.data.registry import load_data
from pixelcnn.errors import DataError
from tests.helpers.published_sets import datasets, idx_files, place, place_cifar10


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


class Mute(Quiet):
    """Announces files that never come."""

    released = threading.Event()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"the first bytes")
        self.wfile.flush()
        self.released.wait(30)


@contextmanager
def running(handler: Any) -> Iterator[str]:
    """Serve on a free port of this machine; returns the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the local address that serves it."""
    folder = tmp_path / "served"
    folder.mkdir()
    with running(partial(Quiet, directory=str(folder))) as address:
        yield folder, address


@pytest.fixture
def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def publish(folder: Path, monkeypatch: pytest.MonkeyPatch, mirrors: list[str]) -> None:
    """Put a small KMNIST into a folder, and set torchvision's checksums and mirrors to it."""
    resources = []
    for name, content in idx_files().items():
        packed = gzip.compress(content)
        (folder / f"{name}.gz").write_bytes(packed)
        resources.append((f"{name}.gz", hashlib.md5(packed).hexdigest()))
    monkeypatch.setattr(datasets.KMNIST, "resources", resources)
    monkeypatch.setattr(datasets.KMNIST, "mirrors", mirrors)


def test_a_download_is_complete_and_is_used_again(
    served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed_port: str
) -> None:
    folder, address = served
    publish(folder, monkeypatch, [closed_port, address])
    root = tmp_path / "new" / "root"
    data = load_data("kmnist", root=root, levels=256)
    assert data.train.images.numpy().tobytes() == idx_files()["train-images-idx3-ubyte"][16:]
    assert os.listdir(root) == ["KMNIST"]
    assert sorted(os.listdir(root / "KMNIST" / "raw")) == sorted(idx_files())
    monkeypatch.setattr(datasets.KMNIST, "mirrors", [])
    assert torch.equal(load_data("kmnist", root=root, levels=256).train.images, data.train.images)


def test_without_a_network_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed_port: str
) -> None:
    monkeypatch.setattr(datasets.KMNIST, "mirrors", [closed_port, closed_port])
    root = tmp_path / "root"
    with pytest.raises(DataError) as caught:
        load_data("kmnist", root=root)
    message = str(caught.value)
    for part in ("'kmnist'", str(root / "KMNIST"), "127.0.0.1", "refused", "'mnist5k'"):
        assert part in message
    assert not root.exists()


@pytest.mark.parametrize("damage", ["missing", "other", "truncated"])
def test_an_interrupted_download_leaves_no_files(
    damage: str, served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = served
    publish(folder, monkeypatch, [address])
    last = folder / "t10k-labels-idx1-ubyte.gz"
    if damage == "missing":
        last.unlink()
    else:
        last.write_bytes(b"a web page" if damage == "other" else last.read_bytes()[:-1])
    root = tmp_path / "root"
    with pytest.raises(DataError, match="t10k-labels-idx1-ubyte"):
        load_data("kmnist", root=root)
    assert os.listdir(root) == []


def test_a_stalled_transfer_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "STALL_SECONDS", 0.3)
    handler = partial(Mute, directory=str(tmp_path))
    (tmp_path / "file").write_bytes(b"promised")
    with running(handler) as address:
        monkeypatch.setattr(datasets.KMNIST, "mirrors", [address])
        monkeypatch.setattr(datasets.KMNIST, "resources", [("file", "0" * 32)])
        with pytest.raises(DataError, match="stalled"):
            load_data("kmnist", root=tmp_path / "root")
        Mute.released.set()
    assert os.listdir(tmp_path / "root") == []


def test_a_mirror_that_never_answers_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setattr(datasets.KMNIST, "mirrors", [address])
        with pytest.raises(DataError, match=r"no answer in 0\.3 s|timed out"):
            load_data("kmnist", root=tmp_path / "root")


def test_a_download_that_cannot_start_fails_within_ten_seconds() -> None:
    assert download.ANSWER_SECONDS + download.STALL_SECONDS < 10


def test_a_copy_that_another_session_finished_first_is_kept(
    served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = served
    publish(folder, monkeypatch, [address])
    root = tmp_path / "root"
    unpack = datasets.KMNIST.download

    def unpack_beside_another(self: Any) -> None:
        unpack(self)
        if not (root / "KMNIST").exists():
            place(root / "KMNIST" / "raw", idx_files(train=20))

    monkeypatch.setattr(datasets.KMNIST, "download", unpack_beside_another)
    assert len(load_data("kmnist", root=root).train.images) == 20
    assert os.listdir(root) == ["KMNIST"]


def test_cifar10_is_unpacked_from_its_archive(
    served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = served
    place_cifar10(tmp_path / "made" / "cifar-10-batches-py", monkeypatch)
    archive = folder / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(tmp_path / "made" / "cifar-10-batches-py", "cifar-10-batches-py")
    monkeypatch.setattr(datasets.CIFAR10, "url", f"{address}cifar-10-python.tar.gz")
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", hashlib.md5(archive.read_bytes()).hexdigest())
    data = load_data("cifar10", root=tmp_path / "root", levels=256)
    assert data.train.images.shape == (2, 3, 32, 32)
    assert os.listdir(tmp_path / "root") == ["cifar-10-batches-py"]


def celeba_lists() -> dict[str, bytes]:
    """The lists of a CelebA of four faces: two for training, two held out, one of which smiles."""
    names = [f"{number:06}.jpg" for number in (1, 2, 3, 4)]
    rows = {
        "list_attr_celeba.txt": ["1 -1", "1 -1", "1  1", "1 -1"],
        "list_bbox_celeba.txt": ["1"] * 4,
        "list_landmarks_align_celeba.txt": ["1"] * 4,
        "identity_CelebA.txt": ["1"] * 4,
        "list_eval_partition.txt": ["0", "0", "2", "2"],
    }
    heads = dict.fromkeys(rows, "4\nx\n") | {"list_attr_celeba.txt": "4\nMale Smiling\n"}
    heads["identity_CelebA.txt"] = heads["list_eval_partition.txt"] = ""
    return {
        file: (heads[file] + "\n".join(map(" ".join, zip(names, row, strict=True)))).encode()
        for file, row in rows.items()
    }


def test_celeba_is_cut_square_and_labelled_by_smile(
    served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = served
    # Green above and below the central square of 178 x 178, which is red.
    face = np.zeros((218, 178, 3), np.uint8)
    face[..., 1] = 255
    face[20:198] = (255, 0, 0)
    Image.fromarray(face).save(tmp_path / "face.png")
    with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
        for number in (1, 2, 3, 4):
            archive.write(tmp_path / "face.png", f"img_align_celeba/{number:06}.jpg")
    for name, content in celeba_lists().items():
        (folder / name).write_bytes(content)
    listed = [
        (file.name, hashlib.md5(file.read_bytes()).hexdigest(), file.name)
        for file in folder.iterdir()
    ]
    monkeypatch.setattr(datasets.CelebA, "file_list", listed)
    monkeypatch.setitem(PUBLISHED, "celeba", replace(PUBLISHED["celeba"], mirror=address))
    data = load_data("celeba", root=tmp_path / "root", levels=256)
    assert data.train.images.shape == (2, 3, 32, 32)
    assert data.test.images.shape == (2, 3, 32, 32)
    assert data.train.images.float().mean((0, 2, 3)).tolist() == [255, 0, 0]
    assert data.train.labels.tolist() == [0, 0]
    assert data.test.labels.tolist() == [1, 0]
    assert data.class_names == ("not smiling", "smiling")
    assert not (tmp_path / "root" / "celeba" / "img_align_celeba.zip").exists()
    assert load_data("celeba", root=tmp_path / "root", size=8).height == 8
