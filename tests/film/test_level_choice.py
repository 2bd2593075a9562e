"""A choice is exact: the distribution, its components, and the random number."""

import numpy as np
import pytest
import torch

from pixelcnn import build_model
from pixelcnn.film.film import draw_film
from pixelcnn.film.level_choice import choice_at
from pixelcnn.models.base import AutoregressiveModel

PLACES = [(0, 0, 0), (2, 3, 1), (5, 4, 2)]


@pytest.mark.parametrize("name", ["pixelcnn", "pixelcnnpp"])
@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_the_uniform_number_selects_the_drawn_level(name: str, temperature: float) -> None:
    model = _model(name)
    film = draw_film(model, 2, temperature=temperature, seed=1)
    for row, column, channel in PLACES:
        choice = choice_at(model, film, 1, (row, column, channel))
        assert choice.level == film.images[1, channel, row, column]
        assert choice.probabilities.sum() == pytest.approx(1)
        before = choice.cumulative[choice.level] - choice.probabilities[choice.level]
        assert before - 1e-5 <= choice.uniform <= choice.cumulative[choice.level] + 1e-5
        shown = film.probabilities[1, :, channel, row, column] / 255
        np.testing.assert_allclose(choice.probabilities, shown, atol=1 / 255)


def test_the_components_of_a_mixture_sum_to_the_distribution() -> None:
    model = _model("pixelcnnpp")
    film = draw_film(model, 2, seed=1)
    for place in PLACES:
        choice = choice_at(model, film, 1, place)
        assert len(choice.components) > 1
        np.testing.assert_allclose(choice.components.sum(axis=0), choice.probabilities, atol=1e-5)


def test_there_are_no_components_without_a_mixture_or_at_another_temperature() -> None:
    plain = _model("pixelcnn")
    assert not len(choice_at(plain, draw_film(plain, 1), 0, PLACES[0]).components)
    mixed = _model("pixelcnnpp")
    film = draw_film(mixed, 1, temperature=0.5)
    assert not len(choice_at(mixed, film, 0, PLACES[0]).components)


def _model(name: str) -> AutoregressiveModel:
    torch.manual_seed(0)
    options = {"height": 6, "width": 5, "hidden_channels": 12, "blocks": 2}
    model = build_model(name, levels=8, channels=3, **options)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model.eval()
