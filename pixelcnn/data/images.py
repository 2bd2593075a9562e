"""Pictures in files: reading a drawing as a model needs it, and laying out samples on a sheet.

Files may come from anybody, so their size, format and number of pixels are checked before they
are decoded.
"""

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

from pixelcnn.data.levels import dequantize, quantize, resize
from pixelcnn.errors import DataError
from pixelcnn.system.checks import check_whole

if TYPE_CHECKING:
    from pixelcnn.models.config import ModelConfig

MAX_FILE_BYTES = 20 * 2**20
MAX_PIXELS = 25_000_000
_WORKING_SIDE = 2048
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM")

MNIST_SIZE = 28
MNIST_BOX = 20
_FAINT = 32
_TILE = 112

Greys = NDArray[np.uint8]


def read_image(path: str | os.PathLike[str], config: ModelConfig) -> Tensor:
    """An image file as a model's levels: uint8 `(1, C, H, W)`.

    A picture of the model's own size, or of 28 x 28 for a model of one channel, is used as it is.
    Any other drawing is brought into MNIST's form for one channel (see `like_mnist`), and cropped
    to the model's proportions for three.

    Raises:
        DataError: the file is missing, too large, no image, or without any ink.
    """
    path = Path(path)
    image = _decode(path)
    size = (config.width, config.height)
    if config.channels == 3:
        fitted = image if image.size == size else ImageOps.fit(image, size)
        greys = torch.from_numpy(np.array(fitted.convert("RGB"))).permute(2, 0, 1)[None]
        return quantize(greys, config.levels)
    grey = np.array(image.convert("L"))  # (H, W)
    if image.size not in (size, (MNIST_SIZE, MNIST_SIZE)):
        grey = like_mnist(grey, path.name)
    if grey.shape != (config.height, config.width):
        grey = _resized(grey, config.height, config.width)
    return quantize(torch.from_numpy(grey)[None, None], config.levels)


def read_mask(path: str | os.PathLike[str], config: ModelConfig) -> Tensor:
    """Which pixels are given, from an image file: bool `(1, 1, H, W)`, True where it is light.

    Raises:
        DataError: as for `read_image`, or the file has not the model's height and width.
    """
    path = Path(path)
    image = _decode(path)
    if image.size != (config.width, config.height):
        raise DataError(
            f"{path.name} has {image.height} rows and {image.width} columns; a mask for this model "
            f"has {config.height} and {config.width}, white where the image is given."
        )
    return torch.from_numpy(np.array(image.convert("L")) >= 128)[None, None]


def like_mnist(grey: Greys, name: str = "The image") -> Greys:
    """A drawing of one digit in MNIST's form: light ink on black, `(28, 28)`.

    The ink fits into 20 x 20 pixels, its proportions kept, and its centre of mass is the centre of
    the picture. Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
    Deviations: the ink may be of any brightness on any even paper, whose brightness is taken from
    the picture's edge, and is stretched to full contrast, before and after it is shrunk: a thin
    pen would fade away otherwise.

    Args:
        grey: uint8 `(H, W)`.
        name: what to call the picture in a message.

    Raises:
        DataError: there is no ink.
    """
    ink = _ink(grey)
    rows, columns = (np.flatnonzero((ink >= _FAINT).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        raise DataError(f"{name} shows nothing but even paper; draw something on it.")
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = MNIST_BOX / max(cropped.shape)
    height, width = (max(1, round(side * scale)) for side in cropped.shape)
    picture = Image.fromarray(cropped.astype(np.float32))
    small = np.array(picture.resize((width, height), Image.Resampling.BICUBIC))
    return _centred(_stretched(np.maximum(small, 0)))


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


def _decode(path: Path) -> Image.Image:
    if not path.is_file():
        raise DataError(f"{path.name or path} cannot be read: there is no such file.")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise DataError(f"{path.name} has more than {MAX_FILE_BYTES // 2**20} MB; make it smaller.")
    try:
        with Image.open(path, formats=FORMATS) as image:
            pixels = image.width * image.height
            if pixels <= MAX_PIXELS:
                return _on_paper(ImageOps.exif_transpose(smaller(image)))
    except Exception as error:  # decoders raise whatever they stumble over in a damaged file
        raise DataError(
            f"{path.name} cannot be read as an image ({type(error).__name__}); give a "
            f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]} file."
        ) from error
    raise DataError(
        f"{path.name} has {pixels:,} pixels, more than {MAX_PIXELS:,}; make it smaller first."
    )


def smaller(image: Image.Image) -> Image.Image:
    """The picture with no side above `_WORKING_SIDE`: a small file can hold a huge one, and each
    copy of it would take 100 MB."""
    image.draft(None, (_WORKING_SIDE, _WORKING_SIDE))  # a JPEG is never decoded in full size
    factor = math.ceil(max(image.size) / _WORKING_SIDE)
    if factor == 1:
        return image
    mode = "RGBA" if image.has_transparency_data else "RGB"
    size = (math.ceil(image.width / factor), math.ceil(image.height / factor))
    small = Image.new(mode, size)
    step = 64 * factor
    for top in range(0, image.height, step):
        strip = image.crop((0, top, image.width, min(top + step, image.height)))
        small.paste(strip.convert(mode).reduce(factor), (0, top // factor))
    small.info = image.info.copy()  # how the camera was held
    if mode == "RGBA":
        small.info.pop("transparency", None)
    return small


def _on_paper(image: Image.Image) -> Image.Image:
    """The picture without transparency: dark ink on white, light ink on black."""
    if not image.has_transparency_data:
        return image.convert("RGB") if image.mode != "L" else image.copy()
    layers = np.array(image.convert("RGBA"))
    ink = layers[layers[..., 3] >= 128, :3]
    paper = "white" if ink.size and ink.mean() < 128 else "black"
    background = Image.new("RGBA", image.size, paper)
    return Image.alpha_composite(background, image.convert("RGBA")).convert("RGB")


def _ink(grey: Greys) -> Greys:
    """How much each pixel differs from the paper, stretched to 0..255."""
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = float(np.median(edge))
    difference = grey.astype(np.float32) - paper
    ink = np.maximum(difference if paper < 128 else -difference, 0)
    return _stretched(ink) if ink.max() >= _FAINT else np.zeros_like(grey)


def _stretched(ink: NDArray[np.float32]) -> Greys:
    """So that the strongest ink is 255."""
    return (ink * (255 / ink.max())).round().astype(np.uint8)


def _centred(ink: Greys) -> Greys:
    """On a black 28 x 28 picture, with the centre of mass as near its centre as fits."""
    canvas = np.zeros((MNIST_SIZE, MNIST_SIZE), dtype=np.uint8)
    weight = ink.astype(np.float64)
    place = []
    for axis, side in enumerate(ink.shape):
        mass = weight.sum(axis=1 - axis)
        centre = (mass * (np.arange(side) + 0.5)).sum() / mass.sum()
        place.append(int(np.clip(round(MNIST_SIZE / 2 - centre), 0, MNIST_SIZE - side)))
    top, left = place
    canvas[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return canvas


def _resized(grey: Greys, height: int, width: int) -> Greys:
    if height == width <= 64:
        return resize(torch.from_numpy(grey)[None, None], height)[0, 0].numpy()
    return np.array(Image.fromarray(grey).resize((width, height), Image.Resampling.BOX))


def _hatch(height: int, width: int) -> Greys:
    """Thin diagonal lines, grey on a lighter grey: uint8 `(H, W)`."""
    diagonal = np.add.outer(np.arange(height), np.arange(width)) % 6
    return np.where(diagonal < 2, 120, 190).astype(np.uint8)
