"""Pictures for the tests of the reader: digits whose truth is known, as people really have them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.morphology import skeletonize

from pixelcnn.scores.unseen import unseen_digits

Greys = NDArray[np.uint8]
Maker = Callable[[Greys, np.random.Generator], bytes]


def digits(count: int, seed: int = 0) -> tuple[Greys, NDArray[np.int64]]:
    """Test digits that no shipped model has seen: uint8 `(count, 28, 28)`, and which they are."""
    images, labels = unseen_digits(256, 28)
    chosen = np.random.default_rng(seed).permutation(len(images))[:count]
    return images[chosen, 0].numpy(), labels[chosen].numpy()


def encoded(
    picture: Greys | NDArray[np.uint16] | Image.Image, kind: str = "PNG", **how: object
) -> bytes:
    file = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(file, kind, **how)
    return file.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo("as it is")
            entry.filename = name  # whatever it may be: the constructor would tidy it up
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def large(digit: Greys, side: int) -> Greys:
    """Smoothly enlarged, light ink on black."""
    return np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC))


def dark(digit: Greys, side: int) -> Greys:
    """Dark ink on white paper."""
    return 255 - large(digit, side)


def photograph(
    digit: Greys,
    dice: np.random.Generator,
    *,
    height: int = 900,
    width: int = 1200,
    share: float = 0.5,
) -> Greys:
    """Ink on paper that darkens from 205 to 110, with the noise of a camera."""
    ink = large(digit, int(height * share)) / 255
    canvas = np.zeros((height, width))
    top, left = (int(dice.integers(20, side - len(ink) - 20)) for side in (height, width))
    canvas[top : top + len(ink), left : left + len(ink)] = ink
    light = np.linspace(205, 110, width)[None] * np.linspace(1, 0.85, height)[:, None]
    seen = light * (1 - 0.75 * canvas) + dice.normal(0, 4, (height, width))
    return seen.clip(0, 255).astype(np.uint8)


def with_shadow(digit: Greys, dice: np.random.Generator) -> Greys:
    """The same under the shadow of a hand, whose edge is sharp."""
    seen = photograph(digit, dice).astype(float)
    rows, columns = np.indices(seen.shape)
    seen[columns + 0.4 * rows > 900] *= 0.6
    return seen.astype(np.uint8)


def thin_pen(digit: Greys, side: int = 900, pen: int = 9) -> Greys:
    """The digit's middle line, drawn with a thin pen on light paper."""
    line = skeletonize(large(digit, side) >= 128)
    return np.where(ndimage.distance_transform_edt(~line) <= pen / 2, 20, 240).astype(np.uint8)


def in_alpha(digit: Greys, colour: int, side: int = 280) -> Greys:
    """Ink that only the alpha channel knows of; everything has one colour."""
    layers = np.full((side, side, 4), colour, np.uint8)
    layers[..., 3] = large(digit, side)
    return layers


def turned(picture: Greys, orientation: int) -> bytes:
    """A JPEG that lies as a camera stores it, with the tag that says how it was held."""
    undo = {
        1: lambda one: one,
        3: lambda one: np.rot90(one, 2),
        6: lambda one: np.rot90(one, 1),
        8: lambda one: np.rot90(one, 3),
    }
    exif = Image.Exif()
    exif[274] = orientation
    return encoded(np.ascontiguousarray(undo[orientation](picture)), "JPEG", exif=exif)


def animated(digit: Greys, kind: str) -> bytes:
    """The digit first, then something else."""
    first = Image.fromarray(dark(digit, 200))
    return encoded(
        first, kind, save_all=True, append_images=[Image.new("L", (200, 200), 128)], duration=99
    )


def on_a_table(digit: Greys, dice: np.random.Generator) -> Greys:
    """A sheet of paper on a dark table."""
    seen = np.full((800, 800), 60.0)
    seen[90:720, 110:700] = 210
    ink = large(digit, 360) / 255
    seen[220:580, 220:580] *= 1 - 0.8 * ink
    return (seen + dice.normal(0, 3, seen.shape)).clip(0, 255).astype(np.uint8)


def on_ground(
    digit: Greys, dice: np.random.Generator, ground: float, ink: float, noise: float
) -> Greys:
    """Ink that adds so much to the ground, with noise."""
    seen = ground + ink * large(digit, 500) + dice.normal(0, noise, (500, 500))
    return seen.clip(0, 255).astype(np.uint8)


def heic(picture: Greys) -> bytes:
    """As phones store photographs; the writer is for tests alone."""
    import pillow_heif

    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(picture).convert("RGB")).save(file, quality=90)
    return file.getvalue()


KINDS: dict[str, Maker] = {
    "28 x 28, white on black": lambda digit, _: encoded(digit),
    "28 x 28, black on white": lambda digit, _: encoded(255 - digit),
    "280 x 280, white on black": lambda digit, _: encoded(large(digit, 280)),
    "280 x 280, black on white": lambda digit, _: encoded(dark(digit, 280)),
    "16 bits": lambda digit, _: encoded((dark(digit, 300) * 200.0 + 3000).astype(np.uint16)),
    "12 of 16 bits, TIFF": lambda digit, _: encoded(
        (dark(digit, 300) * 15.0).astype(np.uint16), "TIFF"
    ),
    "16 greys": lambda digit, _: encoded((digit // 16).astype(np.uint8)),
    "black ink in alpha": lambda digit, _: encoded(in_alpha(digit, 0)),
    "white ink in alpha": lambda digit, _: encoded(in_alpha(digit, 255), "WEBP", lossless=True),
    "photograph": lambda digit, dice: encoded(photograph(digit, dice), "JPEG"),
    "small in a photograph": lambda digit, dice: encoded(
        photograph(digit, dice, share=0.3), "JPEG"
    ),
    "photograph held sideways": lambda digit, dice: turned(
        photograph(digit, dice, height=1800, width=2400), 6
    ),
    "shadow of a hand": lambda digit, dice: encoded(with_shadow(digit, dice), "JPEG"),
    "on a table": lambda digit, dice: encoded(on_a_table(digit, dice), "JPEG"),
    "thin pen": lambda digit, _: encoded(thin_pen(digit), "BMP"),
    "chalk": lambda digit, dice: encoded(on_ground(digit, dice, 60, 0.5, 6), "JPEG"),
    "pencil": lambda digit, dice: encoded(on_ground(digit, dice, 225, -0.16, 3), "JPEG"),
    "animation, GIF": lambda digit, _: animated(digit, "GIF"),
    "animation, WebP": lambda digit, _: animated(digit, "WEBP"),
    "AVIF": lambda digit, _: encoded(dark(digit, 280), "AVIF"),
    "HEIC": lambda digit, _: heic(dark(digit, 280)),
}
