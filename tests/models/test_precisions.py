"""Every architecture and likelihood in double and half precision."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.registry import build_model
from pixelcnn.sampling.drawing import sample
from tests.helpers.model_cases import VARIANTS, small, variant_name

LIKELIHOODS: list[dict[str, Any]] = [
    {"levels": 2},
    {"levels": 5, "likelihood": "softmax"},
    {"levels": 5, "likelihood": "logistic_mixture", "components": 2},
]
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"classes": 2, "conditioning": "bias", "position": True},
    {"classes": 2, "conditioning": "film", "label_dropout": 0.5},
    {"classes": 2, "conditioning": "concat"},
]


def pixels_of(model: AutoregressiveModel, n: int) -> tuple[Tensor, Tensor | None]:
    config = model.config
    shape = (n, config.channels, config.height, config.width)
    images = torch.randint(0, config.levels, shape).to(torch.uint8)
    return images, torch.arange(n) % config.classes if config.classes else None


def close(one: Tensor, other: Tensor, relative: float) -> bool:
    return bool(((one - other).abs() <= relative * (1 + other.abs())).all())


@pytest.mark.parametrize("condition", CONDITIONS, ids=variant_name)
@pytest.mark.parametrize("likelihood", LIKELIHOODS, ids=variant_name)
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=variant_name)
def test_double_precision_agrees_with_float32_and_with_enumeration(
    name: str, options: dict[str, Any], likelihood: dict[str, Any], condition: dict[str, Any]
) -> None:
    given = {**options, **likelihood, **condition}
    double = small(name, **given).eval()
    images, labels = pixels_of(double, 4)
    with torch.no_grad():
        exact = double.log_prob(images, labels)
        single = build_model(
            name, height=4, width=5, **{"hidden_channels": 12, "blocks": 2, **given}
        )
        single.load_state_dict(double.state_dict())
        assert exact.dtype == torch.float64
        assert close(single.eval().log_prob(images, labels).double(), exact, 1e-5)

        world = small(
            name,
            height=2,
            width=2,
            first_kernel_size=3,
            kernel_size=3,
            **{key: value for key, value in given.items() if "kernel_size" not in key},
        )
        levels = range(world.config.levels)
        every = torch.tensor(list(itertools.product(levels, repeat=4)), dtype=torch.uint8)
        every = every.view(-1, 1, 2, 2)
        label = torch.zeros(len(every), dtype=torch.int64) if world.config.classes else None
        total = world.eval().log_prob(every, label).exp().sum().item()
    assert total == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("likelihood", LIKELIHOODS, ids=variant_name)
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=variant_name)
def test_half_precision_is_near_and_every_engine_draws_from_it(
    name: str, options: dict[str, Any], likelihood: dict[str, Any]
) -> None:
    double = small(name, classes=2, **{**options, **likelihood}).eval()
    images, labels = pixels_of(double, 3)
    with torch.no_grad():
        exact = double.log_prob(images, labels)
        half = double.bfloat16()
        assert half(images, labels).dtype == torch.float32
        near = half.log_prob(images, labels).double()
        assert close(near, exact, 0.1)
        for engine in ("torch", "numba"):
            drawn = sample(half, 2, labels=torch.tensor([0, 1]), seed=0, engine=engine)
            assert drawn.dtype == torch.uint8


@pytest.mark.parametrize("engine", ["torch", "numba"])
def test_engines_draw_the_reference_s_images_from_a_model_in_double_precision(engine: str) -> None:
    model = small("gated_pixelcnn", classes=2, position=True).eval()
    labels = torch.tensor([0, 1, 1])
    expected = sample(model, 3, labels=labels, seed=1, engine="reference")
    assert torch.equal(sample(model, 3, labels=labels, seed=1, engine=engine), expected)


def test_levels_stay_apart_in_half_precision() -> None:
    """bfloat16 counts in steps of 2 from 256 on, and of 1 below: 254 and 255 must differ."""
    model = build_model("pixelcnn", levels=256, hidden_channels=4, blocks=1).bfloat16()
    scaled = model.scale(torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16))
    exact = torch.arange(256) * (2 / 255) - 1
    assert scaled.dtype == torch.bfloat16
    assert (scaled.flatten().float() - exact).abs().max() <= 2**-9  # half a step below 1
