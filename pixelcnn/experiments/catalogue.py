"""All experiments, by name."""

from __future__ import annotations

from collections.abc import Mapping

from pixelcnn.errors import ConfigError
from pixelcnn.experiments.catalogue_convolutions import CONVOLUTIONS
from pixelcnn.experiments.catalogue_others import OTHERS
from pixelcnn.experiments.definition import Experiment

EXPERIMENTS: Mapping[str, Experiment] = {
    experiment.name: experiment for experiment in (*CONVOLUTIONS, *OTHERS)
}


def find_experiment(name: str) -> Experiment:
    """The experiment of this name.

    Raises:
        ConfigError: it is unknown.
    """
    if name not in EXPERIMENTS:
        raise ConfigError(f"experiment {name!r} is unknown; use one of {', '.join(EXPERIMENTS)}.")
    return EXPERIMENTS[name]
