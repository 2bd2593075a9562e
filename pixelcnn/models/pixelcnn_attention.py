"""PixelCNN with attention: convolutions for near pixels, attention for all earlier ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from pixelcnn.errors import ConfigError
from pixelcnn.models.conditioning import PositionBias
from pixelcnn.models.pixelcnn import PixelCNN
from pixelcnn.models.pixelcnn_blocks import PixelCNNConfig, channel_norm
from pixelcnn.nn.attention import CausalAttention, check_heads
from pixelcnn.nn.layers import MaskedConv2d
from pixelcnn.system.checks import is_whole


@dataclass(frozen=True, kw_only=True)
class PixelCNNAttentionConfig(PixelCNNConfig):
    """Options of `PixelCNNAttention`, besides those of `PixelCNN`.

    Attributes:
        attention_every: blocks from one attention to the next; the last block is always followed
            by one.
        heads: of each attention, a multiple of the number of colour groups; None for one head per
            group.
    """

    attention_every: int = 1
    heads: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("attention_every", 1, 256)
        if self.heads is not None:
            if not is_whole(self.heads):
                raise ConfigError(f"heads = {self.heads!r} is neither a whole number nor None.")
            check_heads(self.heads, self.hidden_channels, self.colour_groups)

    @property
    def head_count(self) -> int:
        return self.colour_groups if self.heads is None else self.heads

    @property
    def saturating_blocks(self) -> int:
        """One attention already sees every earlier pixel."""
        return self.blocks

    def attends_after(self, block: int) -> bool:
        """Whether attention follows this block, counted from 0."""
        return (block + 1) % self.attention_every == 0 or block + 1 == self.blocks


class PixelCNNAttention(PixelCNN):
    """The plain PixelCNN with causal multi-head self-attention between its residual blocks.

    Source: the course notebook's attention variant, which had no mask, so that every pixel saw the
    whole image including itself; made causal here. The attention is that of Vaswani et al. 2017,
    "Attention Is All You Need", section 3.2; it reads the image beside the features as in
    Chen et al. 2018, "PixelSNAIL", section 2.2.

    It needs the image because a pixel's features depend on the pixels to its left and a wedge
    above: the last pixel of a row reaches only features further right in the next row. Attention
    over features up to and including its own position would miss it at the next row's start. Keys
    and values that include their own pixel, attended strictly before, miss nothing.
    """

    name = "pixelcnn_attention"
    config_class = PixelCNNAttentionConfig
    complete = True

    def __init__(self, config: PixelCNNAttentionConfig) -> None:
        super().__init__(config)
        self.attentions = nn.ModuleDict(
            {
                str(block): AttentionBlock(config)
                for block in range(config.blocks)
                if config.attends_after(block)
            }
        )

    def mixed(self, block: int, h: Tensor, x: Tensor) -> Tensor:
        """Attention after a block, where configured."""
        if str(block) not in self.attentions:
            return h
        return cast(Tensor, self.attentions[str(block)](h, x))


class AttentionBlock(nn.Module):
    """h + conv1x1(attention(h, image)), over all positions strictly before.

    Keys and values belong to whole earlier pixels, which every colour may see; only the query and
    the output keep the colours apart. Since convolutions and sums treat all positions alike, a
    learned function of row and column is added to queries and keys.
    """

    def __init__(self, config: PixelCNNAttentionConfig) -> None:
        super().__init__()
        hidden, colours = config.hidden_channels, config.colour_groups
        inputs = hidden + config.image_features
        self.norm = channel_norm(config)
        self.query = MaskedConv2d(hidden, hidden, 1, "B", colours=colours, gain=1.0)
        self.key = MaskedConv2d(inputs, hidden, 1, "B", gain=1.0)
        self.value = MaskedConv2d(inputs, hidden, 1, "B", gain=1.0)
        self.query_position = PositionBias(config.height, config.width, hidden)
        self.key_position = PositionBias(config.height, config.width, hidden)
        self.attention = CausalAttention(config.head_count, strict=True)
        self.out = MaskedConv2d(hidden, hidden, 1, "B", colours=colours, gain=1.0)

    def forward(self, h: Tensor, x: Tensor) -> Tensor:
        """Features `(B, hidden, H, W)` and the scaled image `(B, C, H, W)` to features."""
        branch = h if self.norm is None else self.norm(h)
        known = torch.cat([branch, x], dim=1)  # (B, hidden + C, H, W)
        query = self.query(branch) + self.query_position()
        key = self.key(known) + self.key_position()
        return h + self.out(self.attention(query, key, self.value(known)))
