"""A film as a file opens elsewhere, stays small, and ends with the images."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pixelcnn.cli import main
from pixelcnn.data.images import sheet
from pixelcnn.errors import ConfigError
from pixelcnn.film.animation import MOST_FRAMES, WIDEST, animate, to_animation
from pixelcnn.film.opening import read_opening


@pytest.mark.parametrize(("kind", "most_bytes"), [("webp", 60_000), ("gif", 1_500_000)])
def test_the_last_frame_is_the_finished_sheet_and_the_first_shows_nothing(
    kind: str, most_bytes: int
) -> None:
    film = read_opening()
    content = to_animation(film, kind)
    assert len(content) < most_bytes
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.format == kind.upper()
        assert picture.n_frames <= MOST_FRAMES
        assert max(picture.size) <= WIDEST
        first = np.asarray(picture.convert("RGB"))
        picture.seek(picture.n_frames // 2)
        middle = np.asarray(picture.convert("RGB"))
        picture.seek(picture.n_frames - 1)
        last = np.asarray(picture.convert("RGB"))
    scale = (last.shape[0] - 5) // (4 * 28)
    finished = sheet(torch.from_numpy(film.images), 2, columns=4, scale=scale)
    np.testing.assert_array_equal(last, np.asarray(finished))
    assert not ((first == 0) | (first == 255)).any(), "something is drawn before the first pixel"
    half = len(middle) // 8  # of the first row of digits
    assert ((middle[: half - 8] == 0) | (middle[: half - 8] == 255)).any()
    below = middle[half + 8 : 2 * half - 2]
    assert not ((below == 0) | (below == 255)).any(), "drawn before its turn"


def test_given_pixels_are_shown_from_the_first_frame() -> None:
    images = torch.ones(1, 3, 6, 4, dtype=torch.uint8)
    known = torch.zeros(1, 1, 6, 4, dtype=torch.bool)
    known[:, :, :3] = True
    with Image.open(io.BytesIO(animate(images, 2, "gif", known=known))) as picture:
        first = np.asarray(picture.convert("L"))
    upper, lower = first[1 : 1 + 3 * 12, 1:-1], first[1 + 3 * 12 : -1, 1:-1]
    assert (upper == 255).all()
    assert (lower < 255).all()


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ConfigError, match="use webp or gif"):
        animate(torch.zeros(1, 1, 2, 2, dtype=torch.uint8), 2, "mp4")


def test_the_command_line_writes_a_film(tmp_path: Path) -> None:
    path = tmp_path / "film.webp"
    assert main(["sample", "mnist-threshold-gated", "--n", "2", "--output", str(path)]) == 0
    with Image.open(path) as picture:
        assert picture.n_frames > 50
