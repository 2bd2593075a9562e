"""From grey values (0 to 255) to integer levels (0 to levels - 1), and back."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pixelcnn.errors import DataError
from pixelcnn.system.checks import check_whole

MAX_LEVELS = 256
MAX_SIZE = 64
BINARIZATIONS = ("threshold", "static", "dynamic")

_IMAGES_AT_A_TIME = 5000


def quantize(greys: Tensor, levels: int) -> Tensor:
    """Grey values 0..255 as levels: floor(grey * levels / 256), so that all bins are equally wide.

    With two levels, white starts at 128; 256 levels change nothing. `dequantize` returns a grey
    value inside the same bin, so every level survives the round trip.

    Args:
        greys: uint8, any shape.

    Returns:
        uint8, the same shape, values in 0..levels - 1.

    Raises:
        ConfigError: `levels` outside 2..256.
        DataError: `greys` is not uint8.
    """
    check_whole("levels", levels, 2, MAX_LEVELS)
    _check_uint8("greys", greys)
    return (greys.int() * levels // 256).to(torch.uint8)


def dequantize(images: Tensor, levels: int) -> Tensor:
    """Levels as grey values evenly over 0..255: level 0 is black, the highest level white.

    Rounds up: rounding to nearest would fall below some bins, so that `quantize` would return the
    level below.

    Args:
        images: uint8, any shape, values in 0..levels - 1.

    Returns:
        uint8, the same shape, values in 0..255.

    Raises:
        ConfigError: `levels` outside 2..256.
        DataError: `images` is not uint8, or has a value of `levels` or more.
    """
    check_whole("levels", levels, 2, MAX_LEVELS)
    _check_uint8("images", images)
    if images.numel() and int(images.max()) >= levels:
        raise DataError(
            f"images must have values below levels = {levels}, not {int(images.max())}."
        )
    return ((images.int() * 255 + levels - 2) // (levels - 1)).to(torch.uint8)


def resize(greys: Tensor, size: int) -> Tensor:
    """Grey images at `size` x `size`, by area averaging.

    Args:
        greys: uint8 (N, C, H, W).

    Returns:
        uint8 (N, C, size, size), means rounded to whole grey values.

    Raises:
        ConfigError: `size` outside 2..64.
        DataError: `greys` of another dtype or shape.
    """
    check_whole("size", size, 2, MAX_SIZE)
    _check_uint8("greys", greys)
    if greys.ndim != 4:
        raise DataError(f"greys must have the shape (N, C, H, W), not {tuple(greys.shape)}.")
    if greys.shape[2:] == (size, size):
        return greys
    # In parts, since a whole data set as float32 would take four times its memory.
    parts = [
        F.adaptive_avg_pool2d(part.float(), size).round().to(torch.uint8)
        for part in greys.split(_IMAGES_AT_A_TIME)
    ]
    return torch.cat(parts)


def draw_binary(greys: Tensor, generator: torch.Generator) -> Tensor:
    """Bernoulli binarisation: white with probability grey / 255, redrawn at every call."""
    # Exactly grey / 255: of 0..254, `grey` many numbers are below `grey`.
    draws = torch.randint(
        0, 255, greys.shape, generator=generator, dtype=torch.uint8, device=generator.device
    )
    return (draws.to(greys.device) < greys).to(torch.uint8)


def draw_binary_once(greys: Tensor, seed: int) -> Tensor:
    """Bernoulli binarisation with a fixed seed; identical on every machine."""
    # numpy guarantees RandomState's stream; torch guarantees none.
    draws = np.random.RandomState(seed).randint(0, 255, size=tuple(greys.shape), dtype=np.uint8)
    return (torch.from_numpy(draws) < greys).to(torch.uint8)


def _check_uint8(name: str, values: Tensor) -> None:
    if not isinstance(values, Tensor) or values.dtype != torch.uint8:
        kind = values.dtype if isinstance(values, Tensor) else type(values).__name__
        raise DataError(f"{name} must be a uint8 tensor of whole numbers from 0, not {kind}.")
