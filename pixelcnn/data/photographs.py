"""Patches of two photographs: the smallest natural images that need no network."""

import torch
from torch import Tensor

SIZE = 16
_SHRINK = 2  # pixels of the photograph per pixel, so that a patch shows more than a texture
_STRIDE, _STRIDE_HELD_OUT = 3, 4
_HELD_OUT = 0.25


def patches(photograph: Tensor) -> tuple[Tensor, Tensor]:
    """Training patches and held-out patches, which share no pixels.

    The right quarter of the photograph is held out. Patches overlap, so standard errors over them
    are too small; training patches are included mirrored, too.

    Args:
        photograph: uint8 (3, H, W).

    Returns:
        Two tensors, uint8 (N, 3, 16, 16).
    """
    small = _shrunk(photograph)
    edge = round(small.shape[-1] * (1 - _HELD_OUT))
    train = _windows(small[:, :, :edge], _STRIDE)
    return torch.cat([train, train.flip(-1)]), _windows(small[:, :, edge:], _STRIDE_HELD_OUT)


def _shrunk(photograph: Tensor) -> Tensor:
    """Area averaging by `_SHRINK`."""
    return torch.nn.functional.avg_pool2d(photograph[None].float(), _SHRINK)[0].round().byte()


def _windows(picture: Tensor, stride: int) -> Tensor:
    """Every window of `SIZE` x `SIZE`, `stride` apart: uint8 (N, 3, 16, 16)."""
    windows = picture.unfold(1, SIZE, stride).unfold(2, SIZE, stride)  # (3, rows, columns, 16, 16)
    return windows.permute(1, 2, 0, 3, 4).reshape(-1, 3, SIZE, SIZE).contiguous()
