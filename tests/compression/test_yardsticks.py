"""The general formats store the same images, and the commands write what they say."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pixelcnn.compression.yardsticks import mosaic, yardsticks
from pixelcnn.data.levels import dequantize
from pixelcnn.scores.unseen import unseen_digits
from pixelcnn.system.arrays import read_npz
from tests.helpers.cli_cases import run


@pytest.mark.parametrize(("levels", "channels"), [(2, 1), (256, 1), (4, 3)])
def test_files_hold_every_level_and_digits_need_less_than_noise(levels: int, channels: int) -> None:
    digit = unseen_digits(levels).images[0].expand(channels, -1, -1).contiguous()
    noise = torch.randint(levels, digit.shape, generator=torch.Generator().manual_seed(0))
    for way in yardsticks(levels, channels):
        sizes = [len(way.data(image.numpy(), levels)) for image in (digit, noise.to(torch.uint8))]
        assert sizes[0] <= sizes[1], way.name
        if way.name in ("PNG", "WebP", "JPEG XL"):
            with Image.open(io.BytesIO(way.data(digit.numpy(), levels))) as picture:
                found = np.asarray(picture.convert("L" if channels == 1 else "RGB"))
            expected = dequantize(digit[None], levels)[0].permute(1, 2, 0).numpy().squeeze()
            assert np.array_equal(found, expected), way.name
        if way.name == "raw":
            assert sizes[0] == channels * 784 * (levels - 1).bit_length() // 8


def test_a_sheet_holds_all_images_in_rows() -> None:
    images = torch.arange(5, dtype=torch.uint8).view(5, 1, 1, 1).expand(5, 3, 2, 4)
    sheet = mosaic(images)
    assert sheet.shape == (3, 4, 12)
    assert sheet[0, ::2, ::4].tolist() == [[0, 1, 2], [3, 4, 0]]


def test_commands_compress_and_decompress(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digits = unseen_digits()
    name = "mnist-threshold-tiny-pixelcnn"
    arrays, stream, back = (tmp_path / file for file in ("some.npz", "some.bin", "back.npz"))
    np.savez(arrays, images=digits.images[:3].numpy(), labels=digits.labels[:3].numpy())
    assert run(f"compress {name} {{}} --check 2 --output {{}}", arrays, stream) == 0
    assert f"{stream.stat().st_size} bytes" in capsys.readouterr().out
    assert run(f"decompress {name} {{}} --output {{}}", stream, back) == 0
    assert np.array_equal(read_npz(back)["images"], digits.images[:3].numpy())
    assert np.array_equal(read_npz(back)["labels"], digits.labels[:3].numpy())
    other = "mnist-threshold-tiny-pixelsnail"
    assert run(f"decompress {other} {{}} --output {{}}", stream, back) == 2
    assert f"written by {name}" in capsys.readouterr().err
    assert run(f"decompress {name} {{}} --output {{}}", stream, tmp_path / "sheet.png") == 0
    picture = tmp_path / "sheet.png"
    assert run(f"compress {name} {{}} --bare --output {{}}", picture, tmp_path / "one.bin") == 0
    assert run(f"decompress {name} {{}} --output {{}}", tmp_path / "missing", back) == 2


def test_the_benchmark_measures_models_and_formats(tmp_path: Path) -> None:
    output = tmp_path / "bytes.json"
    names = "mnist-threshold-tiny-pixelcnn"
    assert run(f"bench bytes --models {names} --images 2 --output {{}}", output) == 0
    model, *formats = json.loads(output.read_text())
    assert model["equal"] == 2
    assert model["ideal"] < model["alone"] <= model["labelled"] < 98
    assert {"PNG", "CCITT G4", "raw"} <= {found["format"] for found in formats}
