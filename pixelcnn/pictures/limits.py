"""What a picture, a file and a set may have at most: the same on every page and command."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Upper bounds, checked before the work that they bound is done.

    Attributes:
        sent_bytes: all files that a browser sends together.
        file_bytes: one picture, in a file of its own or in an archive.
        unpacked_bytes: all that the archives and tables of a set unpack to together.
        pixels: of one picture.
        all_pixels: of all pictures of a set, decoded one after the other.
        seconds: of reading a set, unpacking and tables included; the pictures that are left then
            are named as not read.
        pictures: that a set keeps.
        entries: files in an archive or a folder, pictures or not.
        classes: of a set.
        least: pictures that a set needs.
        side: height and width of a picture that a model is trained on.
    """

    sent_bytes: int = 64 * 2**20
    file_bytes: int = 32 * 2**20
    unpacked_bytes: int = 256 * 2**20
    pixels: int = 64_000_000
    all_pixels: int = 4_000_000_000
    seconds: float = 60.0
    pictures: int = 5000
    entries: int = 20_000
    classes: int = 50
    least: int = 5
    side: int = 64


LIMITS = Limits()


def megabytes(count: int) -> str:
    """A number of bytes in words."""
    return f"{count // 2**20} MB"
