"""How many weights a model stores, and how many of them it uses."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from pixelcnn.nn.layers import TapConv2d


@dataclass(frozen=True)
class ParameterCount:
    """Numbers of weights.

    Attributes:
        stored: all parameters, as the papers count them: kernels whole, masked weights included.
        used: those that no mask hides.
    """

    stored: int
    used: int

    def __str__(self) -> str:
        if self.stored == self.used:
            return f"{self.stored:,}"
        return f"{self.stored:,} stored, {self.used:,} used"


def count_parameters(model: nn.Module) -> ParameterCount:
    """The weights of a model that is stored, and of those the ones that can affect its output."""
    stored = sum(weight.numel() for weight in model.parameters())
    masked = sum(
        int((~layer.mask).sum()) for layer in model.modules() if isinstance(layer, TapConv2d)
    )
    return ParameterCount(stored, stored - masked)
