"""Recurrent layers over a picture: the state at a pixel follows from the states next to it.

Like a tap layer, each states the offsets at which it reads, here its *own* earlier results.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.layers import Offset

Cell = Literal["lstm", "gru"]

GATES = {"lstm": 4, "gru": 3}
"""Parts that the input-to-state features come in: o, f, i, g of an LSTM, r, z, n of a GRU."""


def lstm_cell(gates: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
    """The LSTM of van den Oord et al. 2016a, equation 3.

    Args:
        gates: `(B, 4 * hidden, N)`: o, f, i, g before their non-linearities.
        memory: `(B, hidden, N)`: the cell state that is carried over.

    Returns:
        State and memory, `(B, hidden, N)` each.
    """
    output, forget, update, content = gates.chunk(4, dim=1)
    memory = forget.sigmoid() * memory + update.sigmoid() * content.tanh()
    return output.sigmoid() * memory.tanh(), memory


def gru_cell(inputs: Tensor, states: Tensor, carried: Tensor) -> Tensor:
    """The GRU of Cho et al. 2014, in the form that resets after the product (as in cuDNN).

    Args:
        inputs: `(B, 3 * hidden, N)`: the input's share of r, z, n.
        states: `(B, 3 * hidden, N)`: the neighbouring states' share.
        carried: `(B, hidden, N)`: the state that is kept where z is 1.
    """
    (reset, keep, content), (r, z, n) = inputs.chunk(3, dim=1), states.chunk(3, dim=1)
    keep = (keep + z).sigmoid()
    new = (content + (reset + r).sigmoid() * n).tanh()
    return (1 - keep) * new + keep * carried


class Recurrence(nn.Module, ABC):
    """A convolutional LSTM or GRU that runs over the picture.

    The state-to-state weights are not masked by colour: the states that they read belong to
    earlier pixels, all of whose colours are past.

    Attributes:
        cell: `lstm` or `gru`.
        hidden: channels of the state.
        weight: `(gates * hidden, hidden, taps)`.
        offsets: where the taps of `weight` read the own earlier result.
        carry: where the memory (of an LSTM) or state (of a GRU) is carried over from.
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
        """The weights `(hidden, gates * hidden)` at each offset of the own earlier result."""
        weight = self.weight.detach()
        return {offset: weight[:, :, tap].T for tap, offset in enumerate(self.offsets)}

    def _step(
        self, inputs: Tensor, above: Tensor, carried: Tensor, memory: Tensor
    ) -> tuple[Tensor, Tensor]:
        """One line of positions: `above` is padded for the taps of `weight`, the rest is not."""
        states = F.conv1d(above, self.weight)
        if self.cell == "lstm":
            return lstm_cell(inputs + states, memory)
        return gru_cell(inputs, states, carried), memory


class RowRecurrence(Recurrence):
    """Row by row: each state reads the three above it.

    Source: van den Oord et al. 2016a, section 3.1 (Row LSTM). What it sees is a triangle.
    """

    offsets = ((-1, -1), (-1, 0), (-1, 1))
    carry = (-1, 0)

    def forward(self, inputs: Tensor) -> Tensor:
        """See `Recurrence.forward`."""
        batch, _, height, width = inputs.shape
        state = memory = inputs.new_zeros(batch, self.hidden, width)
        states = []
        for row in range(height):
            state, memory = self._step(inputs[:, :, row], F.pad(state, (1, 1)), state, memory)
            states.append(state)
        return torch.stack(states, dim=2)


class DiagonalRecurrence(Recurrence):
    """Diagonal by diagonal: each state reads the one above and the one to its left.

    With `reverse`, the one to its right instead: such a state knows pixels to the right, so only
    the row below may use it (`ShiftDown`).

    Source: van den Oord et al. 2016a, section 3.2 and figure 3 (Diagonal BiLSTM). The picture is
    skewed as there, so that a diagonal stands in one column and is computed at once.
    """

    def __init__(self, hidden: int, cell: Cell, *, reverse: bool) -> None:
        self.offsets = ((-1, 0), (0, 1 if reverse else -1))
        self.carry = (0, 1 if reverse else -1)
        self.reverse = reverse
        super().__init__(hidden, cell)

    def forward(self, inputs: Tensor) -> Tensor:
        """See `Recurrence.forward`."""
        skewed = skew(inputs.flip(3) if self.reverse else inputs)  # (B, gates * hidden, H, H+W-1)
        batch, _, height, diagonals = skewed.shape
        state = memory = inputs.new_zeros(batch, self.hidden, height)
        states = []
        for diagonal in range(diagonals):
            # Zero input and zero state give a zero state, with no bias here: so what lies left of
            # the picture stays zero, as padding has to be.
            state, memory = self._step(
                skewed[:, :, :, diagonal], F.pad(state, (1, 0)), state, memory
            )
            states.append(state)
        result = unskew(torch.stack(states, dim=3), inputs.shape[3])
        return result.flip(3) if self.reverse else result


def skew(x: Tensor) -> Tensor:
    """Moves row r to the right by r: `(B, C, H, W)` to `(B, C, H, H + W - 1)`, zeros around."""
    batch, channels, height, width = x.shape
    longer = F.pad(x, (0, height))  # rows of H + W, read one number short of that
    flat = longer.reshape(batch, channels, -1)[..., : height * (height + width - 1)]
    return flat.reshape(batch, channels, height, height + width - 1)


def unskew(x: Tensor, width: int) -> Tensor:
    """Undoes `skew`: `(B, C, H, H + W - 1)` to `(B, C, H, W)`."""
    batch, channels, height, _ = x.shape
    flat = F.pad(x.reshape(batch, channels, -1), (0, height))
    return flat.reshape(batch, channels, height, height + width)[..., :width]
