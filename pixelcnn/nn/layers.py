"""Layers that know what they may see.

A causal layer is an ordinary module that states one thing more: its *taps*, the offsets
`(dy, dx)` at which it reads its input and the weights there. Everything else that the lab shows
about a network (receptive fields, audits, kernel pictures, the fast sampler's program) is derived
from the taps, so that no network is described twice.

Offsets are in pixels, rows downwards: `(-1, 0)` is the pixel above. Raster order makes a tap causal
when `dy < 0`, or `dy == 0 and dx < 0`, or, between features, `dy == dx == 0`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Literal, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.errors import ConfigError

Offset = tuple[int, int]
MaskType = Literal["A", "B"]

RELU_GAIN = math.sqrt(2.0)


class TapLayer(ABC):
    """A layer whose output at a position is a linear function of its input at fixed offsets.

    A base class and no `Protocol`: tracing asks thousands of times whether a layer is one.
    """

    @abstractmethod
    def taps(self) -> dict[Offset, Tensor]:
        """The weights `(C_in, C_out)` at each offset that is not masked."""

    @abstractmethod
    def tap_masks(self) -> dict[Offset, Tensor]:
        """Which of these weights are allowed: bool `(C_in, C_out)`, at least one True each."""


@runtime_checkable
class FixedHeight(Protocol):
    """A layer that was built for images of a certain height, and can be cut to fewer rows."""

    def keep_rows(self, rows: int, of: int) -> None:
        """Serve images of the first `rows` rows from now on, instead of all `of` of them."""
        ...


def colour_of(channels: int, colours: int, repeats: int = 1) -> Tensor:
    """The colour group of each feature channel: int64 `(channels,)` with values in `[0, colours)`.

    Channels come in `repeats` equal parts (2 for the tanh and sigmoid halves of a gate), each of
    them divided into `colours` contiguous groups in the order R, G, B.
    """
    part = channels // repeats
    if part * repeats != channels or part % colours:
        raise ConfigError(
            f"channels = {channels} cannot be divided into {repeats} x {colours} equal groups; "
            f"use a multiple of {repeats * colours}."
        )
    return (torch.arange(part) * colours // part).repeat(repeats)


def causal_mask(
    in_channels: int,
    out_channels: int,
    kernel_size: tuple[int, int],
    mask_type: MaskType,
    *,
    colours: int = 1,
    out_repeats: int = 1,
) -> Tensor:
    """The mask of van den Oord et al. 2016a, section 3.4 and figure 2: bool `(out, in, kh, kw)`.

    True above the centre and left of it. At the centre, an output of one colour sees inputs of
    earlier colours, and with type B also of its own: with one colour, A hides the centre and
    B shows it.
    """
    rows, columns = kernel_size
    for size in kernel_size:
        if size < 1 or size % 2 == 0:
            raise ConfigError(f"kernel_size = {size} has no centre; use an odd number from 1 on.")
    if mask_type not in ("A", "B"):
        raise ConfigError(f"mask_type = {mask_type!r} is unknown; use 'A' or 'B'.")
    mask = torch.zeros(out_channels, in_channels, rows, columns, dtype=torch.bool)
    mask[:, :, : rows // 2] = True
    mask[:, :, rows // 2, : columns // 2] = True
    source = colour_of(in_channels, colours)
    target = colour_of(out_channels, colours, out_repeats)
    earlier = source[None, :] < target[:, None]
    same = source[None, :] == target[:, None]
    mask[:, :, rows // 2, columns // 2] = earlier | same if mask_type == "B" else earlier
    return mask


class TapConv2d(nn.Conv2d, TapLayer):
    """A convolution with a fixed boolean mask over its weights, of any shape.

    The output has the input's height and width; outside the picture there are zeros. Rows and
    columns of the kernel that the mask hides altogether are left out of the arithmetic (nearly
    half of a causal kernel), and padding goes only to the sides that are read.

    With a stride of 2, output `(i, j)` is what stands at `(2i, 2j)`: the result has half as many
    rows and columns, rounded up, and a tap still counts the input's pixels.

    Args:
        mask: bool `(out_channels, in_channels, kernel rows, kernel columns)`, sizes odd.
        dilation: distance in pixels between neighbouring taps.
        stride: 1, or 2 to keep every second row and column.
        gain: of the initial weights, normal with standard deviation gain / sqrt(fan in), where
            fan in counts only what the mask lets through (He et al. 2015, section 2.2).
    """

    mask: Tensor

    def __init__(
        self,
        mask: Tensor,
        *,
        dilation: int = 1,
        stride: int = 1,
        bias: bool = True,
        gain: float = RELU_GAIN,
    ) -> None:
        out_channels, in_channels, rows, columns = mask.shape
        super().__init__(
            in_channels, out_channels, (rows, columns), stride, dilation=dilation, bias=bias
        )
        self.register_buffer("mask", mask, persistent=False)
        used = mask.any(dim=1).any(dim=0)
        self._kept: list[tuple[int, int]] = [
            (row, column) for row, column in used.nonzero().tolist()
        ]
        # With the centre kept, no side is padded by less than nothing, which would need an image
        # larger than the dilation.
        used[rows // 2, columns // 2] = True
        top, left = used.nonzero().amin(dim=0).tolist()
        bottom, right = used.nonzero().amax(dim=0).tolist()
        self._window = (slice(top, bottom + 1), slice(left, right + 1))
        self._padding = [
            (columns // 2 - left) * dilation,
            (right - columns // 2) * dilation,
            (rows // 2 - top) * dilation,
            (bottom - rows // 2) * dilation,
        ]
        fan_in = mask.sum(dim=(1, 2, 3)).clamp(min=1)  # (out_channels,)
        with torch.no_grad():
            self.weight.normal_().mul_(gain / fan_in[:, None, None, None].sqrt()).mul_(mask)
            if self.bias is not None:
                self.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C_in, H, W)` to `(B, C_out, H, W)`, or half of H and W with a stride of 2."""
        rows, columns = self._window
        weight = (self.weight * self.mask)[:, :, rows, columns]
        padded = F.pad(x, self._padding)
        result = F.conv2d(padded, weight, self.bias, self.stride, dilation=self.dilation)
        # A picture of one channel has no order of memory to hand on. Left to chance, the features
        # of a network kept with the channels innermost would go on in the other order, in which
        # adding and rectifying are up to ten times slower.
        channels_last = self.in_channels == 1 and self.weight.stride(1) == 1
        return result.contiguous(memory_format=torch.channels_last) if channels_last else result

    def _offsets(self) -> list[tuple[Offset, int, int]]:
        rows, columns = self.kernel_size
        step = self.dilation[0]
        return [
            (((row - rows // 2) * step, (column - columns // 2) * step), row, column)
            for row, column in self._kept
        ]

    def taps(self) -> dict[Offset, Tensor]:
        """See `TapLayer.taps`."""
        weight = (self.weight * self.mask).detach()
        return {offset: weight[:, :, row, column].T for offset, row, column in self._offsets()}

    def tap_masks(self) -> dict[Offset, Tensor]:
        """See `TapLayer.tap_masks`."""
        return {offset: self.mask[:, :, row, column].T for offset, row, column in self._offsets()}


class MaskedConv2d(TapConv2d):
    """Masked convolution of type A (first layer) or B (after it).

    Source: van den Oord et al. 2016a, "Pixel Recurrent Neural Networks", section 3.4.
    The weight keeps the full kernel, zeros included, as the papers count parameters.

    Args:
        kernel_size: odd; an int, or (rows, columns) such as (1, 7) for a horizontal stack.
        colours: colour groups that the features are divided into (1 for grey, 3 for R, G, B).
        out_repeats: parts of the output that each hold all colour groups (2 before a gate).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        mask_type: MaskType,
        *,
        colours: int = 1,
        out_repeats: int = 1,
        dilation: int = 1,
        bias: bool = True,
        gain: float = RELU_GAIN,
    ) -> None:
        size = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        mask = causal_mask(
            in_channels, out_channels, size, mask_type, colours=colours, out_repeats=out_repeats
        )
        super().__init__(mask, dilation=dilation, bias=bias, gain=gain)
        self.mask_type = mask_type


class VerticalConv2d(TapConv2d):
    """Convolution over the rows above and the row itself, all columns: the vertical stack's.

    It reads its own row in full, so its output may only be used one row further down
    (`ShiftDown`). A vertical stack that skipped its own row at every layer instead would leave
    rows unseen: the blind spot again.

    Source: van den Oord et al. 2016b, "Conditional Image Generation with PixelCNN Decoders",
    section 2.2 and figure 2. The paper masks an n x n kernel or shifts a (n // 2) x n one; here
    it is a (n // 2 + 1) x n kernel whose result is shifted at the link to the horizontal stack.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, *, gain: float = RELU_GAIN
    ) -> None:
        mask = causal_mask(in_channels, out_channels, (kernel_size, kernel_size), "B")
        mask[:, :, kernel_size // 2] = True
        super().__init__(mask, gain=gain)


class ShiftDown(nn.Module, TapLayer):
    """Moves a picture down by one row: `(B, C, H, W)`, the first row becomes zeros."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, H, W)` to `(B, C, H, W)`."""
        return F.pad(x, (0, 0, 1, -1))

    def taps(self) -> dict[Offset, Tensor]:
        """See `TapLayer.taps`."""
        return {(-1, 0): torch.eye(self.channels)}

    def tap_masks(self) -> dict[Offset, Tensor]:
        """See `TapLayer.tap_masks`."""
        return {(-1, 0): torch.eye(self.channels, dtype=torch.bool)}


class Upsample2(nn.Module):
    """Repeats every pixel twice in both directions, and cuts the result to `height` x `width`.

    Pixel `(i, j)` of the small picture, made of pixels up to `(2i, 2j)` of the large one, comes to
    stand at `(2i, 2j)` and at its neighbours to the right, below and diagonally below: never
    before what it was made of.
    """

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, ceil(height / 2), ceil(width / 2))` to `(B, C, height, width)`."""
        repeated = F.interpolate(x, scale_factor=2, mode="nearest")
        return repeated[:, :, : self.height, : self.width]

    def keep_rows(self, rows: int, of: int) -> None:
        """See `FixedHeight.keep_rows`."""
        scale = round(of / self.height)  # this picture may be a small one itself
        self.height = -(-rows // scale)


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of one position, one colour group at a time.

    No position looks at another one, so it is causal, which batch normalisation is not. With
    colours, joint statistics would tell the features of R about G and B: each group has its own.

    Source: Ba et al. 2016, "Layer Normalization".
    """

    def __init__(self, channels: int, *, colours: int = 1) -> None:
        super().__init__()
        self.colours = colours
        self.group = len(colour_of(channels, colours)) // colours
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, H, W)` to `(B, C, H, W)`."""
        return self.normalize(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    def normalize(self, x: Tensor) -> Tensor:
        """The same with the channels last: `(..., C)` to `(..., C)`."""
        if self.colours == 1:
            return F.layer_norm(x, (self.group,), self.weight, self.bias)
        grouped = x.unflatten(-1, (self.colours, self.group))
        return F.layer_norm(grouped, (self.group,)).flatten(-2) * self.weight + self.bias
