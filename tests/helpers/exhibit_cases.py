"""Small models of the exhibits, and measures to judge them."""

from __future__ import annotations

import itertools
from typing import Any

import torch

from pixelcnn.causality.perturbation import Network, perturbation_leaks, perturbation_relation
from pixelcnn.causality.reach import AuditReport
from pixelcnn.exhibits.catalogue import EXHIBITS
from pixelcnn.models.base import AutoregressiveModel
from tests.helpers.model_cases import shaken

SPAN = (-1.0, 1.0)


def shown(name: str, *, honest: bool, **options: Any) -> AutoregressiveModel:
    """An exhibit's model, small, with weights that hide no dependence."""
    torch.manual_seed(0)
    size = {"height": 5, "width": 6, "first_kernel_size": 3}
    defaults = {**size, "hidden_channels": 24, "blocks": 2}
    return shaken(EXHIBITS[name].build(honest=honest, **{**defaults, **options}))


def tried(model: AutoregressiveModel) -> AuditReport:
    """The counts by perturbation; `never` has no meaning here."""
    config = model.config
    shape = (config.channels, config.height, config.width)
    relation = perturbation_relation(Network(model), shape, config.levels, span=SPAN)
    return AuditReport(relation, relation)


def leaks(model: AutoregressiveModel) -> int:
    """The number of leaking pairs, by perturbation."""
    config = model.config
    shape = (config.channels, config.height, config.width)
    return int(perturbation_leaks(Network(model), shape, config.levels, span=SPAN).sum())


def total_probability(model: AutoregressiveModel) -> float:
    """exp(log_prob) summed over all 16 black and white images of 2 x 2 pixels."""
    pixels = list(itertools.product(range(2), repeat=4))
    images = torch.tensor(pixels, dtype=torch.uint8).view(-1, 1, 2, 2)
    with torch.no_grad():
        return model.float().eval().log_prob(images).exp().sum().item()
