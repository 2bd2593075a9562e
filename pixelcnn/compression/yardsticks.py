"""What general file formats need for the same images, measured by writing the files."""

from __future__ import annotations

import gzip
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.data.levels import dequantize

_STRIP_OFFSETS, _STRIP_BYTES = 273, 279  # tags of a TIFF file


@dataclass(frozen=True)
class Yardstick:
    """A general way to store an image without loss.

    Attributes:
        name: for tables.
        about: what is counted.
        data: the bytes of an image, from its levels uint8 `(C, H, W)` and their number.
    """

    name: str
    about: str
    data: Callable[[NDArray[np.uint8], int], bytes]


def yardsticks(levels: int, channels: int) -> list[Yardstick]:
    """What this machine can write images of this kind with."""
    found = [
        Yardstick("raw", "the levels, as few bits each as tell them apart", _raw),
        Yardstick("gzip", "these bits, by gzip without its header and checksum", _gzip),
        Yardstick("PNG", "the file, optimised", _png),
        Yardstick("WebP", "the file, lossless", _webp),
    ]
    if _has_jpeg_xl():
        found.append(Yardstick("JPEG XL", "the file, lossless, effort 9", _jpeg_xl))
    if levels == 2 and channels == 1:
        found.append(Yardstick("CCITT G4", "as a fax sends it, without a header", _group_4))
    return found


def mosaic(images: Tensor) -> NDArray[np.uint8]:
    """All images side by side on one sheet, without lines between: uint8 `(C, H, W)`."""
    n, channels, height, width = images.shape
    columns = math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    full = np.zeros((rows * columns, channels, height, width), np.uint8)
    full[:n] = images.cpu().numpy()
    tiles = full.reshape(rows, columns, channels, height, width).transpose(2, 0, 3, 1, 4)
    return np.ascontiguousarray(tiles.reshape(channels, rows * height, columns * width))


def _raw(image: NDArray[np.uint8], levels: int) -> bytes:
    bits = (levels - 1).bit_length()
    by_bit = np.unpackbits(image.reshape(-1, 1), axis=1)[:, 8 - bits :]
    return np.packbits(by_bit).tobytes()


def _gzip(image: NDArray[np.uint8], levels: int) -> bytes:
    return gzip.compress(_raw(image, levels), 9, mtime=0)[10:-8]


def _png(image: NDArray[np.uint8], levels: int) -> bytes:
    return _saved(_picture(image, levels), "PNG", optimize=True)


def _webp(image: NDArray[np.uint8], levels: int) -> bytes:
    picture = _picture(image, levels).convert("RGB")
    return _saved(picture, "WEBP", lossless=True, quality=100, method=6)


def _jpeg_xl(image: NDArray[np.uint8], levels: int) -> bytes:
    picture = _picture(image, levels)
    picture = picture.convert("L") if picture.mode == "1" else picture
    return _saved(picture, "JXL", lossless=True, effort=9)


def _group_4(image: NDArray[np.uint8], levels: int) -> bytes:
    from PIL import Image

    data = _saved(_picture(image, levels), "TIFF", compression="group4")
    with Image.open(io.BytesIO(data)) as picture:
        tags: Any = picture.tag_v2  # type: ignore[attr-defined]
        parts = zip(tags[_STRIP_OFFSETS], tags[_STRIP_BYTES], strict=True)
        return b"".join(data[start : start + size] for start, size in parts)


def _picture(image: NDArray[np.uint8], levels: int) -> Any:
    """As Pillow stores it: one bit a pixel for two levels, else eight for each colour."""
    from PIL import Image
    from torch import from_numpy

    greys = dequantize(from_numpy(image[None]), levels)[0].numpy()
    if len(greys) == 3:
        return Image.fromarray(np.ascontiguousarray(greys.transpose(1, 2, 0)))
    picture = Image.fromarray(greys[0])
    return picture.convert("1", dither=Image.Dither.NONE) if levels == 2 else picture


def _saved(picture: Any, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _has_jpeg_xl() -> bool:
    """Whether the package pillow-jxl-plugin is there, which the lab does not need."""
    try:
        import pillow_jxl  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        return False
    return True
