"""PixelCNN++: two streams at several resolutions, and a mixture of logistics."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.conditioning import Background, Condition
from pixelcnn.models.config import LikelihoodName, ModelConfig
from pixelcnn.nn.layers import MaskedConv2d, TapConv2d, Upsample2
from pixelcnn.nn.streams import ConvDown, ConvDownRight, concat_elu

Streams = tuple[Tensor, Tensor]
"""Features `(B, hidden, H, W)` of the down stream and of the down-right stream."""


@dataclass(frozen=True, kw_only=True)
class PixelCNNPPConfig(ModelConfig):
    """Options of `PixelCNNPP`, besides those of every model.

    `blocks` counts the gated layers at each resolution on the way down; on the way up there is one
    more at each but the coarsest, for the features before the first gated layer.

    Attributes:
        resolutions: number of resolutions, each with half the rows and columns of the previous one,
            rounded up.
        dropout: dropout rate inside each gated layer.
    """

    first_kernel_size: int = 3
    likelihood: LikelihoodName = "logistic_mixture"
    resolutions: int = 3
    dropout: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("resolutions", 1, 8)
        self._check_range("dropout", 0.0, 0.9)

    @property
    def saturating_blocks(self) -> int:
        """Full size alone has 2 * blocks or more gated layers, with two kernels each."""
        return max(self.blocks, -(-max(self.height, self.width) // 4))


class PixelCNNPP(AutoregressiveModel):
    """A down stream for the rows above and a down-right stream for all of the past, like a U-net.

    On the way down both streams are halved in size, on the way up doubled again; each layer on the
    way up also reads its counterpart on the way down. The streams see whole earlier pixels, all
    colours included; the likelihood couples the colours of a pixel, through the means of the
    logistics.

    Source: Salimans et al. 2017, "PixelCNN++", sections 2.1 to 2.5 and figures 2 and 3, and their
    code. Deviations: no weight normalisation and no data-dependent initialisation; upsampling
    repeats pixels before an ordinary causal convolution, instead of a transposed strided one; no
    plane of ones beside the image; the down-right stream's first two convolutions are one with mask
    A, which reads the same pixels. For a softmax likelihood, which couples nothing, a hidden layer
    with colour groups lets G see R, and B both. Position bias and scaling by class are not in the
    paper, which has 160 channels, dropout 0.5 and 10 components.
    """

    name = "pixelcnnpp"
    config_class = PixelCNNPPConfig
    complete = True

    def __init__(self, config: PixelCNNPPConfig) -> None:
        super().__init__(config)
        hidden, size = config.hidden_channels, config.first_kernel_size
        self.first_down = ConvDown(config.image_features, hidden, size, strict=True, gain=1.0)
        self.first_right = MaskedConv2d(config.image_features, hidden, size, "A", gain=1.0)
        self.background_down = Background(config, hidden)
        self.background_right = Background(config, hidden)

        scales = range(config.resolutions)
        sizes = [(-(-config.height // 2**s), -(-config.width // 2**s)) for s in scales]
        self.way_down = nn.ModuleList(DownStage(config, first=scale == 0) for scale in scales)
        self.way_up = nn.ModuleList(
            UpStage(config, None if scale == scales[-1] else sizes[scale])
            for scale in reversed(scales)
        )

        colours = 1 if self.likelihood.coupled else config.colour_groups
        self.colour_link = ColourLink(config) if colours > 1 else None
        self._output = self._output_layer(hidden, colours)

    def network(self, x: Tensor, labels: Tensor | None) -> Tensor:
        x = self.read_levels(x)
        down = self.background_down(self.first_down(x), labels)  # (B, hidden, H, W)
        right = self.background_right(self.first_right(x), labels)
        shortcuts = [(down, right)]
        for stage in self.way_down:
            shortcuts += stage(*shortcuts[-1], labels)
        down, right = shortcuts.pop()
        for stage in self.way_up:
            down, right = stage(down, right, labels, shortcuts)
        h = F.elu(right)
        if self.colour_link is not None:
            h = self.colour_link(h, x)
        return self.output(h)  # (B, C * P, H, W)


class DownStage(nn.Module):
    """One resolution on the way down; all but the first begin by halving both streams."""

    def __init__(self, config: PixelCNNPPConfig, *, first: bool) -> None:
        super().__init__()
        self.halving = None if first else Halving(config)
        self.layers = nn.ModuleList(
            GatedPair(config, short_cut=False) for _ in range(config.blocks)
        )

    def forward(self, down: Tensor, right: Tensor, labels: Tensor | None) -> list[Streams]:
        """Features `(B, hidden, H, W)` of both streams to those after each layer here."""
        shortcuts = [] if self.halving is None else [self.halving(down, right)]
        for layer in self.layers:
            shortcuts.append(layer(*(shortcuts[-1] if shortcuts else (down, right)), labels))
        return shortcuts


class UpStage(nn.Module):
    """One resolution on the way up, with shortcuts; upsamples both streams to `size`, if given."""

    def __init__(self, config: PixelCNNPPConfig, size: tuple[int, int] | None) -> None:
        super().__init__()
        self.doubling = None if size is None else Doubling(config, *size)
        # One more, for the features before the first gated layer; at the coarsest resolution the
        # way up starts from the last result, so no shortcut is needed there.
        count = config.blocks + (size is not None)
        self.layers = nn.ModuleList(GatedPair(config, short_cut=True) for _ in range(count))

    def forward(
        self, down: Tensor, right: Tensor, labels: Tensor | None, shortcuts: list[Streams]
    ) -> Streams:
        """Features of both streams to the next; pops its shortcuts off the end of `made`."""
        if self.doubling is not None:
            down, right = self.doubling(down, right)
        for layer in self.layers:
            down, right = layer(down, right, labels, *shortcuts.pop())
        return down, right


class GatedPair(nn.Module):
    """One gated layer of each stream; the down-right one reads the result of the down one."""

    def __init__(self, config: PixelCNNPPConfig, *, short_cut: bool) -> None:
        super().__init__()
        hidden = config.hidden_channels
        self.down = GatedLayer(config, ConvDown, extra=hidden if short_cut else 0)
        self.right = GatedLayer(config, ConvDownRight, extra=2 * hidden if short_cut else hidden)

    def forward(
        self,
        down: Tensor,
        right: Tensor,
        labels: Tensor | None,
        made_down: Tensor | None = None,
        made_right: Tensor | None = None,
    ) -> Streams:
        """Features `(B, hidden, H, W)` of both streams, and those of the way down."""
        down = self.down(down, made_down, labels)
        extra = down if made_right is None else torch.cat([down, made_right], dim=1)
        return down, self.right(right, extra, labels)


class GatedLayer(nn.Module):
    """h + a * sigmoid(b), where a and b come from two convolutions with concat-ELU before each.

    Source: Salimans et al. 2017, figure 3 and `gated_resnet` in their code.

    Args:
        convolution: of this layer's stream.
        extra: channels of other features to read, each at its own position.
    """

    def __init__(
        self,
        config: PixelCNNPPConfig,
        convolution: type[ConvDown] | type[ConvDownRight],
        *,
        extra: int,
    ) -> None:
        super().__init__()
        hidden, size = config.hidden_channels, config.kernel_size
        self.conv1 = convolution(2 * hidden, hidden, size, gain=1.0)
        self.extra = MaskedConv2d(2 * extra, hidden, 1, "B", gain=1.0) if extra else None
        self.dropout = nn.Dropout(config.dropout)
        self.conv2 = convolution(2 * hidden, 2 * hidden, size, gain=1.0)
        self.condition = Condition(config, 2 * hidden)

    def forward(self, h: Tensor, extra: Tensor | None, labels: Tensor | None) -> Tensor:
        """Features `(B, hidden, H, W)` to the same, reading others `(B, extra, H, W)` too."""
        branch = self.conv1(concat_elu(h))
        if self.extra is not None and extra is not None:
            branch = branch + self.extra(concat_elu(extra))
        branch = self.conv2(self.dropout(concat_elu(branch)))  # (B, 2 * hidden, H, W)
        halves = self.condition(branch, labels).chunk(2, dim=1)
        return h + halves[0] * torch.sigmoid(halves[1])


class Halving(nn.Module):
    """Downsamples both streams by strided convolutions."""

    def __init__(self, config: PixelCNNPPConfig) -> None:
        super().__init__()
        hidden, size = config.hidden_channels, config.kernel_size
        self.down = ConvDown(hidden, hidden, size, stride=2, gain=1.0)
        self.right = ConvDownRight(hidden, hidden, size, stride=2, gain=1.0)

    def forward(self, down: Tensor, right: Tensor) -> Streams:
        """`(B, hidden, H, W)` to half of H and W, rounded up."""
        return self.down(down), self.right(right)


class Doubling(nn.Module):
    """Upsamples both streams to `height` x `width`: repeats pixels, then convolves."""

    def __init__(self, config: PixelCNNPPConfig, height: int, width: int) -> None:
        super().__init__()
        hidden, size = config.hidden_channels, config.kernel_size
        self.repeat = Upsample2(height, width)
        self.down = ConvDown(hidden, hidden, size, gain=1.0)
        self.right = ConvDownRight(hidden, hidden, size, gain=1.0)

    def forward(self, down: Tensor, right: Tensor) -> Streams:
        """Half of H and W, rounded up, to `(B, hidden, H, W)`."""
        return self.down(self.repeat(down)), self.right(self.repeat(right))


class ColourLink(nn.Module):
    """A hidden layer where the features of G start to see R, and those of B both.

    Layers before it see nothing of the pixel itself, so all groups may read all their features;
    the image enters under mask A.
    """

    def __init__(self, config: PixelCNNPPConfig) -> None:
        super().__init__()
        hidden = config.hidden_channels
        self.features = TapConv2d(torch.ones(hidden, hidden, 1, 1, dtype=torch.bool))
        self.image = MaskedConv2d(
            config.image_features,
            hidden,
            1,
            "A",
            colours=config.colour_groups,
            bias=False,
            gain=1.0,
        )

    def forward(self, h: Tensor, x: Tensor) -> Tensor:
        """Features `(B, hidden, H, W)` and the image `(B, C, H, W)` to features in groups."""
        return F.elu(self.features(h) + self.image(x))
