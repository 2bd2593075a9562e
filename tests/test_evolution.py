"""The evolution widget refuses what it cannot show, and sends what it was given."""

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from widgets.evolution import evolution
from widgets.payload import unpack

FRAMES = np.zeros((3, 2, 1, 4, 5), np.uint8)
MOMENTS = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frames": FRAMES[0]}, "frames must be uint8"),
        ({"frames": FRAMES.astype(np.float32)}, "frames must be uint8"),
        ({"frames": np.zeros((3, 2, 2, 4, 5), np.uint8)}, "1 or 3"),
        ({"frames": FRAMES + 2}, "level 2"),
        ({"levels": 1}, "levels"),
        ({"moments": ["a"]}, "moments must have 3"),
        ({"captions": ["0"]}, "captions must have 2"),
        ({"columns": 0}, "columns"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    arguments = {"frames": FRAMES, "moments": MOMENTS, "levels": 2, "film": "x", "key": "k"}
    with pytest.raises(ValueError, match=message):
        evolution(**(arguments | change))


@pytest.mark.parametrize("levels", [2, 256])
@pytest.mark.parametrize("moments", [0, 3])
def test_frames_arrive_as_they_are(levels: int, moments: int) -> None:
    def script(levels: int, moments: int) -> None:
        import numpy as np

        from widgets.evolution import evolution

        frames = np.random.default_rng(0).integers(0, levels, (moments, 2, 3, 4, 5), np.uint8)
        evolution(frames, ["now"] * moments, levels=levels, film="x", captions="ab", key="k")

    page = AppTest.from_function(script, args=(levels, moments)).run()
    assert not page.exception
    meta, arrays = unpack(page.get("bidi_component")[0].proto.bytes)
    frames = np.random.default_rng(0).integers(0, levels, (moments, 2, 3, 4, 5), np.uint8)
    assert (arrays["frames"].astype(np.uint8) == frames).all()
    assert (meta["count"], meta["n"], meta["captions"]) == (moments, 2, ["a", "b"])
