"""The options of the plain PixelCNN and its three kinds of blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.errors import ConfigError
from pixelcnn.models.conditioning import Condition
from pixelcnn.models.config import ModelConfig
from pixelcnn.nn.layers import RELU_GAIN, ChannelNorm, MaskedConv2d
from pixelcnn.system.checks import is_whole

Block = Literal["plain", "bottleneck", "single"]
Norm = Literal["none", "layer"]
Activation = Literal["relu", "elu", "tanh", "none"]

_WIDEST_DILATION = 64
_MOST_DILATIONS = 256


def _unchanged(h: Tensor) -> Tensor:
    return h


_ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "elu": F.elu,
    "tanh": torch.tanh,
    "none": _unchanged,
}


@dataclass(frozen=True, kw_only=True)
class PixelCNNConfig(ModelConfig):
    """Options of `PixelCNN`, besides those of every model.

    Attributes:
        block: `plain`, two k x k masked convolutions; `bottleneck`, 1x1, k x k at half the
            channels, 1x1; `single`, one k x k masked convolution and no residual connection.
        norm: `none`, or `layer`: normalisation over the channels of each position.
        skip: the head reads the sum of all blocks' outputs, each through a 1x1 convolution, instead
            of the last block's output.
        dilations: distance in pixels between neighbouring weights of the k x k convolutions; the
            blocks cycle through them.
        activation: `relu`, `elu`, `tanh`, or `none`: without normalisation, the parameters are then
            a linear function of the image at any depth.
        head_layers: 1x1 convolutions, each followed by the activation, before the last one.
    """

    block: Block = "plain"
    norm: Norm = "none"
    skip: bool = False
    dilations: tuple[int, ...] = (1,)
    activation: Activation = "relu"
    head_layers: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_choice("block", get_args(Block))
        self._check_choice("norm", get_args(Norm))
        self._check_choice("activation", get_args(Activation))
        self._check_range("head_layers", 1, 16)
        # JSON has lists only; tuples make equal configurations equal and hashable.
        object.__setattr__(self, "dilations", _checked_dilations(self.dilations))

    @property
    def saturating_blocks(self) -> int:
        """With mixed dilations, perhaps only one of them fills the last gaps."""
        steps = max(self.height, self.width) * len(self.dilations)
        return max(super().saturating_blocks, min(steps, 256))

    @property
    def gain(self) -> float:
        """Initialisation gain that compensates for the activation (as `nn.init.calculate_gain`)."""
        return RELU_GAIN if self.activation in ("relu", "elu") else 1.0

    def dilation_of(self, block: int) -> int:
        """Of the k x k convolutions in a block, counted from 0."""
        return self.dilations[block % len(self.dilations)]


def activation(config: PixelCNNConfig) -> Callable[[Tensor], Tensor]:
    """The activation function."""
    return _ACTIVATIONS[config.activation]


def residual_blocks(config: PixelCNNConfig) -> nn.ModuleList:
    """The configured blocks."""
    kind = {"plain": PlainBlock, "bottleneck": BottleneckBlock, "single": SingleBlock}[config.block]
    return nn.ModuleList(
        kind(config, dilation=config.dilation_of(index)) for index in range(config.blocks)
    )


class PlainBlock(nn.Module):
    """h + act(conv(act(conv(h)))): two k x k masked convolutions of type B."""

    def __init__(self, config: PixelCNNConfig, *, dilation: int) -> None:
        super().__init__()
        hidden = config.hidden_channels
        self.norm = channel_norm(config)
        self.conv1 = _masked(config, hidden, hidden, config.kernel_size, dilation)
        self.conv2 = _masked(config, hidden, hidden, config.kernel_size, dilation)
        self.condition = Condition(config, hidden)
        self.act = activation(config)

    def forward(self, h: Tensor, labels: Tensor | None) -> Tensor:
        """`(B, hidden, H, W)` to the same."""
        branch = h if self.norm is None else self.norm(h)
        branch = self.condition(self.conv1(branch), labels)
        return h + self.act(self.conv2(self.act(branch)))


class BottleneckBlock(nn.Module):
    """h + conv1x1(act(conv(act(conv1x1(act(h)))))), the middle one at half the channels.

    Source: van den Oord et al. 2016a, figure 5 (left).
    """

    def __init__(self, config: PixelCNNConfig, *, dilation: int) -> None:
        super().__init__()
        hidden, colours = config.hidden_channels, config.colour_groups
        half = max(hidden // (2 * colours), 1) * colours
        self.norm = channel_norm(config)
        self.reduce = _masked(config, hidden, half)
        self.condition = Condition(config, half)
        self.conv = _masked(config, half, half, config.kernel_size, dilation)
        self.expand = _masked(config, half, hidden)
        self.act = activation(config)

    def forward(self, h: Tensor, labels: Tensor | None) -> Tensor:
        """`(B, hidden, H, W)` to the same."""
        branch = h if self.norm is None else self.norm(h)
        branch = self.condition(self.reduce(self.act(branch)), labels)
        return h + self.expand(self.act(self.conv(self.act(branch))))


class SingleBlock(nn.Module):
    """conv(act(h)): one k x k masked convolution of type B, without residual connection.

    The activation comes first, so that it also follows the network's first layer; the head has the
    one after the last block.
    """

    def __init__(self, config: PixelCNNConfig, *, dilation: int) -> None:
        super().__init__()
        hidden = config.hidden_channels
        self.norm = channel_norm(config)
        self.conv = _masked(config, hidden, hidden, config.kernel_size, dilation)
        self.condition = Condition(config, hidden)
        self.act = activation(config)

    def forward(self, h: Tensor, labels: Tensor | None) -> Tensor:
        """`(B, hidden, H, W)` to the same."""
        h = h if self.norm is None else self.norm(h)
        return self.condition(self.conv(self.act(h)), labels)


def skip_convolutions(config: PixelCNNConfig) -> nn.ModuleList:
    """One 1x1 masked convolution per block; their sum is about as large as one output."""
    hidden = config.hidden_channels
    return nn.ModuleList(
        MaskedConv2d(
            hidden,
            hidden,
            1,
            "B",
            colours=config.colour_groups,
            gain=1 / math.sqrt(config.blocks),
        )
        for _ in range(config.blocks)
    )


def _masked(
    config: PixelCNNConfig, inputs: int, outputs: int, size: int = 1, dilation: int = 1
) -> MaskedConv2d:
    return MaskedConv2d(
        inputs,
        outputs,
        size,
        "B",
        colours=config.colour_groups,
        dilation=dilation,
        gain=config.gain,
    )


def channel_norm(config: PixelCNNConfig) -> ChannelNorm | None:
    """The normalisation before a branch, if any."""
    if config.norm == "none":
        return None
    return ChannelNorm(config.hidden_channels, colours=config.colour_groups)


def _checked_dilations(given: object) -> tuple[int, ...]:
    listed = tuple(given) if isinstance(given, list | tuple) else ()
    whole = all(is_whole(step, 1, _WIDEST_DILATION) for step in listed)
    if not whole or not 1 <= len(listed) <= _MOST_DILATIONS:
        raise ConfigError(
            f"dilations = {given!r:.80} is not a list of whole numbers from 1 to "
            f"{_WIDEST_DILATION}, such as [1, 2, 4]."
        )
    return listed
