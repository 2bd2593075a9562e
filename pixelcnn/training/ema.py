"""A moving average of the weights, which scores and draws better than the weights of one step.

Source: Polyak & Juditsky 1992 for the idea; Salimans et al. 2017, section 3 and their code, for
its use in an autoregressive image model (there with a decay of 0.9995).
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.optim.swa_utils import PARAM_LIST, AveragedModel, get_ema_multi_avg_fn


def averaged_weights(model: nn.Module, decay: float) -> AveragedModel:
    """A copy of a model, whose weights follow the model's own.

    After each step, average <- d * average + (1 - d) * weights, with d from `decay_at`.
    """

    def follow(averages: PARAM_LIST, weights: PARAM_LIST, step: Tensor | int) -> None:
        get_ema_multi_avg_fn(decay_at(int(step), decay))(averages, weights, step)

    average = AveragedModel(model, multi_avg_fn=follow)
    # The step to come. From 0 on, PyTorch would have the first step replace what was copied.
    average.n_averaged.fill_(1)
    return average.eval().requires_grad_(False)


def decay_at(step: int, decay: float) -> float:
    """The share of the average that is kept after `step` steps, counted from 1.

    min(decay, (1 + step) / (10 + step)): the first steps, still far from good, are soon forgotten,
    so that a run of some hundred steps gains too. Not in Salimans et al.; it is that of
    TensorFlow's `ExponentialMovingAverage` with `num_updates`.
    """
    return min(decay, (1 + step) / (10 + step))
