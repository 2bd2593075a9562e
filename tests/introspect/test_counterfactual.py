"""Changing one pixel: bits are counted correctly, and only dependent distributions change."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from pixelcnn.causality.reach import legal_relation, sub_pixel_relation
from pixelcnn.errors import ConfigError, DataError
from pixelcnn.introspect.counterfactual import counterfactual, entropy, surprise
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import trace
from tests.helpers.model_cases import VARIANTS, small, variant_name

MIXTURE: dict[str, Any] = {"likelihood": "logistic_mixture", "components": 2}
SETTINGS: list[dict[str, Any]] = [
    {},
    {"classes": 3},
    {"levels": 256},
    {"levels": 5, "channels": 3},
    {"levels": 256, **MIXTURE},
    {"levels": 4, "channels": 3, "classes": 3, **MIXTURE},
]


def picture(model: AutoregressiveModel, n: int = 1) -> tuple[Tensor, Tensor | None]:
    """Random images uint8 (n, C, H, W), and labels if the model has classes."""
    config = model.config
    shape = (n, config.channels, config.height, config.width)
    generator = torch.Generator().manual_seed(2)
    images = torch.randint(0, config.levels, shape, generator=generator).to(torch.uint8)
    return images, torch.arange(n) % config.classes if config.classes else None


@pytest.mark.parametrize("options", SETTINGS, ids=variant_name)
def test_the_surprises_of_an_image_add_up_to_its_log_probability(options: dict[str, Any]) -> None:
    model = small("pixelcnn", **options).float().eval()
    images, labels = picture(model, 3)
    bits = surprise(model, images, labels)
    assert bits.shape == images.shape
    with torch.no_grad():
        nats = -model.log_prob(images, labels).double()
    torch.testing.assert_close(bits.sum(dim=(1, 2, 3)), nats / math.log(2), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("options", SETTINGS, ids=variant_name)
def test_entropy_is_the_mean_surprise_over_all_levels(options: dict[str, Any]) -> None:
    model = small("pixelcnn", **options).float().eval()
    images, labels = picture(model)
    undecided = entropy(model, images, labels)[0]
    pixel = (-1, 2, 3)  # the last channel: no other of this pixel comes after it
    mean = 0.0
    for level in range(model.config.levels):
        other = images.clone()
        other[0][pixel] = level
        bits = surprise(model, other, labels)[0][pixel].item()
        mean += 2**-bits * bits
    assert undecided[pixel].item() == pytest.approx(mean, rel=1e-4, abs=1e-6)
    assert undecided.min() >= 0
    assert undecided.max() <= math.log2(model.config.levels) + 1e-6


@pytest.mark.parametrize("options", SETTINGS, ids=variant_name)
def test_the_change_is_the_kl_divergence_summed_over_levels(options: dict[str, Any]) -> None:
    model = small("gated_pixelcnn", **options).float().eval()
    images, labels = picture(model)
    level = int(images[0, 0, 1, 1] == 0)
    result = counterfactual(model, images[0], labels, (1, 1), level)
    assert (result.after[:, 1, 1] == level).all()
    both_labels = None if labels is None else labels.repeat(2)
    for pixel in [(0, 1, 3), (model.config.channels - 1, 2, 1)]:
        kl = 0.0
        for drawn in range(model.config.levels):
            was, now = result.before.clone(), result.after.clone()
            was[pixel] = now[pixel] = drawn
            bits = surprise(model, torch.stack([was, now]), both_labels)
            q, p = (2 ** -bits[index][pixel].item() for index in range(2))
            kl += p * math.log2(p / q) if p else 0.0
        assert result.kl_bits[pixel].item() == pytest.approx(kl, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=variant_name)
@pytest.mark.parametrize("channels", [1, 3])
def test_only_what_can_depend_on_the_pixel_changes(
    name: str, options: dict[str, Any], channels: int
) -> None:
    model = small(name, channels=channels, **options).float().eval()
    images, _ = picture(model)
    row, column = 1, 2
    result = counterfactual(model, images[0], None, (row, column))
    changed = result.kl_bits > 0
    relation = torch.from_numpy(sub_pixel_relation(trace(model), model))
    reached = relation[..., row, column].any(dim=-1)  # (C, H, W)
    assert not changed[~reached].any()
    assert changed[reached].float().mean() > 0.9  # a ReLU may hide a change, but not often
    legal = torch.from_numpy(legal_relation(*images.shape[1:]))[..., 0, row, column]
    assert not changed[~legal].any()
    assert result.before[:, row, column].tolist() == images[0, :, row, column].tolist()
    assert (result.before != result.after).sum() == channels


def test_both_totals_are_those_of_the_two_images() -> None:
    model = small("gated_pixelcnn", classes=3).float().eval()
    images, labels = picture(model)
    result = counterfactual(model, images[0], labels, (0, 0))
    for image, total in [(result.before, result.total_before), (result.after, result.total_after)]:
        assert total == pytest.approx(surprise(model, image[None], labels).sum().item())
    assert result.noticed(0) == int((result.kl_bits > 0).sum()) > result.noticed(0.001)


def test_arguments_that_do_not_fit_are_explained() -> None:
    model = small("pixelcnn").float()
    image = picture(model)[0][0]
    with pytest.raises(ConfigError, match=r"\(4, 0\) is outside a 4 x 5 image"):
        counterfactual(model, image, None, (4, 0))
    with pytest.raises(ConfigError, match="level = 2 is outside"):
        counterfactual(model, image, None, (0, 0), 2)
    with pytest.raises(DataError, match=r"must be \(C, H, W\)"):
        counterfactual(model, image[None], None, (0, 0))
