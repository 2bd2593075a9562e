"""What a network wants to be given: recognised by trying, or as told."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Values = Literal["fractions", "signed", "bytes", "levels", "one-hot"]
VALUES: tuple[Values, ...] = ("fractions", "signed", "bytes", "levels", "one-hot")

_IN_WORDS = {
    "fractions": "numbers from 0 to 1",
    "signed": "numbers from -1 to 1",
    "bytes": "numbers from 0 to 255",
    "levels": "whole levels",
    "one-hot": "one-hot levels",
}


@dataclass(frozen=True)
class InputForm:
    """How an image is given to a network.

    Attributes:
        values: what a level becomes.
        axes: such as `C H W` or `(H W C)`; of one-hot levels L is the axis of the levels.
        levels: how many values a sub-pixel takes, for whole and one-hot levels.
    """

    values: Values
    axes: str
    levels: int = 2

    def in_words(self) -> str:
        """Such as "numbers from 0 to 1 (batch, colours, rows, columns)"."""
        names = {"C": "colours", "H": "rows", "W": "columns", "L": "levels"}
        shown = self.axes.replace("(", "").split()
        text, inside = "batch", False
        for part in shown:
            name = names[part.strip(")")]
            text += f" x {name}" if inside else f", {name}"
            inside = part[-1] != ")" and (inside or f"({part}" in self.axes)
        what = _IN_WORDS[self.values]
        if self.values in ("levels", "one-hot"):
            what += f" 0 to {self.levels - 1}"
        return f"{what} ({text})"

    def make(self, fractions: Tensor, dtype: torch.dtype) -> Tensor:
        """The input from fractions `(B, C, H, W)`."""
        if self.values in ("levels", "one-hot"):
            whole = (fractions * (self.levels - 1)).round().long()
            if self.values == "levels":
                return self._arranged(whole)
            return self._arranged(nn.functional.one_hot(whole, self.levels).to(dtype))
        scaled = {"fractions": fractions, "signed": fractions * 2 - 1, "bytes": fractions * 255}
        return self._arranged(scaled[self.values].to(dtype))

    def ids(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Cells `(C, H, W)` turned as an image is."""
        tensor = torch.from_numpy(cells)[None]
        if self.values == "one-hot":
            tensor = tensor[..., None].expand(*tensor.shape, self.levels)
        return self._arranged(tensor)[0].numpy()

    def _arranged(self, image: Tensor) -> Tensor:
        """`(B, C, H, W)`, or with levels last, to the axes wanted; always new memory."""
        letters = [one for one in self.axes if one.isalpha()]
        here = "CHWL" if "L" in letters else "CHW"
        if "C" not in letters:
            image = image[:, 0]
            here = here.replace("C", "")
        moved = image.permute(0, *(1 + here.index(one) for one in letters))
        sizes = dict(zip(letters, moved.shape[1:], strict=True))
        shape: list[int] = []
        inside = False
        for one in self.axes:
            if one == "(":
                shape.append(1)
                inside = True
            elif one == ")":
                inside = False
            elif one in sizes:
                if inside:
                    shape[-1] *= sizes[one]
                else:
                    shape.append(sizes[one])
        return moved.reshape(len(image), *shape).clone(memory_format=torch.contiguous_format)


@dataclass(frozen=True)
class Extra:
    """What a network is given besides the image: a label, or what it is conditioned on.

    Attributes:
        kind: whole labels, vectors, or maps as large as the image; `none` for nothing.
        size: classes, the length of the vector, or channels of the map.
        count: of further arguments that are given the same.
        area: rows and columns of the map.
    """

    kind: Literal["none", "label", "vector", "map"] = "none"
    size: int = 0
    count: int = 1
    area: tuple[int, int] = (0, 0)

    def make(self, images: int, dtype: torch.dtype) -> list[Tensor]:
        """The further arguments; each image has the same."""
        if self.kind == "none":
            return []
        if self.kind == "label":
            return [torch.zeros(images, dtype=torch.int64) for _ in range(self.count)]
        if self.kind == "map":
            return [torch.ones(images, self.size, *self.area, dtype=dtype)] * self.count
        vector = torch.zeros(images, self.size, dtype=dtype)
        vector[:, 0] = 1
        return [vector.clone() for _ in range(self.count)]

    def in_words(self) -> str:
        """Such as "and label 0"; empty for nothing."""
        if self.kind == "none":
            return ""
        if self.kind == "map":
            return f" and a map of {self.size} channel{'s' * (self.size > 1)} to be conditioned on"
        return " and label 0" if self.kind == "label" else f" and a vector of {self.size} numbers"


def forms(
    channels: int, levels: int, wanted: Values | None, axes: str | None, one_hot: int | None
) -> list[InputForm]:
    """Ways to give an image, the commonest first.

    Args:
        channels: colours.
        levels: of whole levels.
        wanted: the only values to try.
        axes: the only axes to try.
        one_hot: levels of a one-hot image, as the first layer's channels tell.
    """
    several = [
        InputForm("fractions", "C H W"),
        InputForm("levels", "C H W", levels),
        InputForm("levels", "H W", levels),
        InputForm("levels", "(H W C)", levels),
        InputForm("fractions", "H W C"),
        InputForm("fractions", "(H W C)"),
        InputForm("fractions", "(H W) C"),
        InputForm("levels", "H W C", levels),
        InputForm("fractions", "H W"),
        InputForm("signed", "C H W"),
        InputForm("bytes", "C H W"),
        InputForm("one-hot", "(C L) H W", one_hot or levels),
        InputForm("one-hot", "H W (C L)", one_hot or levels),
        InputForm("one-hot", "(H W C) L", one_hot or levels),
        InputForm("signed", "H W C"),
        InputForm("bytes", "H W C"),
        InputForm("signed", "(H W C)"),
        InputForm("bytes", "(H W C)"),
    ]
    return [
        form
        for form in several
        if (wanted is None or form.values == wanted)
        and (axes is None or form.axes == axes)
        and ("C" in form.axes or channels == 1)
        and (form.values != "one-hot" or one_hot is not None or wanted == "one-hot")
    ]


def extras(
    network: Any, modules: list[nn.Module], labels: int | None, condition: int | None
) -> Iterator[Extra]:
    """Ways to give what comes after the image: as many arguments as the signature asks for."""
    wanted = _required(network) - 1
    count = max(1, wanted)
    if labels is not None:
        yield Extra("label", labels, count)
        return
    if condition is not None:
        yield Extra("vector", condition, count)
        return
    if wanted <= 0:
        yield Extra()
    yield Extra("label", 10, count)
    sizes = [10]
    for module in modules:
        for part in module.modules():
            size = getattr(part, "in_features", None) or getattr(part, "num_embeddings", None)
            if isinstance(size, int):
                sizes.append(size)
    for size in dict.fromkeys(sizes):
        yield Extra("vector", size, count)
    if wanted > 0:
        yield Extra("map", 1, count)


def _required(network: Any) -> int:
    """How many arguments have no default."""
    called = network.forward if isinstance(network, nn.Module) else network
    try:
        parameters = inspect.signature(called).parameters.values()
    except (TypeError, ValueError):
        return 1
    return sum(
        1
        for one in parameters
        if one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
    )


def likely_channels(modules: list[nn.Module]) -> list[int]:
    """Colours of the images, by the first convolution's channels: 1 or 3, the likelier first.

    Some networks add a channel of ones.
    """
    first = first_channels(modules)
    return [3, 1] if first in (3, 4) else [1, 3]


def first_channels(modules: list[nn.Module]) -> int | None:
    """The input channels of the first convolution, or else the inputs of a recurrence or layer."""
    for name in ("in_channels", "input_size", "in_features"):
        for module in modules:
            for part in module.modules():
                channels = getattr(part, name, None)
                if isinstance(channels, int) and channels > 0:
                    return channels
    return None


def likely_levels(modules: list[nn.Module]) -> list[int]:
    """Levels of whole numbers that embeddings speak of, the largest first; 2 at the end."""
    sizes = {
        part.num_embeddings
        for module in modules
        for part in module.modules()
        if isinstance(part, nn.Embedding)
    }
    return list(dict.fromkeys([*(min(size, 256) for size in sorted(sizes, reverse=True)), 2]))


def reach_of_kernels(modules: list[nn.Module]) -> tuple[int, int]:
    """How far the widest kernel reaches, in rows and columns, with its dilation."""
    rows = columns = 0
    for module in modules:
        for part in module.modules():
            kernel = getattr(part, "kernel_size", None)
            dilation = getattr(part, "dilation", 1)
            if not isinstance(kernel, tuple) or len(kernel) != 2:
                continue
            steps = dilation if isinstance(dilation, tuple) else (dilation, dilation)
            if all(isinstance(one, int) for one in (*kernel, *steps)):
                rows = max(rows, (kernel[0] - 1) * steps[0])
                columns = max(columns, (kernel[1] - 1) * steps[1])
    return rows, columns
