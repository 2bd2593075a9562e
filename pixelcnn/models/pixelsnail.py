"""PixelSNAIL: gated residual convolutions, and attention over all earlier pixels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.conditioning import Background, Condition, PositionBias
from pixelcnn.models.config import ModelConfig
from pixelcnn.nn.attention import CausalAttention, check_heads
from pixelcnn.nn.layers import MaskedConv2d
from pixelcnn.nn.streams import ConvDownRight, concat_elu

_BRANCH_GAIN = 0.1
"""Initial scale of a residual branch's last convolution, as in the authors' code."""


@dataclass(frozen=True, kw_only=True)
class PixelSNAILConfig(ModelConfig):
    """Options of `PixelSNAIL`, besides those of every model.

    `kernel_size` is that of the full kernel, of which the upper left quarter is used: 3 is the
    paper's 2 x 2. Queries and keys get the position even without `position`.

    Attributes:
        residuals: gated residual convolutions per block, before its attention.
        heads: of each attention, which share half of `hidden_channels`.
    """

    hidden_channels: int = 32
    blocks: int = 3
    first_kernel_size: int = 3
    residuals: int = 2
    heads: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("residuals", 1, 64)
        check_heads(self.heads, self.attention_channels, 1)

    @property
    def attention_channels(self) -> int:
        return max(self.hidden_channels // 2, 1)

    @property
    def saturating_blocks(self) -> int:
        """One attention already sees every earlier pixel."""
        return self.blocks


class PixelSNAIL(AutoregressiveModel):
    """Blocks of gated residual convolutions, each closed by attention over all earlier pixels.

    Source: Chen et al. 2018, "PixelSNAIL: An Improved Autoregressive Generative Model", sections
    2.2 and 2.3 and figures 3 to 5, and the authors' code. Deviations:

    - far fewer and narrower blocks; no dropout and no weight normalisation;
    - instead of planes of coordinates beside the inputs of the attention, a learned quadratic
      function of them is added where they would enter (equivalent in a linear layer);
    - keys are as wide as values, and there may be several heads (the code has one head and keys of
      16 channels);
    - as in the paper, the body sees whole earlier pixels only, and the mixture of logistics couples
      the colours of a pixel. Here the head also reads the image through a 1x1 convolution of type
      A, so that G sees R, and B both, with a softmax too;
    - one more 1x1 convolution in the head; two levels get one sigmoid output.
    """

    name = "pixelsnail"
    config_class = PixelSNAILConfig
    complete = True

    def __init__(self, config: PixelSNAILConfig) -> None:
        super().__init__(config)
        hidden, colours = config.hidden_channels, config.colour_groups
        # With one colour group, type A hides all colours of the pixel. The code's sum of a row
        # shifted down and a column shifted right has the same taps.
        self.first = MaskedConv2d(
            config.image_features, hidden, config.first_kernel_size, "A", gain=1.0
        )
        self.background = Background(config, hidden)
        self.blocks = nn.ModuleList(SnailBlock(config) for _ in range(config.blocks))
        self.head = MaskedConv2d(hidden, hidden, 1, "B", gain=1.0)
        self.colour_link = (
            MaskedConv2d(config.image_features, hidden, 1, "A", colours=colours, gain=1.0)
            if colours > 1
            else None
        )
        self._output = self._output_layer(hidden, colours)

    def network(self, x: Tensor, labels: Tensor | None) -> Tensor:
        x = self.read_levels(x)
        h = self.background(self.first(x), labels)  # (B, hidden, H, W)
        for block in self.blocks:
            h = block(h, x, labels)
        h = self.head(F.elu(h))
        if self.colour_link is not None:
            h = h + self.colour_link(x)
        return self.output(F.elu(h))  # (B, C * P, H, W)


class SnailBlock(nn.Module):
    """Gated residual convolutions, attention, and a gated residual layer that merges the two.

    Source: Chen et al. 2018, figure 3. Keys and values depend on the image and the features, and
    so on their own pixel: attention covers positions strictly before.
    """

    def __init__(self, config: PixelSNAILConfig) -> None:
        super().__init__()
        hidden, channels = config.hidden_channels, config.attention_channels
        inputs = config.image_features + hidden
        self.residuals = nn.ModuleList(
            GatedResidual(config, hidden, config.kernel_size) for _ in range(config.residuals)
        )
        self.content = GatedResidual(config, inputs, 1, position=True)
        self.key = MaskedConv2d(inputs, channels, 1, "B", gain=1.0)
        self.value = MaskedConv2d(inputs, channels, 1, "B", gain=1.0)
        self.question = GatedResidual(config, hidden, 1, position=True)
        self.query = MaskedConv2d(hidden, channels, 1, "B", gain=1.0)
        self.attention = CausalAttention(config.heads, strict=True)
        self.merge = GatedResidual(config, hidden, 1, beside=channels)

    def forward(self, h: Tensor, x: Tensor, labels: Tensor | None) -> Tensor:
        """Features `(B, hidden, H, W)` and the scaled image `(B, C, H, W)` to features."""
        for residual in self.residuals:
            h = residual(h, labels)
        known = self.content(torch.cat([x, h], dim=1), labels)  # (B, C + hidden, H, W)
        query = self.query(self.question(h, labels))
        attended = self.attention(query, self.key(known), self.value(known))
        return self.merge(h, labels, attended)  # (B, hidden, H, W)


class GatedResidual(nn.Module):
    """h + a * sigmoid(b), with a and b from two convolutions after concatenated ELUs.

    Source: Chen et al. 2018, figure 4; `gated_resnet` of Salimans et al. 2017, "PixelCNN++".

    Args:
        channels: of the features.
        kernel_size: of both convolutions; 1 reads the pixel alone.
        beside: channels of other features to read as well, 0 for none.
        position: whether the first convolution also reads row and column.
    """

    def __init__(
        self,
        config: PixelSNAILConfig,
        channels: int,
        kernel_size: int,
        *,
        beside: int = 0,
        position: bool = False,
    ) -> None:
        super().__init__()
        self.first = ConvDownRight(2 * channels, channels, kernel_size, gain=1.0)
        self.beside = MaskedConv2d(2 * beside, channels, 1, "B", gain=1.0) if beside else None
        self.position = PositionBias(config.height, config.width, channels) if position else None
        self.second = ConvDownRight(2 * channels, 2 * channels, kernel_size, gain=_BRANCH_GAIN)
        self.condition = Condition(config, 2 * channels)

    def forward(self, h: Tensor, labels: Tensor | None, other: Tensor | None = None) -> Tensor:
        """`(B, channels, H, W)`, and optionally `(B, beside, H, W)`, to `(B, channels, H, W)`."""
        branch = self.first(concat_elu(h))
        if self.beside is not None and other is not None:
            branch = branch + self.beside(concat_elu(other))
        if self.position is not None:
            branch = branch + self.position()
        branch = self.condition(self.second(concat_elu(branch)), labels)
        halves = branch.chunk(2, dim=1)
        return h + halves[0] * torch.sigmoid(halves[1])
