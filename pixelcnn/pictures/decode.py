"""A picture in a file of any format, as grey values from 0 to 1.

The content may come from anybody, so its size, format and number of pixels are checked before
anything is decoded, and nothing is ever decoded larger than it must be.
"""

from __future__ import annotations

import contextlib
import io
import math
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelcnn.errors import DataError
from pixelcnn.pictures.limits import LIMITS, Limits, megabytes
from pixelcnn.pictures.transparency import on_its_paper

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "HEIF", "PPM")
ENDINGS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp"),
    *(".avif", ".heic", ".heif", ".hif", ".pgm", ".ppm", ".pbm", ".pnm"),
)
WORKING_SIDE = 1024

_DRAFT_SIDE = WORKING_SIDE // 2  # a JPEG is decoded with its longer side between these two
_ORIENTATION = 274  # the EXIF tag that says how the camera was held
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_WIDE_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
_LARGE = 4_000_000  # pixels from which on pictures are decoded one at a time
_one_at_a_time = threading.Lock()
_LONGEST_NAME = 40

Floats = NDArray[np.float32]


def shown(name: str) -> str:
    """A name from anywhere, fit for a message: printable, on one line, and short."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in name)
    return plain if len(plain) <= _LONGEST_NAME else f"...{plain[-_LONGEST_NAME:]}"


def decode(
    name: str, content: bytes, *, colour: bool = False, limits: Limits = LIMITS
) -> tuple[Floats, int]:
    """The first frame of a picture, turned as the camera was held, at no more than 1024 a side.

    Where the picture has transparent parts, it lies on the paper that lets the ink be seen (see
    `transparency`). Values of more than eight bits count by their range: a scan that uses 12 bits
    of 16 reaches from 0 to 1.

    Args:
        name: what to call the picture in a message.
        content: the file.
        colour: keep red, green and blue.
        limits: see there.

    Returns:
        float32 `(H, W)`, or `(H, W, 3)` in colour, from 0 to 1; and the picture's number of pixels.

    Raises:
        DataError: too large, or no picture that can be read; the message names it and says why.
    """
    if len(content) > limits.file_bytes:
        raise DataError(
            f"{shown(name)} has more than {megabytes(limits.file_bytes)}. Save it smaller."
        )
    _know_heif()
    try:
        with _quietly(), Image.open(io.BytesIO(content), formats=FORMATS) as image:
            pixels = image.width * image.height
            if pixels <= limits.pixels:
                return _decoded(image, colour), pixels
    except Image.DecompressionBombError:
        raise DataError(_too_many_pixels(name, None, limits)) from None
    except Exception as error:  # decoders raise whatever they stumble over in a damaged file
        raise DataError(f"{shown(name)} cannot be read as a picture: {_why(content)}.") from error
    raise DataError(_too_many_pixels(name, pixels, limits))


def _too_many_pixels(name: str, pixels: int | None, limits: Limits) -> str:
    most = f"more than {limits.pixels:,} pixels"
    has = most if pixels is None else f"{pixels:,} pixels, {most}"
    return f"{shown(name)} has {has}. Save it smaller."


def _why(content: bytes) -> str:
    if not content:
        return "it is empty"
    start = content[:512].lstrip().lower()
    if start.startswith((b"<?xml", b"<svg")):
        return "it is a drawing in SVG; export it as PNG"
    if start.startswith(b"%pdf"):
        return "it is a PDF; export its page as PNG"
    known = (b"\xff\xd8", b"\x89png", b"gif8", b"bm", b"ii*\0", b"mm\0*", b"riff")
    if start.startswith(known) or content[4:8] == b"ftyp":
        return "it is damaged or cut off"
    return "it is no JPEG, PNG, GIF, BMP, TIFF, WebP, AVIF or HEIC file"


def _know_heif() -> None:
    """Let Pillow read HEIC, the format of many phones."""
    if "HEIF" not in Image.OPEN:
        import pi_heif

        pi_heif.register_heif_opener()


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Pillow's warnings are about what is checked here anyway."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _decoded(image: Image.Image, colour: bool) -> Floats:
    baseline = image.format == "JPEG" and "progressive" not in image.info
    large = image.width * image.height > _LARGE and not baseline
    with _one_at_a_time if large else contextlib.nullcontext():
        shrink_by = max(1.0, max(image.size) / _DRAFT_SIDE)
        draft = (math.ceil(image.width / shrink_by), math.ceil(image.height / shrink_by))
        # A JPEG alone takes this: it is decoded at a half, a quarter or an eighth of its size.
        image.draft("RGB" if colour else "L", draft)
        image.load()
        # Read now: loading a TIFF turns it already, and says so by taking the tag away.
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
        if image.mode in _WIDE_MODES:
            values = _wide(image)
            small = np.repeat(values[..., None], 3, axis=2) if colour else values
        else:
            small = on_its_paper(_smaller(image, colour), colour)
    return _turned(small, turn)


def _smaller(image: Image.Image, colour: bool) -> Image.Image:
    """The picture with no side above `WORKING_SIDE`, as L, LA, RGB or RGBA; made strip by strip,
    since a copy of a large picture in another mode would take four bytes a pixel."""
    factor = math.ceil(max(image.size) / WORKING_SIDE)
    clear = image.has_transparency_data
    mode = ("RGBA" if colour else "LA") if clear else ("RGB" if colour else "L")
    if factor == 1:
        return _in_mode(image, mode)
    small = Image.new(mode, (math.ceil(image.width / factor), math.ceil(image.height / factor)))
    step = 64 * factor
    for top in range(0, image.height, step):
        strip = image.crop((0, top, image.width, min(top + step, image.height)))
        small.paste(_in_mode(strip, mode).reduce(factor), (0, top // factor))
    return small


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    """As L, LA, RGB or RGBA, whatever it is; a palette has its colours looked up first."""
    if image.mode in (mode, "1", "L", "LA", "RGB", "RGBA") and "transparency" not in image.info:
        return image if image.mode == mode else image.convert(mode)
    return image.convert("RGBA").convert(mode)


def _wide(image: Image.Image) -> Floats:
    """Values of more than eight bits, from 0 to 1, `(H, W)`."""
    factor = math.ceil(max(image.size) / WORKING_SIDE)
    rows = []
    for top in range(0, image.height, 64 * factor):
        box = (0, top, image.width, min(top + 64 * factor, image.height))
        strip = np.asarray(image.crop(box)).astype(np.float32)
        rows.append(_block_means(strip, factor))
    return by_range(np.concatenate(rows))


def by_range(values: NDArray[Any]) -> Floats:
    """Numbers of any scale as float32 from 0 to 1.

    From 0 on, the scale is the smallest usual one that holds the greatest number: 1, 16 (as in
    scikit-learn's digits), or 2^n - 1 for 8 bits or more. Numbers below 0 are stretched from the
    least to the greatest.

    Raises:
        ValueError: some are not finite.
    """
    floats = values.astype(np.float64)
    if not np.isfinite(floats).all():
        raise ValueError("some numbers are not finite")
    low, high = (float(floats.min()), float(floats.max())) if floats.size else (0.0, 0.0)
    if low < 0:
        halves = floats / 2 - low / 2  # a difference of the greatest numbers would overflow
        return (halves / max(high / 2 - low / 2, 1e-300)).astype(np.float32)
    scales = [1.0, 16.0, *(2.0**bits - 1 for bits in range(8, 33))]
    scale = next((one for one in scales if high <= one), high)
    return (floats / scale).astype(np.float32)


def _block_means(values: Floats, factor: int) -> Floats:
    """Means of squares of `factor` pixels; those at the right and lower end may be smaller."""
    if factor == 1:
        return values
    for axis in (0, 1):
        starts = np.arange(0, values.shape[axis], factor)
        counts = np.diff(np.append(starts, values.shape[axis])).astype(np.float32)
        shape = (-1, 1) if axis == 0 else (1, -1)
        sums = np.add.reduceat(values, starts, axis=axis)
        values = np.asarray(sums / counts.reshape(shape), np.float32)
    return values


def _turned(values: Floats, turn: Image.Transpose | None) -> Floats:
    """The array as `Image.transpose` would turn the picture."""
    if turn is None:
        return values
    flips = {
        Image.Transpose.FLIP_LEFT_RIGHT: lambda one: one[:, ::-1],
        Image.Transpose.FLIP_TOP_BOTTOM: lambda one: one[::-1],
        Image.Transpose.ROTATE_180: lambda one: one[::-1, ::-1],
        Image.Transpose.ROTATE_90: lambda one: np.rot90(one, 1),
        Image.Transpose.ROTATE_270: lambda one: np.rot90(one, 3),
        Image.Transpose.TRANSPOSE: lambda one: one.swapaxes(0, 1),
        Image.Transpose.TRANSVERSE: lambda one: np.rot90(one, 2).swapaxes(0, 1),
    }
    return np.ascontiguousarray(flips[turn](values))
