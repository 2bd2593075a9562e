"""What enters a network besides the image: the label, in one of three ways, and the position."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.models.config import ModelConfig
from pixelcnn.nn.layers import MaskedConv2d


class ClassBias(nn.Module):
    """A learned vector for each label, added to every position: int64 `(B,)` to `(B, C, 1, 1)`.

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
    """A learned factor for each label and channel, 1 at first: int64 `(B,)` to `(B, C, 1, 1)`."""

    def __init__(self, labels: int, channels: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(labels, channels)
        nn.init.zeros_(self.embedding.weight)

    def forward(self, labels: Tensor) -> Tensor:
        """Int64 `(B,)` to `(B, C, 1, 1)`."""
        return 1 + _in_autocast_precision(self.embedding(labels))[:, :, None, None]


class Condition(nn.Module):
    """Tells the features of a block the label, as `conditioning` has it.

    - `bias`: a vector for each label is added (van den Oord et al. 2016b, section 2.3);
    - `film`: each channel is scaled and shifted (Perez et al. 2018, "FiLM", section 2);
    - `concat`, or no classes: nothing happens here, see `Background`.
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
    """One plane for each class, 1 everywhere in that of the label: the first layer's share of it.

    To concatenate planes to the image and convolve both, or to convolve each and add, is the same;
    this is the second part of that sum. A label is no pixel, so all colours see all planes, and
    the kernel's centre is open. No label (`ModelConfig.no_label`) is no plane at all.
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
        """See `FixedHeight.keep_rows`."""
        self.height = rows


class PositionBias(nn.Module):
    """A learned quadratic function of the position, to be added to features: `(1, C, H, W)`.

    A convolution treats all positions alike; digits do not. Rows and columns run from -1 to 1.
    Not in the papers of van den Oord et al.; PixelSNAIL (Chen et al. 2018) feeds coordinates too.
    """

    planes: Tensor

    def __init__(self, height: int, width: int, channels: int) -> None:
        super().__init__()
        rows, columns = torch.meshgrid(
            torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij"
        )
        planes = torch.stack([rows, columns, rows**2, columns**2, rows * columns])[None]
        self.register_buffer("planes", planes, persistent=False)
        self.project = nn.Conv2d(planes.shape[1], channels, 1, bias=False)
        nn.init.normal_(self.project.weight, std=0.2)

    def forward(self) -> Tensor:
        """`(1, C, H, W)`."""
        return _in_autocast_precision(self.project(self.planes))

    def keep_rows(self, rows: int, of: int) -> None:
        """See `FixedHeight.keep_rows`."""
        self.planes = self.planes[:, :, :rows]


class Background(nn.Module):
    """What is added to the very first features: the position, and the label if concatenated."""

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
    """An embedding stays in float32 under autocast, and would drag what it is added to along."""
    device = x.device.type
    return x.to(torch.get_autocast_dtype(device)) if torch.is_autocast_enabled(device) else x
