"""Pictures in files as a model needs them, and samples laid out on a sheet."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from pixelcnn.data.levels import dequantize, quantize
from pixelcnn.errors import DataError
from pixelcnn.pictures.decode import Floats, decode, shown
from pixelcnn.pictures.forms import Form
from pixelcnn.pictures.limits import LIMITS, megabytes
from pixelcnn.pictures.photograph import ink_of
from pixelcnn.pictures.reading import as_floats, as_greys, read_picture
from pixelcnn.pictures.resampling import resampled
from pixelcnn.pictures.shrink import shrink
from pixelcnn.system.checks import check_whole

if TYPE_CHECKING:
    from pixelcnn.models.config import ModelConfig

_TILE = 112

Greys = NDArray[np.uint8]


def read_image(path: str | os.PathLike[str], config: ModelConfig, form: Form = "digit") -> Tensor:
    """An image file as a model's levels: uint8 `(1, C, H, W)`.

    For a model of one channel it is read as `pictures.reading` does: a `digit` is brought into
    MNIST's form, a `part` keeps its frame, and `as-is` keeps its greys too. For three, it is
    cropped to the model's proportions and keeps its colours.

    Raises:
        DataError: the file is missing, too large, no image, or without any ink.
    """
    path = Path(path)
    return image_from(path.name or str(path), _content(path), config, form)


def image_from(
    name: str, content: bytes, config: ModelConfig, form: Form = "digit", *, swap: bool = False
) -> Tensor:
    """The same from a file's content.

    Args:
        name: what to call it in a message.
        content: the file.
        config: of the model.
        form: see `read_image`.
        swap: whether paper and ink are the other way around than it seems.
    """
    if config.channels == 3:
        colours = as_greys(decode(name, content, colour=True)[0])
        size = (config.width, config.height)
        fitted = Image.fromarray(colours)
        fitted = fitted if fitted.size == size else ImageOps.fit(fitted, size)
        return quantize(torch.from_numpy(np.array(fitted)).permute(2, 0, 1)[None], config.levels)
    values, _ = decode(name, content)
    if values.shape == (config.height, config.width) and config.height != config.width:
        grey = _unsquare(values, form, swap)
    else:
        grey = _square(values, form, max(config.height, config.width), swap)
    if form != "as-is" and not grey.any():
        raise DataError(f"{shown(name)} shows nothing but even paper. Draw something on it.")
    if grey.shape != (config.height, config.width):
        fitted_greys = resampled(as_floats(grey), config.height, config.width)
        grey = as_greys(fitted_greys)
    return quantize(torch.from_numpy(grey.copy())[None, None], config.levels)


def _square(values: Floats, form: Form, side: int, swap: bool) -> Greys:
    reading = read_picture(values, form)
    if swap and reading.drawn:
        reading = read_picture(values, form, light=not reading.light)
    if reading.drawn:
        return shrink(reading.greys, side)
    greys = as_greys(resampled(as_floats(reading.greys), side, side))
    return 255 - greys if swap else greys


def _unsquare(values: Floats, form: Form, swap: bool) -> Greys:
    """A picture of a model that is not square, at exactly its size: nothing has to move."""
    if form == "as-is":
        return as_greys(1 - values if swap else values)
    ink = ink_of(values, tidy=False)
    if swap:
        ink = ink_of(values, light=not ink.light, tidy=False)
    return as_greys(ink.strength)


def read_mask(path: str | os.PathLike[str], config: ModelConfig) -> Tensor:
    """Which pixels are given, from an image file: bool `(1, 1, H, W)`, True where it is light.

    Raises:
        DataError: as for `read_image`, or the file has not the model's height and width.
    """
    path = Path(path)
    grey, _ = decode(path.name, _content(path))
    height, width = grey.shape
    if (height, width) != (config.height, config.width):
        raise DataError(
            f"{path.name} has {height} rows and {width} columns; a mask for this model "
            f"has {config.height} and {config.width}, white where the image is given."
        )
    return torch.from_numpy(grey >= 0.5)[None, None]


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise DataError(f"{path.name or path} cannot be read: there is no such file.")
    if path.stat().st_size > LIMITS.file_bytes:
        raise DataError(
            f"{path.name} has more than {megabytes(LIMITS.file_bytes)}. Make it smaller."
        )
    return path.read_bytes()


def sheet(
    images: Tensor,
    levels: int,
    *,
    columns: int | None = None,
    scale: int | None = None,
    unknown: Tensor | None = None,
) -> Image.Image:
    """Many images on one: rows of tiles with a line between them, each pixel a square.

    Args:
        images: uint8 `(N, C, H, W)`, values in `[0, levels)`.
        levels: see above.
        columns: tiles a row; None for a square sheet.
        scale: side of a pixel's square; None for tiles of about 112.
        unknown: bool `(N, 1, H, W)`: pixels to hatch, since nothing is there yet.

    Raises:
        DataError: there are no images.
        ConfigError: `columns` or `scale` below 1.
    """
    if not len(images):
        raise DataError("images is empty; a sheet needs at least one image.")
    columns = math.ceil(math.sqrt(len(images))) if columns is None else columns
    scale = max(1, _TILE // images.shape[2]) if scale is None else scale
    check_whole("columns", columns, 1)
    check_whole("scale", scale, 1)
    tiles = dequantize(images, levels).permute(0, 2, 3, 1).numpy()  # (N, H, W, C)
    tiles = np.broadcast_to(tiles, (*tiles.shape[:3], 3)).repeat(scale, 1).repeat(scale, 2)
    if unknown is not None:
        hidden = unknown[:, 0].numpy().repeat(scale, 1).repeat(scale, 2)  # (N, H, W)
        tiles = np.where(hidden[..., None], _hatch(*tiles.shape[1:3])[..., None], tiles)
    _, height, width, _ = tiles.shape
    rows = math.ceil(len(tiles) / columns)
    canvas = np.full((rows * (height + 1) + 1, columns * (width + 1) + 1, 3), 96, dtype=np.uint8)
    for index, tile in enumerate(tiles):
        top, left = (
            1 + at * (side + 1)
            for at, side in zip(divmod(index, columns), (height, width), strict=True)
        )
        canvas[top : top + height, left : left + width] = tile
    return Image.fromarray(canvas)


def save_image(path: str | os.PathLike[str], image: Image.Image) -> None:
    """Write a picture in the format of the file name's ending.

    Raises:
        DataError: an ending that names no format, or a file that cannot be written.
    """
    path = Path(path)
    try:
        image.save(path)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path.name} cannot be written ({error}); choose a folder that exists and a name "
            "that ends in .png."
        ) from error


def _hatch(height: int, width: int) -> Greys:
    """Thin diagonal lines, grey on a lighter grey: uint8 `(H, W)`."""
    diagonal = np.add.outer(np.arange(height), np.arange(width)) % 6
    return np.where(diagonal < 2, 120, 190).astype(np.uint8)
