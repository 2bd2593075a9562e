"""The evolution widget refuses what it cannot show, and sends what it was given."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from widgets.base.payload import unpack
from widgets.evolution.chart import Chart, Curve, Reference
from widgets.evolution.widget import Tiles, evolution

FRAMES = np.zeros((3, 2, 1, 4, 5), np.uint8)
TILES = Tiles(FRAMES, [0, 1, 2], levels=2)
MOMENTS = ["a", "b", "c"]
CHART = Chart([Curve("x", "held out", [(0, 0.5)])], [], 0.1, 1.1, 25, "seconds", "bits", 100)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frames": FRAMES[0]}, "frames must be uint8"),
        ({"frames": FRAMES.astype(np.float32)}, "frames must be uint8"),
        ({"frames": np.zeros((3, 2, 2, 4, 5), np.uint8)}, "1 or 3"),
        ({"frames": FRAMES + 2}, "level 2"),
        ({"levels": 1}, "levels"),
        ({"shown": [0]}, "shown must have 3"),
        ({"shown": [0, 1, 3]}, "numbers from -1 to 2"),
        ({"captions": ["0"]}, "captions must have 2"),
        ({"columns": 0}, "columns"),
    ],
)
def test_tiles_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evolution([[replace(TILES, **change)]], MOMENTS, film="x", key="k")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"floor": 0.0}, "must have a length"),
        ({"end": 0.0}, "must have a length"),
        ({"unit": "bytes"}, "unit must be one of"),
        ({"curves": [Curve("x", "thick", [])]}, "style must be one of"),  # type: ignore[arg-type]
    ],
)
def test_a_chart_that_cannot_be_drawn_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evolution(
            [[TILES]], MOMENTS, at=[0, 1, 2], chart=replace(CHART, **change), film="x", key="k"
        )
    with pytest.raises(ValueError, match="at must have 3"):
        evolution([[TILES]], MOMENTS, chart=CHART, film="x", key="k")


@pytest.mark.parametrize("levels", [2, 256])
@pytest.mark.parametrize("moments", [0, 3])
def test_frames_arrive_as_they_are(levels: int, moments: int) -> None:
    def script(levels: int, moments: int) -> None:
        import numpy as np

        from widgets.evolution.widget import Tiles, evolution

        frames = np.random.default_rng(0).integers(0, levels, (moments, 2, 3, 4, 5), np.uint8)
        tiles = Tiles(frames, range(moments), levels, captions="ab")
        evolution([[tiles]], ["now"] * moments, below=[[tiles]], film="x", key="k")

    page = AppTest.from_function(script, args=(levels, moments)).run()
    assert not page.exception
    meta, arrays = unpack(page.get("bidi_component")[0].proto.bytes)
    frames = np.random.default_rng(0).integers(0, levels, (moments, 2, 3, 4, 5), np.uint8)
    assert (arrays["tiles0"].astype(np.uint8) == frames).all()
    assert (arrays["tiles1"] == arrays["tiles0"]).all()
    (group,) = meta["rows"][0]
    assert (meta["count"], group["n"], group["captions"]) == (moments, 2, ["a", "b"])


def test_another_unit_changes_the_words_at_the_axis_and_no_height() -> None:
    chart = replace(CHART, references=[Reference(1.0, "guess")])
    bits = chart.to_meta()
    for unit, value in (
        ("nats", lambda bits: 100 * bits),
        ("perplexity", lambda bits: math.exp(bits * math.log(2))),
    ):
        meta = replace(chart, unit=unit).to_meta()
        assert meta["curves"] == bits["curves"]
        assert meta["references"] == bits["references"]
        assert len(meta["ticks"]) > 3
        for height, label in meta["ticks"]:
            assert chart.floor <= height <= chart.ceiling
            assert value(height) == pytest.approx(float(label), rel=1e-4)
