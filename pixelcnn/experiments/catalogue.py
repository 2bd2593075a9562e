"""All experiments, by name."""

from __future__ import annotations

from collections.abc import Mapping

from pixelcnn.experiments.catalogue_convolutions import CONVOLUTIONS
from pixelcnn.experiments.catalogue_others import OTHERS
from pixelcnn.experiments.definition import Experiment
from pixelcnn.system.checks import check_name

EXPERIMENTS: Mapping[str, Experiment] = {
    experiment.name: experiment for experiment in (*CONVOLUTIONS, *OTHERS)
}


def find_experiment(name: str) -> Experiment:
    """The experiment of this name.

    Raises:
        ConfigError: it is unknown.
    """
    check_name("experiment", name, EXPERIMENTS)
    return EXPERIMENTS[name]
