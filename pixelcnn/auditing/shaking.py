"""Other weights than those a network was made with, since these may be special.

A last layer, a gain or a scale that starts at 0 shuts all behind it, and so does a ReLU whose bias
is far below 0: nothing moves, whatever is looked at. In a deep and narrow network, ReLUs shut the
way by chance, with most weights: where none is below 0 they are all open, and no two ways cancel.
What is masked stays masked: a weight that is 0 in a tensor where others are not stays 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum

import torch
from torch import Tensor, nn


class Weights(Enum):
    """Which weights a network is tried with."""

    OWN = "its own"
    SHAKEN = "its own, each moved a little"
    DRAWN = "drawn anew"
    OPEN = "drawn anew, none below 0"


def shake(weights: Sequence[nn.Parameter], kind: Weights, seed: int) -> None:
    """Change weights in place, but for those that are not to be learned.

    Args:
        weights: of the network, with the values that it came with.
        kind: `OWN` changes nothing.
        seed: of the random numbers.
    """
    if kind is Weights.OWN:
        return
    generator = torch.Generator().manual_seed(seed)
    floating = [weight for weight in weights if weight.is_floating_point()]
    learned = [weight for weight in floating if weight.requires_grad]
    # Of a network that is frozen as a whole, masks are told by their values.
    for weight in learned or [one for one in floating if not _is_mask(one)]:
        weight.data = _changed(weight.data, kind, generator)


def _changed(values: Tensor, kind: Weights, generator: torch.Generator) -> Tensor:
    if values.numel() == 0:
        return values
    noise = torch.randn(values.shape, generator=generator, dtype=torch.float64).to(values)
    hidden = values == 0
    partly = bool(hidden.any()) and not bool(hidden.all())
    spread = float(values.double().std(correction=0))
    scale = 1 / math.sqrt(max(1, values[0].numel())) if values.dim() > 1 else 0.5
    if kind is Weights.SHAKEN:
        changed = values + noise * (0.3 * spread if spread > 0 else 0.3 * scale)
    elif kind is Weights.OPEN:
        changed = noise.abs() * scale * scale if values.dim() > 1 else noise.abs() * 0.3 + 0.1
    elif values.dim() > 1:
        changed = noise * scale * 1.5
    else:
        changed = noise * 0.3 + (1.0 if bool((values == 1).all()) else 0.0)
    changed = torch.where(changed == 0, torch.full_like(changed, 0.1), changed)
    return torch.where(hidden, values, changed) if partly and values.dim() > 1 else changed


def _is_mask(weight: Tensor) -> bool:
    return bool(((weight == 0) | (weight == 1)).all())
