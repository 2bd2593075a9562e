"""PixelCNN: a single stack of masked convolutions, simple and with a blind spot."""

from __future__ import annotations

from torch import Tensor, nn

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.conditioning import Background, Condition
from pixelcnn.models.pixelcnn_blocks import (
    PixelCNNConfig,
    activation,
    residual_blocks,
    skip_convolutions,
)
from pixelcnn.nn.layers import MaskedConv2d


class PixelCNN(AutoregressiveModel):
    """Masked convolution A, residual blocks of masked convolutions B, a 1x1 head.

    Source: van den Oord et al. 2016a, "Pixel Recurrent Neural Networks", sections 3.2 to 3.5 and
    table 1. Deviations: smaller blocks (the paper has fifteen bottleneck blocks of 128 channels);
    options that its PixelCNN lacks: layer normalisation, skip connections to the head (which its
    recurrent networks have), dilations, other activations, class bias and position bias; and one
    sigmoid output for two levels instead of a two-way softmax.

    The repeated kernels look up and to the left, never up and far to the right: a wedge of pixels
    to the upper right stays unseen at any depth (the blind spot).
    """

    name = "pixelcnn"
    config_class = PixelCNNConfig
    complete = False

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__(config)
        hidden, colours = config.hidden_channels, config.colour_groups
        self.act = activation(config)
        self.first = MaskedConv2d(
            config.image_features,
            hidden,
            config.first_kernel_size,
            "A",
            colours=colours,
            gain=config.gain,
        )
        self.background = Background(config, hidden)
        self.condition = Condition(config, hidden)
        self.blocks = residual_blocks(config)
        self.skips = skip_convolutions(config) if config.skip else None
        self.head = MaskedConv2d(hidden, hidden, 1, "B", colours=colours, gain=config.gain)
        self.more_head = nn.ModuleList(
            MaskedConv2d(hidden, hidden, 1, "B", colours=colours, gain=config.gain)
            for _ in range(config.head_layers - 1)
        )
        self._output = self._output_layer(hidden, colours, config.gain)

    def network(self, x: Tensor, labels: Tensor | None) -> Tensor:
        x = self.read_levels(x)
        h = self.background(self.first(x), labels)  # (B, hidden, H, W)
        h = self.condition(h, labels)
        outputs = []
        for index, block in enumerate(self.blocks):
            h = self.mixed(index, block(h, labels), x)
            outputs.append(h)
        if self.skips is not None:
            h = self.skips[0](outputs[0])
            for skip, output in zip(self.skips[1:], outputs[1:], strict=True):
                h = h + skip(output)
        h = self.act(self.head(self.act(h)))
        for layer in self.more_head:
            h = self.act(layer(h))
        return self.output(h)  # (B, C * P, H, W)

    def mixed(self, block: int, h: Tensor, x: Tensor) -> Tensor:
        """Hook after each block: the identity here.

        Args:
            block: index of the block, from 0.
            h: its features `(B, hidden, H, W)`; the result has the same shape.
            x: the scaled image `(B, C, H, W)`.
        """
        return h
