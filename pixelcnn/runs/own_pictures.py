"""Pictures of one's own on their way into a run: refused, or packed and shown."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch

from pixelcnn.data.images import sheet
from pixelcnn.data.levels import quantize
from pixelcnn.data.own import at_size, content_of, unpack_own
from pixelcnn.errors import ConfigError
from pixelcnn.pictures.contact_sheet import Oddity, oddities
from pixelcnn.pictures.sets import PictureSet, Report, check

_LEVELS = 2


def own_of_run(
    options: dict[str, Any], *, conditional: bool, progress: Report | None = None
) -> tuple[bytes, bytes]:
    """The pictures that a run is to learn from, as an `own.npz`, and their contact sheet, as PNG.

    Args:
        options: arguments of `load_data`.
        conditional: whether the model is told the class.
        progress: called with (pictures read, pictures in all).

    Raises:
        DataError: there are no such pictures, or nothing can be learnt from them.
        ConfigError: the model is to be told the class, and all pictures are of one.
    """
    content = content_of(
        Path(options.get("root") or "data"), options.get("form") or "digit", progress
    )
    images, _ = unpack_own(content)
    check(images)
    if conditional and len(set(images.labels[images.kept].tolist())) < 2:
        raise ConfigError(
            "All pictures are of one class, so there is nothing to tell the model. Put each class "
            "into a folder of its own, or train without --conditional."
        )
    file = io.BytesIO()
    contact_sheet(images, options.get("size"), options.get("levels") or _LEVELS).save(file, "PNG")
    return content, file.getvalue()


def odd_first(images: PictureSet) -> tuple[list[int], list[Oddity]]:
    """The pictures that take part in the order of their contact sheet, and what is odd about them.

    Returns:
        Indices among all pictures of the set, and the oddities of those that take part.
    """
    odd = [one for one in oddities(images) if images.kept[one.index]]
    first = [one.index for one in odd]
    rest = [at for at in range(len(images.greys)) if images.kept[at] and at not in set(first)]
    return first + rest, odd


def as_network_gets_them(images: PictureSet, size: int | None, levels: int) -> torch.Tensor:
    """The pictures that take part, in their own order: uint8 `(N, 1, size, size)` levels."""
    return quantize(at_size(images, size), levels)


def contact_sheet(images: PictureSet, size: int | None, levels: int) -> Any:
    """All pictures that take part as the network gets them, the odd ones first.

    Returns:
        A `PIL.Image.Image`.
    """
    order, _ = odd_first(images)
    places = {index: place for place, index in enumerate(images.kept.nonzero()[0].tolist())}
    tiles = as_network_gets_them(images, size, levels)[[places[index] for index in order]]
    return sheet(tiles, levels, scale=2)
