"""PixelCNN: one stack of masked convolutions, simple and with a blind spot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.conditioning import Background, Condition
from pixelcnn.layers import ChannelNorm, MaskedConv2d
from pixelcnn.models.base import AutoregressiveModel, ModelConfig


@dataclass(frozen=True, kw_only=True)
class PixelCNNConfig(ModelConfig):
    """Options of `PixelCNN`, besides those of every model.

    Attributes:
        block: `plain`, two k x k masked convolutions; `bottleneck`, 1x1, k x k at half the
            channels, 1x1.
        norm: `none`, or `layer`: normalisation over the channels of each position.
    """

    block: Literal["plain", "bottleneck"] = "plain"
    norm: Literal["none", "layer"] = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_choice("block", ("plain", "bottleneck"))
        self._check_choice("norm", ("none", "layer"))


class PixelCNN(AutoregressiveModel):
    """Masked convolution A, residual blocks of masked convolutions B, a 1x1 head.

    Source: van den Oord et al. 2016a, "Pixel Recurrent Neural Networks", sections 3.2 to 3.5 and
    table 1. Deviations: blocks are smaller than the paper's (the paper uses fifteen bottleneck
    blocks of 128 channels), an optional layer normalisation, class bias and position bias are not
    in it, and two levels get one sigmoid output instead of a two-way softmax.

    The repeated kernels look up and to the left, never up and far to the right: whatever the
    depth, a wedge of pixels to the upper right stays unseen (the blind spot).
    """

    name = "pixelcnn"
    config_class = PixelCNNConfig
    complete = False

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__(config)
        hidden, colours = config.hidden_channels, config.colour_groups
        self.first = MaskedConv2d(
            config.channels, hidden, config.first_kernel_size, "A", colours=colours
        )
        self.background = Background(config, hidden)
        self.condition = Condition(config, hidden)
        block = PlainBlock if config.block == "plain" else BottleneckBlock
        self.blocks = nn.ModuleList(block(config) for _ in range(config.blocks))
        self.head = MaskedConv2d(hidden, hidden, 1, "B", colours=colours)
        self._output = MaskedConv2d(
            hidden, config.channels * self.likelihood.parameters, 1, "B", colours=colours
        )

    @property
    def output(self) -> MaskedConv2d:
        """See `AutoregressiveModel.output`."""
        return self._output

    def network(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """See `AutoregressiveModel.network`."""
        h = self.background(self.first(x), labels)  # (B, hidden, H, W)
        h = self.condition(h, labels)
        for block in self.blocks:
            h = block(h, labels)
        return self.output(F.relu(self.head(F.relu(h))))  # (B, C * P, H, W)


class PlainBlock(nn.Module):
    """h + relu(conv(relu(conv(h)))): two k x k masked convolutions of type B."""

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__()
        hidden, colours, size = config.hidden_channels, config.colour_groups, config.kernel_size
        self.norm = ChannelNorm(hidden, colours=colours) if config.norm == "layer" else None
        self.conv1 = MaskedConv2d(hidden, hidden, size, "B", colours=colours)
        self.conv2 = MaskedConv2d(hidden, hidden, size, "B", colours=colours)
        self.condition = Condition(config, hidden)

    def forward(self, h: Tensor, labels: Tensor | None) -> Tensor:
        """`(B, hidden, H, W)` to the same."""
        branch = h if self.norm is None else self.norm(h)
        branch = self.condition(self.conv1(branch), labels)
        return h + F.relu(self.conv2(F.relu(branch)))


class BottleneckBlock(nn.Module):
    """h + conv1x1(relu(conv(relu(conv1x1(relu(h)))))), the middle one at half the channels.

    Source: van den Oord et al. 2016a, figure 5 (left).
    """

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__()
        hidden, colours, size = config.hidden_channels, config.colour_groups, config.kernel_size
        half = max(hidden // (2 * colours), 1) * colours
        self.norm = ChannelNorm(hidden, colours=colours) if config.norm == "layer" else None
        self.reduce = MaskedConv2d(hidden, half, 1, "B", colours=colours)
        self.condition = Condition(config, half)
        self.conv = MaskedConv2d(half, half, size, "B", colours=colours)
        self.expand = MaskedConv2d(half, hidden, 1, "B", colours=colours)

    def forward(self, h: Tensor, labels: Tensor | None) -> Tensor:
        """`(B, hidden, H, W)` to the same."""
        branch = h if self.norm is None else self.norm(h)
        branch = self.condition(self.reduce(F.relu(branch)), labels)
        return h + self.expand(F.relu(self.conv(F.relu(branch))))
