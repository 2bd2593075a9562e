"""Colour models with widths that three colours do not divide, as in the papers."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pixelcnn.models.registry import build_model
from pixelcnn.sampling.drawing import sample
from tests.helpers.causality import assert_causal, small


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("pixelcnn", {}),
        ("gated_pixelcnn", {}),
        ("pixelcnnpp", {}),
        ("pixelcnnpp", {"likelihood": "softmax"}),
        ("pixelsnail", {}),
        ("pixelrnn", {}),
    ],
)
def test_unequal_colour_groups_leak_nothing_and_every_engine_agrees(
    name: str, options: dict[str, Any]
) -> None:
    model = small(name, channels=3, levels=4, hidden_channels=16, **options)
    assert_causal(model)
    single = model.float().eval()
    expected = sample(single, 2, seed=0, engine="reference")
    for engine in ("torch", "numba", "wasm"):
        assert torch.equal(sample(single, 2, seed=0, engine=engine), expected), engine


def test_the_width_of_pixelcnnpp_s_paper_is_accepted_in_colour() -> None:
    model = build_model(
        "pixelcnnpp", levels=256, channels=3, height=8, width=8, hidden_channels=160, blocks=1
    )
    assert model.config.hidden_channels == 160
