"""A race draws the same image twice, and reports measured and extrapolated times."""

import numpy as np
import torch

from pixelcnn import build_model, sample
from pixelcnn.sampling.engines import make_engine
from pixelcnn.sampling.race import Race, race


def test_both_samplers_draw_the_same_image_as_sample_does() -> None:
    torch.manual_seed(0)
    model = build_model("pixelcnn", height=6, width=5, hidden_channels=6, blocks=2).eval()
    shares: list[float] = []
    result = race(model, make_engine(model, "torch"), seed=5, seconds=60, progress=shares.append)
    np.testing.assert_array_equal(result.image, sample(model, 1, seed=5)[0])
    assert result.equal
    assert result.finished
    assert result.naive_whole_seconds == result.naive_seconds > 0
    assert shares == sorted(shares)


def test_without_time_one_row_is_drawn_and_the_rest_extrapolated() -> None:
    model = build_model("pixelcnn", height=6, width=5, hidden_channels=6, blocks=2).eval()
    result = race(model, make_engine(model, "torch"), seed=5, seconds=0.0)
    assert result.naive_rows == 1
    assert not result.finished


def test_the_whole_time_is_in_proportion_to_the_rows() -> None:
    result = Race(np.zeros((1, 28, 28), np.uint8), 0.01, 2.0, 7, True)
    assert result.naive_whole_seconds == 8.0
    assert result.times_faster == 800.0
