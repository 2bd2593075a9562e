"""A moving average of the weights, which scores and draws better than the weights of one step.

Source: Polyak & Juditsky 1992 for the idea; Salimans et al. 2017, section 3 and their code, for
its use in an autoregressive image model (there with a decay of 0.9995).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from pixelcnn.models.base import AutoregressiveModel


class AveragedWeights:
    """A copy of a model whose weights follow the model's own, smoothed over steps.

    After each step, average <- d * average + (1 - d) * weights, with
    d = min(decay, (1 + step) / (10 + step)): the first steps, still far from good, are soon
    forgotten, so that a run of some hundred steps gains too. Not in Salimans et al.; it is that of
    TensorFlow's `ExponentialMovingAverage` with `num_updates`.

    Buffers (masks, positions) are constants in this lab and stay as they were copied.
    """

    def __init__(self, model: AutoregressiveModel, decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._decay = decay
        self._pairs = list(zip(self.model.parameters(), model.parameters(), strict=True))

    def decay_at(self, step: int) -> float:
        """The share of the average that is kept after `step` steps, counted from 1."""
        return min(self._decay, (1 + step) / (10 + step))

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Follow the model's weights as they are after `step` steps."""
        share = 1 - self.decay_at(step)
        for average, weight in self._pairs:
            average.lerp_(weight, share)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a `state_dict` of `self.model`.

        Raises:
            RuntimeError: it is that of another model.
        """
        self.model.load_state_dict(dict(state))

    @torch.no_grad()
    def hand_over(self) -> None:
        """Give the model itself the averaged weights; for the end of a training."""
        for average, weight in self._pairs:
            weight.copy_(average)
