"""One choice of a film: the exact distribution at a sub-pixel, and its mixture components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from pixelcnn.film.film import Film
    from pixelcnn.models.base import AutoregressiveModel

_OFF = -1e9  # a logit that gives a component no weight


@dataclass(frozen=True)
class Choice:
    """How the level of one sub-pixel was chosen.

    Attributes:
        probabilities: float64 `(levels,)`, summing to 1: the distribution that was drawn from.
        components: float64 `(components, levels)`: the weighted components of a mixture, which sum
            to `probabilities`; None for other likelihoods or at a temperature other than 1, where
            they do not.
        uniform: the random number.
        level: as drawn or given.
    """

    probabilities: NDArray[np.float64]
    components: NDArray[np.float64]
    uniform: float
    level: int

    @property
    def cumulative(self) -> NDArray[np.float64]:
        """The probability of each level or lower: `(levels,)`."""
        return self.probabilities.cumsum()


def choice_at(
    model: AutoregressiveModel, film: Film, image: int, place: tuple[int, int, int]
) -> Choice:
    """The choice of image `image` at (row, column, channel); costs one forward pass.

    The film must be the model's, drawn at the temperature and guidance in its `about`.
    """
    import torch

    from pixelcnn.nn.likelihoods import apply_temperature
    from pixelcnn.sampling.reference import guided_log_probs

    row, column, channel = place
    single = film.only(image)
    images = torch.from_numpy(single.images)
    labels = torch.from_numpy(single.labels) if len(single.labels) else None
    temperature, guidance = single.about["temperature"], single.about.get("guidance", 0.0)
    at = (0, slice(None), channel, row, column)
    with torch.no_grad():
        log_probs = guided_log_probs(model, images, labels, guidance)
        probabilities = apply_temperature(log_probs.double(), temperature)[at].numpy()
        plain = temperature == 1 and guidance == 0
        parts = _components(model, images, labels, at) if plain else None
    nothing = np.zeros((0, len(probabilities)))
    place_of = (0, channel, row, column)
    return Choice(
        probabilities,
        nothing if parts is None else parts,
        float(single.uniforms[place_of]),
        int(single.images[place_of]),
    )


def _components(
    model: AutoregressiveModel, images: Tensor, labels: Tensor | None, at: tuple[int | slice, ...]
) -> NDArray[np.float64] | None:
    """Each component alone, weighted; None if the likelihood is not a mixture."""
    import torch

    from pixelcnn.nn.logistic_mixture import DiscretizedLogisticMixture

    likelihood = model.likelihood
    if not isinstance(likelihood, DiscretizedLogisticMixture):
        return None
    parameters = model(images, labels)
    weights = likelihood.component_log_weights(parameters, images)[at].exp()
    parts = []
    for k, weight in enumerate(weights):
        alone = parameters.clone()
        alone[:, : likelihood.components] = _OFF
        alone[:, k] = 0
        parts.append(weight * likelihood.level_log_probs(alone, images)[at].exp())
    return torch.stack(parts).double().numpy()
