"""Data sets in memory."""

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from pixelcnn.data.levels import draw_binary
from pixelcnn.errors import ConfigError, DataError


class Split(NamedTuple):
    """Images and their labels.

    images: uint8 (N, C, H, W), values below the data set's number of levels.
    labels: int64 (N,), values below its number of classes; all 0 where it has no classes.
    """

    images: Tensor
    labels: Tensor


class GreyImages(NamedTuple):
    """A data set before quantisation: images of both splits have grey values 0..255.

    `source` names their origin.
    """

    train: Split
    test: Split
    class_names: tuple[str, ...]
    source: str


@dataclass(frozen=True, eq=False)
class DataSet:
    """Training and held-out images of one size, quantised to one number of levels.

    `binarize` is the method for two levels, None for more; likelihoods are comparable only between
    data sets where it agrees. `source` names the origin of the pixels. `greys`, uint8 (N, C, H, W),
    are the grey levels of `train`, if `batch` draws from them.

    Raises:
        DataError: images or labels of a wrong dtype, shape or range.
    """

    name: str
    levels: int
    binarize: str | None
    train: Split
    test: Split
    class_names: tuple[str, ...] = ()
    source: str = ""
    greys: Tensor | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _check_split("train", self.train, self.levels, len(self.class_names))
        _check_split("test", self.test, self.levels, len(self.class_names))
        if self.train.images.shape[1:] != self.test.images.shape[1:]:
            raise DataError(
                f"train and test images must have one shape (channels, height, width), not "
                f"{tuple(self.train.images.shape[1:])} and {tuple(self.test.images.shape[1:])}."
            )
        if (self.greys is not None) != (self.binarize == "dynamic"):
            raise DataError("greys must be given where binarize is 'dynamic', and only there.")

    @property
    def channels(self) -> int:
        return self.train.images.shape[1]

    @property
    def height(self) -> int:
        return self.train.images.shape[2]

    @property
    def width(self) -> int:
        return self.train.images.shape[3]

    @property
    def classes(self) -> int:
        return len(self.class_names)

    def batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Split:
        """The training images at `indices`, int64 (B,); redrawn if binarize is "dynamic".

        Raises:
            ConfigError: a dynamic data set without a `generator`.
        """
        labels = self.train.labels[indices]
        if self.greys is None:
            return Split(self.train.images[indices], labels)
        if generator is None:
            raise ConfigError(
                "generator must be a torch.Generator, since this data set redraws every batch."
            )
        return Split(draw_binary(self.greys[indices], generator), labels)


def _check_split(name: str, split: Split, levels: int, classes: int) -> None:
    images, labels = split
    if images.dtype != torch.uint8 or images.ndim != 4 or images.numel() == 0:
        raise DataError(
            f"{name} images must be a uint8 tensor (N, C, H, W) with at least one image, not "
            f"{images.dtype} {tuple(images.shape)}."
        )
    if int(images.max()) >= levels:
        raise DataError(
            f"{name} images must have values below levels = {levels}, not {int(images.max())}. "
            f"Quantise them first."
        )
    if labels.dtype != torch.int64 or labels.shape != images.shape[:1]:
        raise DataError(
            f"{name} labels must be an int64 tensor ({len(images)},), one per image, not "
            f"{labels.dtype} {tuple(labels.shape)}."
        )
    if int(labels.min()) < 0 or int(labels.max()) >= max(classes, 1):
        raise DataError(
            f"{name} labels must lie in 0..{max(classes, 1) - 1}, not "
            f"{int(labels.min())}..{int(labels.max())}."
        )
