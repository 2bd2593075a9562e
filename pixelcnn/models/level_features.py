"""Piecewise-linear features of a grey level, which separate it from its neighbours."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.models.config import ModelConfig
from pixelcnn.nn.layers import MaskedConv2d


class LevelFeatures(nn.Module):
    """Piecewise-linear functions of each pixel's own level: `(B, 1, H, W)` to `(B, K, H, W)`.

    As one number between -1 and 1, levels 253 and 254 are almost the same to a convolution, but in
    MNIST the full strokes of each digit keep to one level from 250 to 255 (59 pixels of a digit;
    knowing the frequent level of the same digit saves 40 nats over knowing that of all digits).
    ReLUs that bend between two levels tell them apart, and the first convolution can sum them to
    any function of the level. The bends start at 1, 2, 3, ... levels from the lightest, then spread
    further apart; one function is 1 at the darkest level and 0 elsewhere. Training moves them.

    Not in the papers: van den Oord et al. 2016a feed the plain numbers.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        count, highest = config.level_features, config.levels - 1
        self.lines = MaskedConv2d(1, count, 1, "B")
        bends = torch.arange(1.0, count)
        even = highest ** ((bends - 1) / max(count - 2, 1))  # from 1 to all levels
        lengths = torch.maximum(bends, even).clamp(max=highest)
        # Each rises from 0 to 1 over the last `lengths` levels; the input x is in [-1, 1].
        slopes = torch.cat([torch.tensor([-highest / 2]), highest / (2 * lengths)])
        at_highest = torch.cat([torch.tensor([1.0 - highest]), torch.ones(count - 1)])
        with torch.no_grad():
            self.lines.weight.copy_(slopes[:, None, None, None])
            assert self.lines.bias is not None
            self.lines.bias.copy_(at_highest - slopes)

    def forward(self, x: Tensor) -> Tensor:
        """The scaled image `(B, 1, H, W)` to features `(B, K, H, W)`."""
        return F.relu(self.lines(x))
