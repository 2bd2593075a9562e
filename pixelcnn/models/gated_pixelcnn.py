"""Gated PixelCNN: two stacks that together see all earlier pixels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.conditioning import Background, Condition
from pixelcnn.models.config import ModelConfig
from pixelcnn.nn.layers import RELU_GAIN, MaskedConv2d, ShiftDown, VerticalConv2d


@dataclass(frozen=True, kw_only=True)
class GatedPixelCNNConfig(ModelConfig):
    """Options of `GatedPixelCNN`, with the depth of the benchmark as default."""

    blocks: int = 8


class GatedPixelCNN(AutoregressiveModel):
    """A vertical stack for the rows above, a horizontal one for the current row, gates in both.

    Source: van den Oord et al. 2016b, "Conditional Image Generation with PixelCNN Decoders",
    sections 2.1 to 2.3 and figure 2. Deviations: the class bias enters only the gates of the
    horizontal stack and of the vertical one before the link, once each; an optional position
    bias; two levels get one sigmoid output; the head is two 1x1 convolutions with ReLU.
    """

    name = "gated_pixelcnn"
    config_class = GatedPixelCNNConfig
    complete = True

    def __init__(self, config: GatedPixelCNNConfig) -> None:
        super().__init__(config)
        hidden, colours = config.hidden_channels, config.colour_groups
        self.layers = nn.ModuleList(
            GatedLayer(config, first=index == 0) for index in range(config.blocks + 1)
        )
        self.head = MaskedConv2d(hidden, hidden, 1, "B", colours=colours)
        self._output = self._output_layer(hidden, colours)

    def network(self, x: Tensor, labels: Tensor | None) -> Tensor:
        x = self.read_levels(x)
        vertical = horizontal = x
        for layer in self.layers:
            vertical, horizontal = layer(vertical, horizontal, labels)
        return self.output(F.relu(self.head(F.relu(horizontal))))  # (B, C * P, H, W)


class GatedLayer(nn.Module):
    """One layer of both stacks (van den Oord et al. 2016b, figure 2).

    The first layer reads the image: its horizontal convolution is of type A, and it has no
    residual connection, since there are no features to add to.
    """

    def __init__(self, config: GatedPixelCNNConfig, *, first: bool) -> None:
        super().__init__()
        hidden, colours = config.hidden_channels, config.colour_groups
        inputs = config.image_features if first else hidden
        size = config.first_kernel_size if first else config.kernel_size
        self.first = first
        self.vertical = VerticalConv2d(inputs, 2 * hidden, size, gain=1.0)
        self.horizontal = MaskedConv2d(
            inputs,
            2 * hidden,
            (1, size),
            "A" if first else "B",
            colours=colours,
            out_repeats=2,
            gain=1.0,
        )
        self.shift = ShiftDown(2 * hidden)
        # Rows above are past for every colour, so the link has no colour groups.
        self.link = MaskedConv2d(2 * hidden, 2 * hidden, 1, "B", gain=1.0)
        self.mix = MaskedConv2d(hidden, hidden, 1, "B", colours=colours, gain=RELU_GAIN)
        self.vertical_condition = Condition(config, 2 * hidden)
        self.horizontal_condition = Condition(config, 2 * hidden)
        self.background = Background(config, 2 * hidden) if first else None

    def forward(
        self, vertical: Tensor, horizontal: Tensor, labels: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Features `(B, hidden, H, W)` of both stacks to the same."""
        above = self.vertical_condition(self.vertical(vertical), labels)  # (B, 2 * hidden, H, W)
        row = self.horizontal(horizontal) + self.link(self.shift(above))
        row = self.horizontal_condition(row, labels)
        if self.background is not None:
            row = self.background(row, labels)
            above = self.background(above, labels)
        out = self.mix(gate(row))  # (B, hidden, H, W)
        return gate(above), out if self.first else horizontal + out


def gate(features: Tensor) -> Tensor:
    """tanh(first half) * sigmoid(second half) (van den Oord et al. 2016b, equation 2)."""
    halves = features.chunk(2, dim=1)
    return torch.tanh(halves[0]) * torch.sigmoid(halves[1])
