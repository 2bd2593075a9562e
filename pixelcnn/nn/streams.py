"""Parts of PixelCNN++ and PixelSNAIL: directed convolutions and their activation.

The *down* stream sees rows above only, the *down-right* stream also pixels to the left in the row
itself, each beyond what its input sees; see `TapConv2d` for how taps count.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from pixelcnn.nn.layers import RELU_GAIN, TapConv2d


class ConvDown(TapConv2d):
    """Carries features down: reads k // 2 rows above and its own row, k columns around its own.

    For k = 3 that is the 2 x 3 kernel of Salimans et al. 2017, section 2.3 and figure 2
    (`down_shifted_conv2d` in their code).

    Args:
        kernel_size: k, odd.
        stride: 1, or 2 to halve the image.
        strict: the same kernel one row higher, without its own row, for a layer that reads the
            image itself (their `down_shift` of this convolution).
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
        above = half + strict  # rows above its own; as many below in the kernel, all masked
        mask = torch.zeros(out_channels, in_channels, 2 * above + 1, kernel_size, dtype=torch.bool)
        mask[:, :, : half + 1] = True
        super().__init__(mask, stride=stride, gain=gain)


class ConvDownRight(TapConv2d):
    """Carries features down and to the right: reads k // 2 rows above and k // 2 columns left.

    Its own row and column are included, so it must not read the image itself. For k = 3 this is
    the 2 x 2 kernel of Salimans et al. 2017, section 2.3 (`down_right_shifted_conv2d`).

    Args:
        kernel_size: k, odd.
        stride: 1, or 2 to halve the image.
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

    Source: the code of Salimans et al. 2017, after the idea of Shang et al. 2016, "CReLU".
    """
    return F.elu(torch.cat([x, -x], dim=1))
