"""PixelRNN: recurrent layers that carry information across the whole image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.conditioning import Background, Condition
from pixelcnn.models.config import ModelConfig
from pixelcnn.nn.layers import MaskedConv2d, ShiftDown, TapConv2d
from pixelcnn.nn.recurrence import GATES, Cell, DiagonalRecurrence, RowRecurrence

LayerName = Literal["row_lstm", "diagonal_bilstm"]


@dataclass(frozen=True, kw_only=True)
class PixelRNNConfig(ModelConfig):
    """Options of `PixelRNN`, besides those of every model.

    `hidden_channels` counts the channels of a state (h in the paper); features between the
    recurrent layers have twice as many. `kernel_size` is that of the row layer's input.

    Attributes:
        layer: `row_lstm` goes row by row and sees a triangle; `diagonal_bilstm` goes along the
            diagonals from both sides and sees everything.
        cell: `lstm` as in the paper, or `gru`, a quarter smaller.
        residual: whether a layer's result is added to its input.
    """

    layer: LayerName = "diagonal_bilstm"
    cell: Cell = "lstm"
    residual: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_choice("layer", get_args(LayerName))
        self._check_choice("cell", get_args(Cell))

    @property
    def saturating_blocks(self) -> int:
        """One diagonal layer sees every earlier pixel; each row layer extends to the left."""
        return self.blocks if self.layer == "diagonal_bilstm" else super().saturating_blocks


class PixelRNN(AutoregressiveModel):
    """Masked convolution A, recurrent layers with residual connections, a 1x1 head.

    Source: van den Oord et al. 2016a, "Pixel Recurrent Neural Networks", sections 3.1 to 3.4 and
    table 1. Deviations: the reverse pass of the first diagonal layer also reads the image itself,
    see `DiagonalLayer`; an optional GRU cell; the state-to-state convolution reads all channels of
    its neighbours, which are earlier pixels; class bias and position bias are not in the paper; its
    skip connections to the head (section 3.3) are left out; two levels get one sigmoid output.

    The row layers' receptive field widens by one pixel on each side with every row further up, so
    pixels to the right of that triangle stay unseen at any depth.
    """

    name = "pixelrnn"
    config_class = PixelRNNConfig

    def __init__(self, config: PixelRNNConfig) -> None:
        super().__init__(config)
        features, colours = 2 * config.hidden_channels, config.colour_groups
        self._complete = config.layer == "diagonal_bilstm"
        self.first = MaskedConv2d(
            config.image_features,
            features,
            config.first_kernel_size,
            "A",
            colours=colours,
            gain=1.0,
        )
        self.background = Background(config, features)
        self.layers = nn.ModuleList(
            DiagonalLayer(config, first=index == 0) if self._complete else RowLayer(config)
            for index in range(config.blocks)
        )
        self.head = MaskedConv2d(features, features, 1, "B", colours=colours)
        self._output = self._output_layer(features, colours)

    @property
    def complete(self) -> bool:
        return self._complete

    def network(self, x: Tensor, labels: Tensor | None) -> Tensor:
        x = self.read_levels(x)
        h = self.background(self.first(x), labels)  # (B, 2 * hidden, H, W)
        for layer in self.layers:
            h = layer(h, x, labels)
        return self.output(F.relu(self.head(F.relu(h))))  # (B, C * P, H, W)


class RowLayer(nn.Module):
    """One pass, row by row (van den Oord et al. 2016a, section 3.1 and figure 5, right)."""

    def __init__(self, config: PixelRNNConfig) -> None:
        super().__init__()
        hidden = config.hidden_channels
        self.residual = config.residual
        self.input = _input_to_state(config, (1, config.kernel_size))
        self.condition = Condition(config, GATES[config.cell] * hidden)
        self.recurrence = RowRecurrence(hidden, config.cell)
        self.expand = _expansion(config)

    def forward(self, h: Tensor, x: Tensor, labels: Tensor | None) -> Tensor:
        """Features `(B, 2 * hidden, H, W)` to the same; does not read the image `x`."""
        states = self.recurrence(self.condition(self.input(h), labels))  # (B, hidden, H, W)
        out = self.expand(states)
        return h + out if self.residual else out


class DiagonalLayer(nn.Module):
    """Two passes along the diagonals, from the left and from the right.

    The pass from the right sees pixels to the right, so it is shifted down by one row before the
    two are added (van den Oord et al. 2016a, section 3.2).

    Once shifted, it may include its own pixel. In the paper its input comes from convolution A,
    which hides that pixel, so the last pixel of each row reaches only part of the next row, at any
    depth: what the kernel of the first convolution covers. Here the pass from the right of the
    first layer therefore reads the image beside those features.
    """

    def __init__(self, config: PixelRNNConfig, *, first: bool) -> None:
        super().__init__()
        hidden, gates = config.hidden_channels, GATES[config.cell] * config.hidden_channels
        self.residual = config.residual
        self.input = _input_to_state(config, 1)
        self.condition = Condition(config, gates)
        self.recurrence = DiagonalRecurrence(hidden, config.cell, reverse=False)
        self.reverse_input = _input_to_state(config, 1)
        self.reverse_condition = Condition(config, gates)
        self.reverse_recurrence = DiagonalRecurrence(hidden, config.cell, reverse=True)
        # All colours of an earlier pixel are past, so there are no colour groups here.
        open_mask = torch.ones(gates, config.image_features, 1, 1, dtype=torch.bool)
        self.own_pixel = TapConv2d(open_mask, bias=False, gain=1.0) if first else None
        self.shift = ShiftDown(hidden)
        self.expand = _expansion(config)

    def forward(self, h: Tensor, x: Tensor, labels: Tensor | None) -> Tensor:
        """Features `(B, 2 * hidden, H, W)` and the image `(B, C, H, W)` to features."""
        states = self.recurrence(self.condition(self.input(h), labels))  # (B, hidden, H, W)
        reverse = self.reverse_input(h)
        if self.own_pixel is not None:
            reverse = reverse + self.own_pixel(x)
        reverse_states = self.reverse_recurrence(self.reverse_condition(reverse, labels))
        out = self.expand(states + self.shift(reverse_states))
        return h + out if self.residual else out


def _input_to_state(config: PixelRNNConfig, kernel_size: int | tuple[int, int]) -> MaskedConv2d:
    """The cell's input from the layer below: `(B, 2 * hidden, ...)` to all of its gates."""
    gates = GATES[config.cell]
    return MaskedConv2d(
        2 * config.hidden_channels,
        gates * config.hidden_channels,
        kernel_size,
        "B",
        colours=config.colour_groups,
        out_repeats=gates,
        gain=1.0,
    )


def _expansion(config: PixelRNNConfig) -> MaskedConv2d:
    """States to twice as many features (van den Oord et al. 2016a, figure 5, right)."""
    hidden = config.hidden_channels
    return MaskedConv2d(hidden, 2 * hidden, 1, "B", colours=config.colour_groups, gain=1.0)
