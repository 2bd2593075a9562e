"""One writer for everything that moves."""

import io

import pytest
from PIL import Image

from pixelcnn.data.animation import animated_image
from pixelcnn.errors import ConfigError

FRAMES = [Image.new("RGB", (6, 4), colour) for colour in ("black", "white", "black")]
DURATIONS = [60, 80, 500]


@pytest.mark.parametrize("kind", ["webp", "gif"])
def test_every_frame_is_shown_for_its_time_and_again_for_ever(kind: str) -> None:
    moving = Image.open(io.BytesIO(animated_image(FRAMES, DURATIONS, kind)))
    shown, levels = [], []
    for at in range(moving.n_frames):  # type: ignore[attr-defined]
        moving.seek(at)
        levels.append(moving.convert("L").getextrema()[0])
        shown.append(moving.info["duration"])
    assert (shown, levels) == (DURATIONS, [0, 255, 0])
    assert moving.info["loop"] == 0


def test_less_quality_makes_a_smaller_file() -> None:
    frames = [Image.effect_noise((64, 64), 60 + at).convert("RGB") for at in range(2)]
    sizes = [len(animated_image(frames, [60, 60], quality=quality)) for quality in (90, 10)]
    assert sizes[1] < sizes[0] < len(animated_image(frames, [60, 60]))


def test_another_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="use webp or gif"):
        animated_image(FRAMES, DURATIONS, "mp4")
