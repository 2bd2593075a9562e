"""Conditioning: on the label, in one of three ways, and on the position."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.models.config import ModelConfig
from pixelcnn.nn.layers import MaskedConv2d


class ClassBias(nn.Module):
    """A learned vector per label, added at every position: int64 `(B,)` to `(B, C, 1, 1)`.

    Source: van den Oord et al. 2016b, section 2.3 (the one-hot h times V).
    """

    def __init__(self, labels: int, channels: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(labels, channels)
        nn.init.zeros_(self.embedding.weight)

    def forward(self, labels: Tensor) -> Tensor:
        """Int64 `(B,)` to `(B, C, 1, 1)`."""
        return _in_autocast_precision(self.embedding(labels))[:, :, None, None]


class ClassScale(nn.Module):
    """A learned factor per label and channel, initially 1: int64 `(B,)` to `(B, C, 1, 1)`."""

    def __init__(self, labels: int, channels: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(labels, channels)
        nn.init.zeros_(self.embedding.weight)

    def forward(self, labels: Tensor) -> Tensor:
        """Int64 `(B,)` to `(B, C, 1, 1)`."""
        return 1 + _in_autocast_precision(self.embedding(labels))[:, :, None, None]


class Condition(nn.Module):
    """Conditions the features of a block on the label.

    - `bias`: adds a vector per label (van den Oord et al. 2016b, section 2.3);
    - `film`: scales and shifts each channel (Perez et al. 2018, "FiLM", section 2);
    - `concat`, or no classes: does nothing, see `Background`.
    """

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        kind = config.conditioning if config.classes else "none"
        slots = config.label_slots
        self.scale = ClassScale(slots, channels) if kind == "film" else None
        self.shift = ClassBias(slots, channels) if kind in ("bias", "film") else None

    def forward(self, h: Tensor, labels: Tensor | None) -> Tensor:
        """Features `(B, channels, H, W)` to the same; labels int64 `(B,)`."""
        if self.scale is not None:
            h = h * self.scale(labels)
        return h if self.shift is None else h + self.shift(labels)


class LabelPlanes(nn.Module):
    """One plane per class, 1 everywhere for the label: the label's share of the first layer.

    Convolving image and planes concatenated equals convolving them apart and adding; this is the
    second part of that sum. A label is not a pixel, so all colours see all planes, and the kernel's
    centre is open. No label (`ModelConfig.no_label`) sets no plane.
    """

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        self.classes, self.height, self.width = config.classes, config.height, config.width
        self.convolution = MaskedConv2d(
            config.classes, channels, config.first_kernel_size, "B", bias=False
        )

    def forward(self, labels: Tensor) -> Tensor:
        """Int64 `(B,)` to `(B, channels, H, W)`."""
        one_hot = F.one_hot(labels, self.classes + 1)[:, : self.classes]  # (B, classes)
        planes = one_hot[:, :, None, None].expand(-1, -1, self.height, self.width)
        features: Tensor = self.convolution(planes.to(self.convolution.weight.dtype))
        return features

    def keep_rows(self, rows: int, of: int) -> None:
        self.height = rows


class PositionBias(nn.Module):
    """A learned quadratic function of the position, added to features: `(1, C, H, W)`.

    Convolutions treat all positions alike, but digits do not. Rows and columns run from -1 to 1.
    Not in the papers of van den Oord et al.; PixelSNAIL (Chen et al. 2018) also uses coordinates.
    """

    planes: Tensor

    def __init__(self, height: int, width: int, channels: int) -> None:
        super().__init__()
        planes = _planes(height, width, torch.get_default_dtype())
        self.register_buffer("planes", planes, persistent=False)
        self.project = nn.Conv2d(planes.shape[1], channels, 1, bias=False)
        nn.init.normal_(self.project.weight, std=0.2)

    def forward(self) -> Tensor:
        """`(1, C, H, W)`."""
        return _in_autocast_precision(self.project(self.planes))

    def keep_rows(self, rows: int, of: int) -> None:
        self.planes = self.planes[:, :, :rows]


@lru_cache(maxsize=8)
def _planes(height: int, width: int, dtype: torch.dtype) -> Tensor:
    """Functions of the position, `(1, 5, H, W)`: shared, since deep networks have hundreds."""
    with torch.inference_mode(False):  # a tensor made in inference mode cannot be trained with
        # In double precision: the last digit of torch's float32 depends on the machine.
        rows, columns = torch.meshgrid(
            *(torch.linspace(-1, 1, size, dtype=torch.float64) for size in (height, width)),
            indexing="ij",
        )
        planes = torch.stack([rows, columns, rows**2, columns**2, rows * columns])[None]
        return planes.to(dtype)


class Background(nn.Module):
    """Adds position, and the label if concatenated, to the features of the first layer."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        concatenated = config.classes > 0 and config.conditioning == "concat"
        self.position = (
            PositionBias(config.height, config.width, channels) if config.position else None
        )
        self.label_planes = LabelPlanes(config, channels) if concatenated else None

    def forward(self, h: Tensor, labels: Tensor | None) -> Tensor:
        """Features `(B, channels, H, W)` to the same; labels int64 `(B,)`."""
        if self.position is not None:
            h = h + self.position()
        return h if self.label_planes is None else h + self.label_planes(labels)


def _in_autocast_precision(x: Tensor) -> Tensor:
    """Cast an embedding: under autocast it stays float32, and would upcast the sum."""
    device = x.device.type
    return x.to(torch.get_autocast_dtype(device)) if torch.is_autocast_enabled(device) else x
