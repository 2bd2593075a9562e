"""Recurrent layers over an image: the state at a pixel depends on neighbouring states.

Like a tap layer, each declares the offsets at which it reads, here of its *own* earlier results.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.nn.layers import Offset

Cell = Literal["lstm", "gru"]

GATES = {"lstm": 4, "gru": 3}
"""Parts of the input-to-state features: o, f, i, g of an LSTM, r, z, n of a GRU."""


def lstm_cell(gates: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
    """The LSTM of van den Oord et al. 2016a, equation 3.

    Args:
        gates: `(..., 4 * hidden)`: o, f, i, g before their non-linearities.
        memory: `(..., hidden)`: the carried cell state.

    Returns:
        State and memory, `(..., hidden)` each.
    """
    output, forget, update, content = gates.chunk(4, dim=-1)
    memory = forget.sigmoid() * memory + update.sigmoid() * content.tanh()
    return output.sigmoid() * memory.tanh(), memory


def gru_cell(inputs: Tensor, states: Tensor, carried: Tensor) -> Tensor:
    """The GRU of Cho et al. 2014, with the reset after the product (as in cuDNN).

    Args:
        inputs: `(..., 3 * hidden)`: the input's part of r, z, n.
        states: `(..., 3 * hidden)`: the neighbouring states' part.
        carried: `(..., hidden)`: the state kept where z is 1.
    """
    (reset, keep, content), (r, z, n) = inputs.chunk(3, dim=-1), states.chunk(3, dim=-1)
    keep = (keep + z).sigmoid()
    new = (content + (reset + r).sigmoid() * n).tanh()
    return (1 - keep) * new + keep * carried


class Recurrence(nn.Module, ABC):
    """A convolutional LSTM or GRU that runs over the image.

    The state-to-state weights have no colour mask: the states that they read belong to earlier
    pixels.

    Attributes:
        cell: `lstm` or `gru`.
        hidden: channels of the state.
        weight: `(gates * hidden, hidden, taps)`.
        offsets: at which the taps of `weight` read the layer's earlier result.
        carry: offset from which the memory (of an LSTM) or state (of a GRU) is carried over.
    """

    offsets: tuple[Offset, ...]
    carry: Offset

    def __init__(self, hidden: int, cell: Cell) -> None:
        super().__init__()
        self.hidden, self.cell = hidden, cell
        taps = len(self.offsets)
        self.weight = nn.Parameter(torch.empty(GATES[cell] * hidden, hidden, taps))
        nn.init.normal_(self.weight, std=(hidden * taps) ** -0.5)

    @abstractmethod
    def forward(self, inputs: Tensor) -> Tensor:
        """Input-to-state features `(B, gates * hidden, H, W)` to states `(B, hidden, H, W)`."""

    def state_taps(self) -> dict[Offset, Tensor]:
        """The weights `(hidden, gates * hidden)` at each offset of the layer's earlier result."""
        weight = self.weight.detach()
        return {offset: weight[:, :, tap].T for tap, offset in enumerate(self.offsets)}

    def _run(self, lines: Tensor, padding: tuple[int, int]) -> list[Tensor]:
        """Line after line: `(lines, B, N, gates * hidden)` to a list of `(B, N, hidden)`.

        Position n of a line reads the previous line at n, n + 1, ... of its padded version. Done as
        a matrix product, since a convolution this small is slower.
        """
        taps = len(self.offsets)
        matrix = self.weight.flatten(1).to(lines.dtype)  # (gates * hidden, hidden * taps)
        state = memory = lines.new_zeros(*lines.shape[1:3], self.hidden)
        states = []
        for inputs in lines:
            before = F.pad(state, (0, 0, *padding)).unfold(1, taps, 1)  # (B, N, hidden, taps)
            share = F.linear(before.flatten(2), matrix)
            if self.cell == "lstm":
                state, memory = lstm_cell(inputs + share, memory)
            else:
                state = gru_cell(inputs, share, state)
            states.append(state)
        return states


class RowRecurrence(Recurrence):
    """Row by row: each state reads the three above it.

    Source: van den Oord et al. 2016a, section 3.1 (Row LSTM). Its receptive field is a triangle.
    """

    offsets = ((-1, -1), (-1, 0), (-1, 1))
    carry = (-1, 0)

    def forward(self, inputs: Tensor) -> Tensor:
        states = self._run(inputs.permute(2, 0, 3, 1).contiguous(), (1, 1))  # H of (B, W, hidden)
        return torch.stack(states, dim=2).permute(0, 3, 2, 1)


class DiagonalRecurrence(Recurrence):
    """Diagonal by diagonal: each state reads the one above and the one to its left.

    With `reverse`, the one to its right instead: such a state depends on pixels to the right, so
    only the row below may use it (`ShiftDown`).

    Source: van den Oord et al. 2016a, section 3.2 and figure 3 (Diagonal BiLSTM). As there, the
    image is skewed, so that a diagonal becomes a column and is computed at once.
    """

    def __init__(self, hidden: int, cell: Cell, *, reverse: bool) -> None:
        self.offsets = ((-1, 0), (0, 1 if reverse else -1))
        self.carry = (0, 1 if reverse else -1)
        self.reverse = reverse
        super().__init__(hidden, cell)

    def forward(self, inputs: Tensor) -> Tensor:
        skewed = skew(inputs.flip(3) if self.reverse else inputs)  # (B, gates * hidden, H, H+W-1)
        # Without a bias here, zero input and zero state give a zero state: everything left of the
        # image stays zero, like padding.
        states = self._run(skewed.permute(3, 0, 2, 1).contiguous(), (1, 0))  # of (B, H, hidden)
        result = unskew(torch.stack(states, dim=3).transpose(1, 2), inputs.shape[3])
        return result.flip(3) if self.reverse else result


def skew(x: Tensor) -> Tensor:
    """Shifts row r to the right by r: `(B, C, H, W)` to `(B, C, H, H + W - 1)`, zero-padded."""
    batch, channels, height, width = x.shape
    longer = F.pad(x, (0, height))  # rows of H + W, read as rows of H + W - 1
    flat = longer.reshape(batch, channels, -1)[..., : height * (height + width - 1)]
    return flat.reshape(batch, channels, height, height + width - 1)


def unskew(x: Tensor, width: int) -> Tensor:
    """Inverse of `skew`: `(B, C, H, H + W - 1)` to `(B, C, H, W)`."""
    batch, channels, height, _ = x.shape
    flat = F.pad(x.reshape(batch, channels, -1), (0, height))
    return flat.reshape(batch, channels, height, height + width)[..., :width]
