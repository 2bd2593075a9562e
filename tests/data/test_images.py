"""Drawings from files become like MNIST's digits; sheets show every pixel."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image, ImageDraw

from pixelcnn.data.images import like_mnist, read_image, read_mask, save_image, sheet
from pixelcnn.data.levels import dequantize
from pixelcnn.errors import DataError
from pixelcnn.models.config import ModelConfig


def seven(width: int = 300, height: int = 400, *, ink: int = 0, paper: int = 255) -> Image.Image:
    image = Image.new("L", (width, height), paper)
    draw = ImageDraw.Draw(image)
    pen = max(2, width // 20)
    draw.line([(width * 0.2, height * 0.2), (width * 0.8, height * 0.2)], fill=ink, width=pen)
    draw.line([(width * 0.8, height * 0.2), (width * 0.4, height * 0.8)], fill=ink, width=pen)
    return image


def centre_of_mass(grey: np.ndarray) -> tuple[float, float]:
    weight = grey.astype(float)
    rows, columns = np.indices(grey.shape) + 0.5
    return (rows * weight).sum() / weight.sum(), (columns * weight).sum() / weight.sum()


@pytest.mark.parametrize(("width", "height"), [(300, 400), (900, 200), (24, 26), (40, 1000)])
def test_a_drawing_gets_mnists_size_and_place(width: int, height: int) -> None:
    digit = like_mnist(np.array(seven(width, height)))
    assert digit.shape == (28, 28)
    rows, columns = (np.flatnonzero(digit.max(axis=axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
    assert centre_of_mass(digit) == pytest.approx((14, 14), abs=0.51)
    assert digit.max() > 200


def test_two_specks_far_apart_are_still_ink() -> None:
    grey = np.zeros((3000, 3000), dtype=np.uint8)
    grey[100, 100] = grey[2900, 2900] = 255
    assert like_mnist(grey).max() == 255


def test_ink_on_paper_and_chalk_on_slate_read_alike() -> None:
    paper = like_mnist(np.array(seven(ink=0, paper=255)))
    slate = like_mnist(np.array(seven(ink=255, paper=0)))
    faint = like_mnist(np.array(seven(ink=90, paper=200)))
    assert np.array_equal(paper, slate)
    assert np.abs(paper.astype(int) - faint).max() <= 2


def test_a_picture_of_the_models_size_is_used_as_it_is(tmp_path: Path) -> None:
    levels = torch.randint(0, 4, (1, 1, 9, 7), dtype=torch.uint8)
    grey = dequantize(levels, 4)[0, 0].numpy()
    Image.fromarray(grey).save(tmp_path / "small.png")
    config = ModelConfig(levels=4, height=9, width=7)
    assert torch.equal(read_image(tmp_path / "small.png", config), levels)


def test_an_mnist_picture_is_only_shrunk_for_a_smaller_model(tmp_path: Path) -> None:
    grey = np.zeros((28, 28), dtype=np.uint8)
    grey[:14] = 255
    Image.fromarray(grey).save(tmp_path / "digit.png")
    read = read_image(tmp_path / "digit.png", ModelConfig(height=14, width=14))
    assert read.shape == (1, 1, 14, 14)
    assert read[0, 0].sum(dim=1).tolist() == [14] * 7 + [0] * 7


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "LA"])
def test_every_kind_of_picture_is_read(mode: str, tmp_path: Path) -> None:
    seven().convert(mode).save(tmp_path / "seven.png")
    read = read_image(tmp_path / "seven.png", ModelConfig())
    assert read.shape == (1, 1, 28, 28)
    assert 20 < int(read.sum()) < 250


@pytest.mark.parametrize("ink", [0, 255])
def test_transparent_paper_is_the_opposite_of_its_ink(ink: int, tmp_path: Path) -> None:
    shape = seven(ink=255, paper=0)
    layers = Image.merge("LA", [Image.new("L", shape.size, ink), shape])
    layers.save(tmp_path / "seven.png")
    Image.fromarray(np.array(shape)).save(tmp_path / "plain.png")
    config = ModelConfig()
    expected = read_image(tmp_path / "plain.png", config)
    assert torch.equal(read_image(tmp_path / "seven.png", config), expected)


def test_a_colour_picture_is_cropped_and_keeps_its_colours(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 20), (255, 0, 128))
    image.save(tmp_path / "pink.png")
    read = read_image(
        tmp_path / "pink.png",
        ModelConfig(
            levels=256, channels=3, height=6, width=6, hidden_channels=6, first_kernel_size=3
        ),
    )
    assert read.shape == (1, 3, 6, 6)
    assert read[0, :, 3, 3].tolist() == [255, 0, 128]


def test_a_mask_is_given_where_it_is_white(tmp_path: Path) -> None:
    grey = np.zeros((6, 5), dtype=np.uint8)
    grey[2, 3] = 255
    Image.fromarray(grey).save(tmp_path / "mask.png")
    config = ModelConfig(height=6, width=5)
    mask = read_mask(tmp_path / "mask.png", config)
    assert mask.shape == (1, 1, 6, 5)
    assert mask.nonzero().tolist() == [[0, 0, 2, 3]]
    with pytest.raises(DataError, match=r"6 rows and 5 columns.*28 and 28"):
        read_mask(tmp_path / "mask.png", ModelConfig())


def png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "cannot be read as an image"),
        (b"no image", "cannot be read as an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "cannot be read as an image"),
        (png_claiming(8000, 8000), "64,000,000 pixels"),
        (png_claiming(100_000, 100_000), "cannot be read as an image"),
        (png_claiming(100, 100), "cannot be read as an image"),
        (bytes(21 * 2**20), "more than 20 MB"),
    ],
    ids=["empty", "text", "postscript", "large", "bomb", "cut off", "heavy"],
)
def test_what_is_no_reasonable_picture_is_refused(
    content: bytes, expected: str, tmp_path: Path
) -> None:
    (tmp_path / "hostile.png").write_bytes(content)
    with pytest.raises(DataError, match=expected):
        read_image(tmp_path / "hostile.png", ModelConfig())


def test_missing_files_and_blank_paper_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_image(tmp_path / "missing.png", ModelConfig())
    Image.new("L", (100, 100), 250).save(tmp_path / "blank.png")
    with pytest.raises(DataError, match="even paper"):
        read_image(tmp_path / "blank.png", ModelConfig())


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM"]),
    damage=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=10),
    cut=st.floats(0, 1),
)
def test_a_damaged_picture_is_read_or_refused(
    kind: str, damage: list[tuple[float, int]], cut: float, tmp_path: Path
) -> None:
    content = io.BytesIO()
    seven(30, 40).save(content, kind)
    damaged = bytearray(content.getvalue())
    for place, value in damage:
        damaged[int(place * (len(damaged) - 1))] = value
    (tmp_path / "damaged").write_bytes(damaged[: int(cut * len(damaged)) + 1])
    try:
        read = read_image(tmp_path / "damaged", ModelConfig())
    except DataError as error:
        assert str(error).startswith("damaged ")  # noqa: PT017 (either outcome is right)
    else:
        assert read.shape == (1, 1, 28, 28)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_shows_each_pixel_as_a_square(channels: int) -> None:
    images = torch.randint(0, 5, (5, channels, 4, 3), dtype=torch.uint8)
    drawn = np.array(sheet(images, 5, columns=2, scale=3))
    assert drawn.shape == (3 * 13 + 1, 2 * 10 + 1, 3)
    tile = drawn[1 + 2 * 13 : 13 + 2 * 13, 1:10]  # the fifth one
    expected = dequantize(images, 5)[4].permute(1, 2, 0).numpy()
    assert np.array_equal(tile[1::3, 1::3], np.broadcast_to(expected, (4, 3, 3)))
    assert np.array_equal(tile[::3, ::3], tile[2::3, 2::3])


def test_unknown_pixels_are_hatched_and_known_ones_are_not() -> None:
    images = torch.zeros(1, 1, 4, 4, dtype=torch.uint8)
    unknown = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    unknown[..., 2:, :] = True
    drawn = np.array(sheet(images, 2, scale=8, unknown=unknown))
    assert (drawn[1:17, 1:-1] == 0).all()
    assert set(np.unique(drawn[17:-1, 1:-1])) == {120, 190}


def test_a_sheet_without_images_or_in_no_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at least one"):
        sheet(torch.zeros(0, 1, 4, 4, dtype=torch.uint8), 2)
    drawn = sheet(torch.zeros(1, 1, 4, 4, dtype=torch.uint8), 2)
    for path in (tmp_path / "sheet.nothing", tmp_path / "missing" / "sheet.png"):
        with pytest.raises(DataError, match="cannot be written"):
            save_image(path, drawn)
