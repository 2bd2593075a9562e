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

from pixelcnn.data.images import image_from, read_image, read_mask, save_image, sheet
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


@pytest.mark.parametrize(("height", "width"), [(9, 7), (8, 8)])
def test_a_picture_of_the_models_size_can_be_used_as_it_is(
    height: int, width: int, tmp_path: Path
) -> None:
    levels = torch.randint(0, 4, (1, 1, height, width), dtype=torch.uint8)
    grey = dequantize(levels, 4)[0, 0].numpy()
    Image.fromarray(grey).save(tmp_path / "small.png")
    config = ModelConfig(levels=4, height=height, width=width)
    assert torch.equal(read_image(tmp_path / "small.png", config, "as-is"), levels)


@pytest.mark.parametrize("side", [28, 280])
@pytest.mark.parametrize("paper", [0, 255])
def test_a_part_stays_where_it_is_at_any_size_on_any_paper(
    side: int, paper: int, tmp_path: Path
) -> None:
    grey = np.zeros((28, 28), dtype=np.uint8)
    grey[2:14, 12:16] = 255  # the upper half of a one
    drawn = np.abs(grey.astype(int) - paper).astype(np.uint8).repeat(side // 28, 0)
    Image.fromarray(drawn.repeat(side // 28, 1)).save(tmp_path / "half.png")
    read = read_image(tmp_path / "half.png", ModelConfig(), "part")
    assert torch.equal(read[0, 0], torch.from_numpy(grey >= 128).to(torch.uint8))


def test_paper_and_ink_can_be_swapped() -> None:
    file = io.BytesIO()
    seven().save(file, "PNG")
    read = image_from("seven.png", file.getvalue(), ModelConfig())
    swapped = image_from("seven.png", file.getvalue(), ModelConfig(), "part", swap=True)
    assert read.float().mean() < 0.3
    assert swapped.float().mean() > 0.7


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
        (b"", "hostile.png cannot be read as a picture: it is empty"),
        (b"no image", "it is no JPEG, PNG,"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is no JPEG, PNG,"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is a drawing in SVG"),
        (png_claiming(8001, 8000), "64,008,000 pixels, more than 64,000,000"),
        (png_claiming(100_000, 100_000), "more than 64,000,000 pixels"),
        (png_claiming(100, 100), "it is damaged or cut off"),
        (bytes(33 * 2**20), "more than 32 MB"),
    ],
    ids=["empty", "text", "postscript", "svg", "large", "bomb", "cut off", "heavy"],
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
    kind=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF", "AVIF"]),
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
