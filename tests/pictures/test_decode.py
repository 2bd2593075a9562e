"""A picture of any format and depth, turned as the camera was held, and never decoded too large."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelcnn.errors import DataError
from pixelcnn.pictures.decode import FORMATS, by_range, decode
from pixelcnn.pictures.limits import Limits
from tests.pictures.cases import encoded, heic

ROOT = Path(__file__).parents[2]


def corner(height: int = 40, width: int = 60) -> np.ndarray:
    """White, with the upper left quarter black."""
    picture = np.full((height, width), 255, np.uint8)
    picture[: height // 2, : width // 2] = 0
    return picture


def quarters(values: np.ndarray) -> list[int]:
    """The mean of each quarter of a picture, rounded to tenths: 0 to 10."""
    height, width = values.shape
    return [
        round(10 * float(values[rows, columns].mean()))
        for rows in (slice(0, height // 2), slice(height // 2, None))
        for columns in (slice(0, width // 2), slice(width // 2, None))
    ]


@pytest.mark.parametrize("kind", [one for one in FORMATS if one != "HEIF"])
def test_every_format_is_read(kind: str) -> None:
    values, pixels = decode("a", encoded(corner(), kind))
    assert values.shape == (40, 60)
    assert quarters(values) == [0, 10, 10, 10]
    assert pixels == 2400


def test_heic_is_read() -> None:
    assert quarters(decode("a", heic(corner(64, 96)))[0]) == [0, 10, 10, 10]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("side", [1, 60])  # the larger ones are made smaller on the way
@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [0, 10, 10, 10]),
        (2, [10, 0, 10, 10]),
        (3, [10, 10, 10, 0]),
        (4, [10, 10, 0, 10]),
        (5, [0, 10, 10, 10]),
        (6, [10, 0, 10, 10]),
        (7, [10, 10, 10, 0]),
        (8, [10, 10, 0, 10]),
    ],
)
def test_a_picture_is_turned_as_the_camera_was_held_at_any_size(
    kind: str, side: int, orientation: int, expected: list[int]
) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    picture = corner(20 * side if side > 1 else 20, 30 * side if side > 1 else 30)
    values, _ = decode("a", encoded(picture, kind, exif=exif))
    assert max(values.shape) <= 1024
    upright = values.shape[0] > values.shape[1]
    assert upright == (orientation >= 5)
    assert quarters(values) == expected


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("side", [40, 2400])
def test_a_scan_of_many_bits_is_read_by_its_range(kind: str, bits: int, side: int) -> None:
    picture = (corner(side, side) / 255 * (2**bits - 1)).astype(np.uint16)
    assert quarters(decode("a", encoded(picture, kind))[0]) == [0, 10, 10, 10]


def test_numbers_of_any_scale_reach_from_0_to_1() -> None:
    for high in (1, 16, 255, 1023, 65535):
        assert by_range(np.array([0, high])).tolist() == [0, 1]
    assert by_range(np.array([-1.0, 0.0, 1.0])).tolist() == [0, 0.5, 1]
    assert by_range(np.array([0, 100])).max() < 0.5  # of 255: a dark picture stays dark
    assert by_range(np.array([-3e38, 3e38])).tolist() == [0, 1]
    assert by_range(np.array([-1e308, 1e307])).max() <= 1
    with pytest.raises(ValueError, match="finite"):
        by_range(np.array([0, np.nan]))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(("ink", "paper"), [(0, 1.0), (255, 0.0)])
@pytest.mark.parametrize("hidden", [0, 255])
def test_clear_paper_lets_its_ink_be_seen(kind: str, ink: int, paper: float, hidden: int) -> None:
    layers = np.full((40, 40, 4), hidden, np.uint8)
    layers[..., 3] = 0
    layers[10:20, 10:30] = (ink, ink, ink, 255)
    how = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    values, _ = decode("a", encoded(layers, kind, **how))
    assert values[0, 0] == paper
    assert values[15, 20] == pytest.approx(1 - paper)


def test_a_card_with_ink_of_its_own_goes_on_around_it() -> None:
    layers = np.zeros((60, 60, 4), np.uint8)
    layers[10:50, 10:50] = (230, 230, 230, 255)
    layers[25:35, 25:35, :3] = 20
    values, _ = decode("a", encoded(layers))
    assert values[0, 0] == pytest.approx(230 / 255, abs=0.01)
    assert values[30, 30] < 0.1


def test_colours_are_kept_where_they_are_asked_for() -> None:
    red = np.zeros((9, 9, 3), np.uint8)
    red[..., 0] = 255
    assert decode("a", encoded(red), colour=True)[0][4, 4].tolist() == [1, 0, 0]


def test_the_first_frame_of_an_animation_is_read() -> None:
    for kind in ("GIF", "WEBP", "TIFF", "PNG"):
        content = encoded(
            Image.fromarray(corner()),
            kind,
            save_all=True,
            append_images=[Image.new("L", (60, 40), 128)],
        )
        assert quarters(decode("a", content)[0]) == [0, 10, 10, 10]


def test_what_is_too_large_is_refused_by_name_before_it_is_decoded() -> None:
    few = Limits(pixels=2000, file_bytes=10**6)
    with pytest.raises(DataError, match=r"wide\.png has 2,400 pixels, more than 2,000"):
        decode("wide.png", encoded(corner()), limits=few)
    with pytest.raises(DataError, match=r"heavy\.png has more than 0 MB"):
        decode("heavy.png", encoded(corner()), limits=Limits(file_bytes=10))


_MEASURE = """
import io, resource, sys
import numpy as np
from PIL import Image
import pi_heif
from pixelcnn.pictures.decode import decode

small = io.BytesIO()
Image.new("L", (64, 64)).save(small, "JPEG")
decode("warm", small.getvalue())
content = open(sys.argv[1], "rb").read()
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
# What this process had at most so far must not hide what the picture takes.
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
def high():
    return int(next(line for line in open("/proc/self/status") if "VmHWM" in line).split()[1])
before = high()
values, pixels = decode("large", content)
print(pixels, max(values.shape), (high() - before) / 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
@pytest.mark.parametrize(
    ("kind", "how", "most_mb"),
    [("JPEG", {}, 40), ("JPEG", {"progressive": True}, 400), ("PNG", {}, 400)],
    ids=["baseline", "progressive", "PNG"],
)
def test_50_megapixels_take_little_memory(
    kind: str, how: dict[str, bool], most_mb: int, tmp_path: Path
) -> None:
    Image.new("RGB", (8160, 6120), (200, 190, 180)).save(tmp_path / "large", kind, **how)
    told = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(tmp_path / "large")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    pixels, side, megabytes = told.stdout.split()
    assert int(pixels) == 8160 * 6120
    assert int(side) <= 1024
    assert float(megabytes) < most_mb


def test_a_file_that_is_cut_off_anywhere_is_read_or_refused() -> None:
    for content in (encoded(corner(), "JPEG"), heic(corner(64, 64)), encoded(corner(), "AVIF")):
        for share in np.linspace(0, 0.99, 15):
            try:
                values, _ = decode("cut", content[: int(share * len(content))])
            except DataError as error:
                assert str(error).startswith("cut cannot be read as a picture")  # noqa: PT017
            else:
                assert np.isfinite(values).all()


def test_reading_needs_no_file() -> None:
    assert decode("a", bytes(io.BytesIO(encoded(corner())).getvalue()))[0].shape == (40, 60)
