"""Layers that declare what they read.

A causal layer is an ordinary module with one addition, its *taps*: the offsets `(dy, dx)` at which
it reads its input, and the weights there. Everything else that the lab shows of a network
(receptive fields, audits, kernel pictures, the fast sampler's program) is derived from the taps, so
that no network is described twice.

Offsets are in pixels, rows downwards: `(-1, 0)` is the pixel above. In raster order a tap is causal
if `dy < 0`, or `dy == 0 and dx < 0`, or, between features, `dy == dx == 0`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Literal, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.errors import ConfigError
from pixelcnn.system.checks import check_choice

Offset = tuple[int, int]
MaskType = Literal["A", "B"]

RELU_GAIN = math.sqrt(2.0)


class TapLayer(ABC):
    """A layer whose output at a position is a linear function of its input at fixed offsets.

    A base class and not a `Protocol`, since tracing checks thousands of modules.
    """

    @abstractmethod
    def taps(self) -> dict[Offset, Tensor]:
        """The weights `(C_in, C_out)` at each unmasked offset."""

    @abstractmethod
    def tap_masks(self) -> dict[Offset, Tensor]:
        """The mask of these weights: bool `(C_in, C_out)`, at least one True each."""


@runtime_checkable
class FixedHeight(Protocol):
    """A layer built for images of a fixed height, which can be reduced to fewer rows."""

    def keep_rows(self, rows: int, of: int) -> None:
        """Restrict the layer to images of the first `rows` of their `of` rows."""
        ...


def colour_of(channels: int, colours: int, repeats: int = 1) -> Tensor:
    """The colour group of each feature channel: int64 `(channels,)` with values in `[0, colours)`.

    Channels come in `repeats` equal parts (2 for the tanh and sigmoid halves of a gate), each
    divided into `colours` contiguous groups in the order R, G, B, as equal as they can be: a mask
    does not mind that 160 channels make groups of 54, 53 and 53.

    Raises:
        ConfigError: too few channels, or a number that `repeats` does not divide.
    """
    part = channels // repeats
    if part * repeats != channels or part < colours:
        raise ConfigError(
            f"channels = {channels} cannot be divided into {repeats} x {colours} groups; use a "
            f"multiple of {repeats}, {repeats * colours} at least."
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
    earlier colours and, with type B, of its own: with one colour, only A hides the centre.
    """
    rows, columns = kernel_size
    for size in kernel_size:
        if size < 1 or size % 2 == 0:
            raise ConfigError(f"kernel_size = {size} has no centre; use an odd number.")
    check_choice("mask_type", mask_type, ("A", "B"))
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
    """A convolution with a fixed boolean mask of any shape over its weights.

    Height and width are preserved, with zero padding. Rows and columns of the kernel that are fully
    masked are left out of the computation (nearly half of a causal kernel), and only sides that are
    read get padding.

    With a stride of 2, output `(i, j)` is the one at `(2i, 2j)`: half as many rows and columns,
    rounded up; a tap's offset still counts pixels of the input.

    Args:
        mask: bool `(out_channels, in_channels, kernel rows, kernel columns)`, sizes odd.
        dilation: distance in pixels between neighbouring taps.
        stride: 1, or 2 to keep every second row and column.
        gain: of the initial weights, normal with standard deviation gain / sqrt(fan in), where
            fan in counts unmasked inputs only (He et al. 2015, section 2.2).
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
        # The centre is always kept, since negative padding would need images larger than the
        # dilation.
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
        # One channel has no memory order of its own, and PyTorch would then choose contiguous
        # output. In a channels-last network, the following additions and ReLUs would be up to ten
        # times slower.
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
        weight = (self.weight * self.mask).detach()
        return {offset: weight[:, :, row, column].T for offset, row, column in self._offsets()}

    def tap_masks(self) -> dict[Offset, Tensor]:
        return {offset: self.mask[:, :, row, column].T for offset, row, column in self._offsets()}


class MaskedConv2d(TapConv2d):
    """Masked convolution of type A (first layer) or B (after it).

    Source: van den Oord et al. 2016a, "Pixel Recurrent Neural Networks", section 3.4.
    The weight keeps the full kernel, masked zeros included, as the papers count parameters.

    Args:
        kernel_size: odd; an int, or (rows, columns) such as (1, 7) for a horizontal stack.
        colours: number of colour groups (1 for grey, 3 for R, G, B).
        out_repeats: parts of the output that each have all colour groups (2 before a gate).
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
    """The vertical stack's convolution, over the rows above and the full row itself.

    It reads its own row, so its output may only be used one row further down (`ShiftDown`). A
    vertical stack that skipped its own row at every layer would leave rows unseen: the blind spot
    again.

    Source: van den Oord et al. 2016b, "Conditional Image Generation with PixelCNN Decoders",
    section 2.2 and figure 2. The paper masks an n x n kernel or shifts an (n // 2) x n one; here an
    (n // 2 + 1) x n kernel's result is shifted at the link to the horizontal stack.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, *, gain: float = RELU_GAIN
    ) -> None:
        mask = causal_mask(in_channels, out_channels, (kernel_size, kernel_size), "B")
        mask[:, :, kernel_size // 2] = True
        super().__init__(mask, gain=gain)


class ShiftDown(nn.Module, TapLayer):
    """Shifts an image down by one row: `(B, C, H, W)`, the first row becomes zeros."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, H, W)` to `(B, C, H, W)`."""
        return F.pad(x, (0, 0, 1, -1))

    def taps(self) -> dict[Offset, Tensor]:
        return {(-1, 0): torch.eye(self.channels)}

    def tap_masks(self) -> dict[Offset, Tensor]:
        return {(-1, 0): torch.eye(self.channels, dtype=torch.bool)}


class Upsample2(nn.Module):
    """Repeats every pixel twice in both directions, and crops the result to `height` x `width`.

    Pixel `(i, j)` of the small image depends on pixels up to `(2i, 2j)` of the large one, and is
    copied to `(2i, 2j)` and its neighbours to the right, below and diagonally below: never before
    what it depends on.
    """

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, ceil(height / 2), ceil(width / 2))` to `(B, C, height, width)`."""
        repeated = F.interpolate(x, scale_factor=2, mode="nearest")
        return repeated[:, :, : self.height, : self.width]

    def keep_rows(self, rows: int, of: int) -> None:
        """As `FixedHeight.keep_rows`."""
        scale = round(of / self.height)  # this layer may work at a lower resolution
        self.height = -(-rows // scale)


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of one position, separately for each colour group.

    Positions do not affect one another, so it is causal, unlike batch normalisation. Joint
    statistics of all colours would tell R's features about G and B, hence one per group.

    Source: Ba et al. 2016, "Layer Normalization".

    Raises:
        ConfigError: colour groups of unequal size, which one product cannot normalise.
    """

    def __init__(self, channels: int, *, colours: int = 1) -> None:
        super().__init__()
        self.colours = colours
        if channels % colours:
            raise ConfigError(
                f"channels = {channels} cannot be normalised in {colours} equal groups, one for "
                f"each colour; use a multiple of {colours}."
            )
        self.group = channels // colours
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, H, W)` to `(B, C, H, W)`."""
        return self.normalize(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    def normalize(self, x: Tensor) -> Tensor:
        """The same with channels last: `(..., C)` to `(..., C)`."""
        if self.colours == 1:
            return F.layer_norm(x, (self.group,), self.weight, self.bias)
        grouped = x.unflatten(-1, (self.colours, self.group))
        return F.layer_norm(grouped, (self.group,)).flatten(-2) * self.weight + self.bias
