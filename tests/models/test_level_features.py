"""Level features separate neighbouring grey levels, and change nothing else about a network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pixelcnn.causality.perturbation import Network, perturbation_relation
from pixelcnn.causality.reach import receptive_field
from pixelcnn.errors import ConfigError
from pixelcnn.models.gated_pixelcnn import GatedPixelCNNConfig
from pixelcnn.models.level_features import LevelFeatures
from pixelcnn.models.registry import build_model, model_names
from tests.helpers.model_cases import small


def features_of_all(levels: int, count: int) -> torch.Tensor:
    """The features of each level: `(levels, count)`."""
    config = GatedPixelCNNConfig(levels=levels, level_features=count)
    scaled = torch.arange(levels) * (2 / (levels - 1)) - 1
    with torch.no_grad():
        return LevelFeatures(config)(scaled[:, None, None, None])[:, :, 0, 0]


def test_light_levels_lie_far_apart_and_all_levels_differ() -> None:
    features = features_of_all(256, 24)
    steps = (features[1:] - features[:-1]).norm(dim=1)
    assert steps[-6:].min() > 0.3  # as a single number: 0.008
    assert steps.min() > 0.003


def test_all_features_are_between_0_and_1() -> None:
    for levels, count in ((2, 1), (2, 5), (16, 8), (256, 256)):
        features = features_of_all(levels, count)
        assert features.min() == 0
        assert features.max() == pytest.approx(1, abs=1e-3)


def test_only_the_darkest_level_lights_the_first_feature() -> None:
    first = features_of_all(256, 8)[:, 0]
    assert first[0] == 1
    assert first[1:].max() < 1e-6


@pytest.mark.parametrize("name", model_names())
def test_a_network_that_reads_features_sees_what_it_would_see_without(name: str) -> None:
    shape = {"height": 4, "width": 4, "levels": 4, "likelihood": "softmax"}
    plain = build_model(name, hidden_channels=12, blocks=2, **shape)
    reading = small(name, level_features=5, **{**shape, "hidden_channels": 48}).train()
    seen = receptive_field(plain)
    assert np.array_equal(seen, receptive_field(reading.float()))
    relation = perturbation_relation(
        Network(reading.double()), (1, 4, 4), 4, span=(-1.0, 1.0), images=3
    )
    assert np.array_equal(relation.reshape(seen.shape), seen)


def test_a_colour_picture_is_refused() -> None:
    with pytest.raises(ConfigError, match="level_features = 8 needs a grey image"):
        build_model("gated_pixelcnn", channels=3, level_features=8)
