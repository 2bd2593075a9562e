"""What PixelCNN++ and PixelSNAIL are made of: directed convolutions, and what stands between them.

The *down* stream knows rows above only, the *down-right* stream also what is to the left in the
row itself. Both take over what a layer below them knows; see `TapConv2d` for how taps count.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from pixelcnn.nn.layers import RELU_GAIN, TapConv2d


class ConvDown(TapConv2d):
    """Carries features down: reads k // 2 rows above and the own row, k columns around the own.

    For k = 3 that is the 2 x 3 kernel of Salimans et al. 2017, section 2.3 and figure 2
    (`down_shifted_conv2d` in their code).

    Args:
        kernel_size: k, odd.
        stride: 1, or 2 to halve the picture.
        strict: the same kernel one row higher, which leaves out the own row: for a layer that
            reads the image itself (their `down_shift` of this convolution).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        strict: bool = False,
        gain: float = RELU_GAIN,
    ) -> None:
        half = kernel_size // 2
        above = half + strict  # rows above the own one; the kernel has as many below, all hidden
        mask = torch.zeros(out_channels, in_channels, 2 * above + 1, kernel_size, dtype=torch.bool)
        mask[:, :, : half + 1] = True
        super().__init__(mask, stride=stride, gain=gain)


class ConvDownRight(TapConv2d):
    """Carries features down and to the right: reads k // 2 rows above and k // 2 columns left.

    The own row and column are read too, so it must not read the image itself. For k = 3 that is
    the 2 x 2 kernel of Salimans et al. 2017, section 2.3 (`down_right_shifted_conv2d`).

    Args:
        kernel_size: k, odd.
        stride: 1, or 2 to halve the picture.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        gain: float = RELU_GAIN,
    ) -> None:
        half = kernel_size // 2
        mask = torch.zeros(out_channels, in_channels, kernel_size, kernel_size, dtype=torch.bool)
        mask[:, :, : half + 1, : half + 1] = True
        super().__init__(mask, stride=stride, gain=gain)


def concat_elu(x: Tensor) -> Tensor:
    """ELU of the features and of their negatives: `(B, C, H, W)` to `(B, 2 * C, H, W)`.

    Source: the code of Salimans et al. 2017; its idea is that of Shang et al. 2016, "CReLU".
    """
    return F.elu(torch.cat([x, -x], dim=1))
