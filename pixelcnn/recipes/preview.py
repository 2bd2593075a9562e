"""Facts about a training before it starts."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from pixelcnn.causality.reach import audit
from pixelcnn.data.dataset import DataSet
from pixelcnn.metrics import Evaluation, bernoulli_baseline, uniform_baseline
from pixelcnn.models.parameters import ParameterCount, count_parameters
from pixelcnn.recipes.build import build_run_model
from pixelcnn.recipes.config import RunConfig


@dataclass(frozen=True)
class Preview:
    """Facts about a model and its data.

    Attributes:
        parameters: weights stored and used.
        seen_share: share of all (sub-pixel, earlier sub-pixel) pairs in which the prediction can
            depend on the earlier one, 0 to 1.
        reachable_share: the same at unlimited depth; less than 1 where there is a blind spot.
        train_images: number of training images.
        uniform: score of a uniform guess.
        per_pixel: score of the level frequencies of each pixel.
    """

    parameters: ParameterCount
    seen_share: float
    reachable_share: float
    train_images: int
    uniform: Evaluation
    per_pixel: Evaluation

    @property
    def nats_per_bit(self) -> float:
        """Nats per image for one bit per sub-pixel."""
        return self.uniform.nats / self.uniform.bits_per_dim


def preview(config: RunConfig, data: DataSet) -> Preview:
    """Build the model of a run without training it, and measure it.

    Args:
        config: of the run.
        data: its data set; gives the image size, the levels and the baselines.

    Raises:
        ConfigError: the model cannot be built for these images, or does not fit into memory.
    """
    with torch.random.fork_rng(devices=[]):
        model = build_run_model(config, data)
    report = audit(model)
    dims = data.channels * data.height * data.width
    return Preview(
        parameters=count_parameters(model),
        seen_share=report.seen_share,
        reachable_share=1 - report.never / max(report.legal, 1),
        train_images=len(data.train.images),
        uniform=uniform_baseline(data.levels, dims),
        per_pixel=bernoulli_baseline(data),
    )
