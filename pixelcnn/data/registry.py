"""`load_data`: a data set by name, at a size, as integer levels."""

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from pixelcnn.data.bundled import BUNDLED, read_bundled
from pixelcnn.data.dataset import DataSet, GreyImages, Split
from pixelcnn.data.levels import (
    BINARIZATIONS,
    MAX_LEVELS,
    MAX_SIZE,
    draw_binary_once,
    quantize,
    resize,
)
from pixelcnn.data.names import OWN
from pixelcnn.data.own import OWN_TEXT, read_own, shifted
from pixelcnn.data.published import PUBLISHED, read_published
from pixelcnn.errors import ConfigError, DataError
from pixelcnn.pictures.forms import Form
from pixelcnn.system.checks import check_whole

# The seeds of the fixed draws define `binarize="static"`: never change them.
_TRAIN_SEED, _TEST_SEED, _ORDER_SEED = 1, 2, 3


@dataclass(frozen=True)
class Description:
    """A data set in one line; `needs_download` is False if an installed package contains it."""

    name: str
    text: str
    needs_download: bool


def data_names() -> list[str]:
    """The names of all data sets, those without a download first."""
    return [*BUNDLED, *PUBLISHED]


def describe(name: str) -> Description:
    """The description of a data set.

    Raises:
        ConfigError: unknown name.
    """
    if name in BUNDLED:
        return Description(name, BUNDLED[name], needs_download=False)
    if name in PUBLISHED:
        return Description(name, PUBLISHED[name].text, needs_download=True)
    if name == OWN:
        return Description(name, OWN_TEXT, needs_download=False)
    raise ConfigError(f"name must be one of {', '.join(data_names())}, not {name!r}.")


def load_data(
    name: str,
    *,
    root: str | Path | None = None,
    levels: int = 2,
    binarize: str | None = "threshold",
    size: int | None = None,
    form: Form | None = None,
) -> DataSet:
    """Load a data set, resize it, and quantise it to `levels`.

    With two levels, `binarize` is the method; likelihoods are comparable only within one method
    (Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders", 2016, report two):

    - "threshold": white from grey 128 on.
    - "static": white with probability grey / 255, drawn once and for all. For "mnist" at 28 x 28 it
      is the published draw, without labels (Larochelle and Murray, "The Neural Autoregressive
      Distribution Estimator", 2011), if the data root has it as `binarized_mnist.npz` (arrays
      `train` and `test`, `numpy.packbits` along axis 1). Otherwise it is this library's own draw,
      which published figures do not refer to.
    - "dynamic": the same probabilities, redrawn by every `DataSet.batch`. `train.images` and the
      held-out images are the fixed draw, so that evaluations agree.

    With more levels, `binarize` has no effect.

    `own` loads the user's pictures from the folder, zip or table at `root`; see
    `pixelcnn.pictures` for what is accepted.

    Args:
        root: directory of the published data sets, also for downloads; by default the environment
            variable PIXELCNN_DATA, then `./data`.
        levels: 2 to 256.
        size: height and width in pixels, 2 to 64; by default those of the data set.
        form: how pictures of one's own are read: "digit", by default, "part" or "as-is" (see
            `pixelcnn.pictures.reading`).

    Raises:
        ConfigError: an unknown name or binarisation, `levels` or `size` out of range.
        DataError: the images cannot be read or downloaded; raised within ten seconds if no mirror
            answers.
    """
    described = describe(name)
    check_whole("levels", levels, 2, MAX_LEVELS)
    if size is not None:
        check_whole("size", size, 2, MAX_SIZE)
    if binarize not in BINARIZATIONS and (levels == 2 or binarize is not None):
        raise ConfigError(f"binarize must be one of {', '.join(BINARIZATIONS)}, not {binarize!r}.")
    folder = Path(root or os.environ.get("PIXELCNN_DATA") or "data")

    published_draw = folder / "binarized_mnist.npz"
    wants_published_draw = (name, levels, binarize) == ("mnist", 2, "static") and size in (None, 28)
    if wants_published_draw and published_draw.exists():
        return _read_published_draw(published_draw)

    shift = 0
    if name == OWN:
        greys, shift = read_own(folder, size, form or "digit")
    elif described.needs_download:
        greys = read_published(name, folder, size)
    else:
        greys = read_bundled(name)
    if size is not None and name != OWN:
        greys = greys._replace(
            train=greys.train._replace(images=resize(greys.train.images, size)),
            test=greys.test._replace(images=resize(greys.test.images, size)),
        )
    greys = greys._replace(train=shifted(greys.train, shift))
    return _quantized(name, greys, levels, binarize)


def _quantized(name: str, greys: GreyImages, levels: int, binarize: str | None) -> DataSet:
    train, test = greys.train.images, greys.test.images
    if levels > 2 or binarize == "threshold":
        train_images, test_images = quantize(train, levels), quantize(test, levels)
    else:
        train_images = draw_binary_once(train, _TRAIN_SEED)
        test_images = draw_binary_once(test, _TEST_SEED)
    return DataSet(
        name=name,
        levels=levels,
        binarize=binarize if levels == 2 else None,
        train=Split(train_images, greys.train.labels),
        test=Split(test_images, greys.test.labels),
        class_names=greys.class_names,
        source=greys.source,
        greys=train if levels == 2 and binarize == "dynamic" else None,
    )


def _read_published_draw(path: Path) -> DataSet:
    splits = []
    try:
        with np.load(path, allow_pickle=False) as file:
            for key in ("train", "test"):
                pixels = np.unpackbits(file[key], axis=1).reshape(-1, 1, 28, 28)
                images = torch.from_numpy(pixels)
                splits.append(Split(images, torch.zeros(len(images), dtype=torch.int64)))
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path} must contain the arrays 'train' and 'test', 28 x 28 bits per image packed "
            f"along axis 1 ({error}). Fix or remove it."
        ) from error
    train, test = splits
    return DataSet(
        name="mnist",
        levels=2,
        binarize="static",
        train=train,
        test=_mixed(test),
        source="MNIST, Larochelle's published binary draw, 50,000 to learn from, no labels",
    )


def _mixed(split: Split) -> Split:
    """Shuffled: the published file is sorted by digit, so its first images are all zeros."""
    # numpy guarantees RandomState's stream; torch guarantees none.
    order = np.random.RandomState(_ORDER_SEED).permutation(len(split.images))
    return Split(split.images[order], split.labels[order])
