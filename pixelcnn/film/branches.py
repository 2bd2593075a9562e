"""Branches of a sample: what if one pixel had another level, with the same random numbers?

A branch equals its parent up to one sub-pixel, has another level there, and is redrawn from there
with the random numbers of the sample. Branches of branches make a tree, with a short text form for
addresses: `0.s3.r12c14v1-1.r20c5v0` is a branch of sample 3 and a branch of that branch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import ConfigError, DataError
from pixelcnn.film.film import Film, film_of

if TYPE_CHECKING:
    from pixelcnn.models.base import AutoregressiveModel
    from pixelcnn.sampling.engines import Engine

MOST_BRANCHES = 12

_ORIGINAL = 0
_ENTRY = re.compile(
    r"(?P<parent>\d{1,3})(?:\.s(?P<sample>\d{1,4}))?"
    r"\.r(?P<row>\d{1,4})c(?P<column>\d{1,4})(?:k(?P<channel>[0-2]))?v(?P<level>\d{1,3})",
    re.ASCII,
)


@dataclass(frozen=True)
class Branch:
    """One branch of a tree.

    Attributes:
        parent: 0 for an original sample, k for the k-th branch of the tree.
        sample: index of the original sample at the root.
        row, column, channel: the changed sub-pixel.
        level: its new level.
    """

    parent: int
    sample: int
    row: int
    column: int
    channel: int
    level: int


Tree = tuple[Branch, ...]


def tree_text(tree: Tree) -> str:
    """The text form of a tree; samples are counted from 0."""
    entries = []
    for branch in tree:
        sample = f".s{branch.sample}" if branch.parent == _ORIGINAL else ""
        channel = f"k{branch.channel}" if branch.channel else ""
        place = f"r{branch.row}c{branch.column}{channel}"
        entries.append(f"{branch.parent}{sample}.{place}v{branch.level}")
    return "-".join(entries)


def parse_tree(text: str, shape: tuple[int, int, int, int], levels: int) -> Tree:
    """The inverse of `tree_text`; an empty text is an empty tree.

    Args:
        text: untrusted, from an address.
        shape: (n, C, H, W) of the samples.
        levels: of their model.

    Raises:
        DataError: malformed, or a branch of a missing sample, pixel or level.
    """
    tree: list[Branch] = []
    entries = text.split("-", MOST_BRANCHES) if text else []
    if len(entries) > MOST_BRANCHES:
        raise DataError(f"A tree has at most {MOST_BRANCHES} branches.")
    for entry in entries:
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise DataError(f"{entry[:40]!r} is not a branch; a branch looks like 0.s3.r12c14v1.")
        tree.append(_checked(match, tree, shape, levels))
    return tuple(tree)


def _checked(
    match: re.Match[str], tree: list[Branch], shape: tuple[int, int, int, int], levels: int
) -> Branch:
    parent, row, column, level = (int(match[name]) for name in ("parent", "row", "column", "level"))
    channel, sample = int(match["channel"] or 0), int(match["sample"] or 0)
    n, channels, height, width = shape
    if parent > len(tree) or (match["sample"] is None) == (parent == _ORIGINAL):
        raise DataError(f"{match[0]!r} does not name the sample that it grows from.")
    if parent:
        sample = tree[parent - 1].sample
        if parent and not _is_later((row, column, channel), tree[parent - 1]):
            raise DataError(f"{match[0]!r} changes a pixel that it shares with its parent.")
    inside = sample < n and row < height and column < width and channel < channels
    if not inside or level >= levels:
        raise DataError(f"{match[0]!r} names a sample, pixel or level that does not exist.")
    return Branch(parent, sample, row, column, channel, level)


def _is_later(place: tuple[int, int, int], than: Branch) -> bool:
    return place > (than.row, than.column, than.channel)


def lineage(tree: Tree, index: int) -> Tree:
    """The branches from the original to the branch `index` (from 0), inclusive."""
    line = [tree[index]]
    while line[0].parent != _ORIGINAL:
        line.insert(0, tree[line[0].parent - 1])
    return tuple(line)


def without(tree: Tree, index: int) -> Tree:
    """The tree without the branch `index` (from 0) and its descendants."""
    kept: dict[int, int] = {_ORIGINAL: _ORIGINAL}  # old number -> new number
    left: list[Branch] = []
    for index_from_1, branch in enumerate(tree, start=1):
        if index_from_1 == index + 1 or branch.parent not in kept:
            continue
        parent = kept[branch.parent]
        left.append(replace(branch, parent=parent))
        kept[index_from_1] = len(left)
    return tuple(left)


def grow(
    model: AutoregressiveModel, parent: Film, branch: Branch, engine: str | Engine = "auto"
) -> Film:
    """The film of a branch, drawn like its parent film of one image.

    Raises:
        ConfigError: the level is unchanged, or the model does not have it.
    """
    import torch

    from pixelcnn.sampling.request import SampleOptions

    place = (0, branch.channel, branch.row, branch.column)
    if parent.images[place] == branch.level:
        raise ConfigError(
            f"Row {branch.row}, column {branch.column} already has level {branch.level}. "
            "Choose another level."
        )
    if branch.level >= model.config.levels:
        raise ConfigError(f"This model has no level {branch.level}.")
    images = parent.images.copy()
    images[place] = branch.level
    options = SampleOptions(
        labels=torch.from_numpy(parent.labels) if len(parent.labels) else None,
        known=torch.from_numpy(images),
        known_mask=torch.from_numpy(shared_part(branch, images.shape[1:])[None]),
        temperature=parent.about["temperature"],
        guidance=parent.about.get("guidance", 0.0),
        uniforms=torch.from_numpy(parent.uniforms),
    )
    return film_of(model, 1, options, engine, parent.receptive_field, parent.about)


def shared_part(branch: Branch, shape: Sequence[int]) -> NDArray[np.bool_]:
    """The sub-pixels before the change and the changed one: bool `(C, H, W)`.

    Args:
        branch: a branch.
        shape: (C, H, W).
    """
    channels, height, width = shape
    order = np.arange(height * width * channels).reshape(height, width, channels)
    last = order[branch.row, branch.column, branch.channel]
    return (order <= last).transpose(2, 0, 1)


def share_that_differs(image: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """The fraction of pixels in which two images `(C, H, W)` differ in any channel."""
    return float((image != other).any(axis=0).mean())
