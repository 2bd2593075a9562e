"""The published data sets, read through torchvision from one data root.

An existing copy needs no network. CIFAR-10 is published as pickles: torchvision checks every file
against the published checksum before it opens it.
"""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from pixelcnn.data._torchvision import import_torchvision
from pixelcnn.data.dataset import GreyImages, Split
from pixelcnn.data.download import fetch, find_mirror
from pixelcnn.errors import DataError


class RemoteFile(NamedTuple):
    """The address after the mirror, the path under the root, and the checksum."""

    address: str
    path: str
    md5: str


class Published(Protocol):
    """A data set of torchvision. `datasets` is the module `torchvision.datasets`."""

    @property
    def text(self) -> str:
        """One line that describes it."""

    @property
    def folder(self) -> str:
        """torchvision's folder for it, under the data root."""

    def remote(self, datasets: ModuleType) -> tuple[list[str], list[RemoteFile]]:
        """The mirrors, and the files that each of them offers."""

    def unpack(self, datasets: ModuleType, root: Path) -> None:
        """Unpack the downloaded files of `remote`."""

    def read(self, datasets: ModuleType, root: Path, size: int | None) -> GreyImages:
        """Read a complete copy; `size` allows large images to be read at a lower cost."""


@dataclass(frozen=True)
class _MnistLike:
    text: str
    folder: str
    class_names: tuple[str, ...]

    def remote(self, datasets: ModuleType) -> tuple[list[str], list[RemoteFile]]:
        dataset = getattr(datasets, self.folder)
        files = [
            RemoteFile(name, f"{self.folder}/raw/{name}", md5) for name, md5 in dataset.resources
        ]
        return list(dataset.mirrors), files

    def unpack(self, datasets: ModuleType, root: Path) -> None:
        getattr(datasets, self.folder)(root, download=True)

    def read(self, datasets: ModuleType, root: Path, size: int | None) -> GreyImages:
        parts = [getattr(datasets, self.folder)(root, train=train) for train in (True, False)]
        train, test = (_split(part.data.reshape(-1, 1, 28, 28), part.targets) for part in parts)
        return GreyImages(train, test, self.class_names, f"{self.folder}, complete")


@dataclass(frozen=True)
class _Cifar10:
    text: str
    folder: str = "cifar-10-batches-py"

    def remote(self, datasets: ModuleType) -> tuple[list[str], list[RemoteFile]]:
        mirror, _, address = datasets.CIFAR10.url.rpartition("/")
        file = RemoteFile(address, datasets.CIFAR10.filename, datasets.CIFAR10.tgz_md5)
        return [f"{mirror}/"], [file]

    def unpack(self, datasets: ModuleType, root: Path) -> None:
        datasets.CIFAR10(root, download=True)

    def read(self, datasets: ModuleType, root: Path, size: int | None) -> GreyImages:
        parts = [datasets.CIFAR10(root, train=train) for train in (True, False)]
        train, test = (
            # (N, H, W, C) -> (N, C, H, W)
            _split(torch.from_numpy(part.data).permute(0, 3, 1, 2), torch.tensor(part.targets))
            for part in parts
        )
        return GreyImages(train, test, tuple(parts[0].classes), "CIFAR-10, complete")


@dataclass(frozen=True)
class _CelebA:
    text: str
    folder: str = "celeba"
    # This address serves a large file without a confirmation page.
    mirror: str = "https://drive.usercontent.google.com/download?export=download&confirm=t&id="

    def remote(self, datasets: ModuleType) -> tuple[list[str], list[RemoteFile]]:
        files = [
            RemoteFile(file_id, f"{self.folder}/{name}", md5)
            for file_id, md5, name in datasets.CelebA.file_list
        ]
        return [self.mirror], files

    def unpack(self, datasets: ModuleType, root: Path) -> None:
        archive = root / self.folder / "img_align_celeba.zip"
        datasets.utils.extract_archive(str(archive))

    def read(self, datasets: ModuleType, root: Path, size: int | None) -> GreyImages:
        train = self._read_part(datasets.CelebA(root, split="train"), root, size or 32)
        test = self._read_part(datasets.CelebA(root, split="test"), root, size or 32)
        source = "CelebA's training and test parts, central square"
        return GreyImages(train, test, ("not smiling", "smiling"), source)

    def _read_part(self, part: Any, root: Path, size: int) -> Split:
        files = [root / self.folder / "img_align_celeba" / file for file in part.filename]
        return _split(_read_faces(files, size), part.attr[:, part.attr_names.index("Smiling")])


PUBLISHED: dict[str, Published] = {
    "mnist": _MnistLike("70,000 handwritten digits, 28 x 28", "MNIST", tuple("0123456789")),
    "fashion_mnist": _MnistLike(
        "70,000 pieces of clothing, 28 x 28",
        "FashionMNIST",
        (
            *("T-shirt", "trousers", "pullover", "dress", "coat"),
            *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
        ),
    ),
    "kmnist": _MnistLike(
        "70,000 cursive Japanese characters, 28 x 28",
        "KMNIST",
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
    "cifar10": _Cifar10("60,000 colour photographs of ten things, 32 x 32"),
    "celeba": _CelebA("182,637 faces in colour, 32 x 32 unless a size is given; minutes to load"),
}


def read_published(name: str, root: Path, size: int | None) -> GreyImages:
    """A published data set from `root`, downloaded if it is missing.

    Raises:
        DataError: the copy is incomplete or damaged, or missing and cannot be downloaded.
    """
    published = PUBLISHED[name]
    try:
        datasets = import_torchvision().datasets
    except ImportError as error:
        raise DataError(
            f"Reading {name} needs a package that is missing ({error}): pip install torchvision. "
            "Bundled data sets such as mnist5k need none."
        ) from error
    folder = root / published.folder
    if not _holds_something(folder):
        _download(name, datasets, root)
    try:
        return published.read(datasets, root, size)
    # Damaged files make torchvision raise almost anything, even AssertionError.
    except Exception as error:
        raise DataError(
            f"{folder} is not a complete, undamaged copy of {name!r} ({error}). Replace it, or "
            f"remove that folder to download it again."
        ) from error


def _download(name: str, datasets: ModuleType, root: Path) -> None:
    """Download a data set to a temporary folder, and move it into place when complete."""
    published = PUBLISHED[name]
    mirrors, files = published.remote(datasets)
    try:
        mirror = find_mirror(mirrors, files[0].address)
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=root) as temporary:
            for file in files:
                fetch(mirror + file.address, Path(temporary, file.path), file.md5)
            published.unpack(datasets, Path(temporary))
            for file in files:
                if file.path.endswith((".gz", ".zip")):
                    Path(temporary, file.path).unlink()
            _move(Path(temporary, published.folder), root / published.folder)
    except (DataError, OSError, RuntimeError) as error:
        raise DataError(
            f"The data set {name!r} is not in {root / published.folder} and its download failed "
            f"({error}). Try again with a network, put a copy there, or choose 'mnist5k', which "
            f"needs no download."
        ) from error


def _move(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)
    except OSError:
        # Two sessions may download the same data set at once: the first copy stays.
        if not _holds_something(target):
            raise


def _holds_something(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _split(images: Tensor, labels: Tensor) -> Split:
    """Raises `DataError` unless there is one label per image."""
    if len(images) != len(labels):
        raise DataError(f"{len(images)} images but {len(labels)} labels")
    return Split(images.contiguous(), labels.long())


def _read_faces(files: list[Path], size: int) -> Tensor:
    """The central squares of image files as uint8 (N, 3, size, size), by area averaging."""
    from PIL import Image

    def read(file: Path) -> np.ndarray:
        with Image.open(file) as image:
            side = min(image.size)
            left, top = (image.width - side) // 2, (image.height - side) // 2
            square = (left, top, left + side, top + side)
            small = image.convert("RGB").resize((size, size), Image.Resampling.BOX, box=square)
        return np.asarray(small)  # (size, size, 3)

    images = np.empty((len(files), size, size, 3), np.uint8)
    with ThreadPoolExecutor() as pool:
        for index, image in enumerate(pool.map(read, files)):
            images[index] = image
    return torch.from_numpy(images).permute(0, 3, 1, 2)  # (N, H, W, C) -> (N, C, H, W)
