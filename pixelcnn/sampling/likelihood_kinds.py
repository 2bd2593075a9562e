"""The numbers that likelihoods have in the compiled engines."""

from __future__ import annotations

from pixelcnn.errors import ConfigError
from pixelcnn.nn.likelihoods import Bernoulli, Categorical, Likelihood
from pixelcnn.nn.logistic_mixture import DiscretizedLogisticMixture

BERNOULLI, CATEGORICAL, MIXTURE, COUPLED_MIXTURE = range(4)


def likelihood_kind(likelihood: Likelihood) -> int:
    """The number of a likelihood.

    Raises:
        ConfigError: the compiled engines cannot draw from it.
    """
    if isinstance(likelihood, DiscretizedLogisticMixture):
        return COUPLED_MIXTURE if likelihood.coupled else MIXTURE
    if isinstance(likelihood, Bernoulli):
        return BERNOULLI
    if isinstance(likelihood, Categorical):
        return CATEGORICAL
    raise ConfigError(
        f"the compiled engines cannot draw from a {type(likelihood).__name__}; use the torch "
        "engine."
    )
