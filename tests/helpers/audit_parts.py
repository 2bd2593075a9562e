"""Layers as people write them, for networks to be audited. None of them states its taps."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def mask_of(weight: Tensor, kind: str, colours: int = 1) -> Tensor:
    """The usual mask: rows above, the row's left part, and with type B the centre."""
    mask = torch.ones_like(weight)
    rows, columns = weight.shape[2:]
    mask[:, :, rows // 2 + 1 :] = 0
    mask[:, :, rows // 2, columns // 2 + (kind == "B") :] = 0
    if colours > 1:
        out = torch.arange(weight.shape[0]) * colours // weight.shape[0]
        into = torch.arange(weight.shape[1]) * colours // weight.shape[1]
        seen = into[None] <= out[:, None] if kind == "B" else into[None] < out[:, None]
        mask[:, :, rows // 2, columns // 2] = seen.to(mask)
    return mask


class Masked(nn.Conv2d):
    """Masks its weight each time that it runs."""

    def __init__(self, kind: str, inputs: int, outputs: int, size: int, colours: int = 1, **more):
        super().__init__(inputs, outputs, size, padding=size // 2 * more.get("dilation", 1), **more)
        self.register_buffer("mask", mask_of(self.weight, kind, colours))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight * self.mask
        return F.conv2d(x, weight, self.bias, padding=self.padding, dilation=self.dilation)


class WritesOver(Masked):
    """The textbook's way: the weight itself is written over in `forward`."""

    def forward(self, x: Tensor) -> Tensor:
        self.weight.data *= self.mask
        return nn.Conv2d.forward(self, x)


class MaskedOnce(nn.Conv2d):
    """Masked when it is made, and its gradients ever after."""

    def __init__(self, kind: str, inputs: int, outputs: int, size: int):
        super().__init__(inputs, outputs, size, padding=size // 2)
        mask = mask_of(self.weight, kind)
        self.weight.data *= mask
        self.weight.register_hook(lambda gradient: gradient * mask)


class Residual(nn.Module):
    """1 x 1, masked 3 x 3, 1 x 1, and the way around them."""

    def __init__(self, width: int, kind: str = "B"):
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(width, width // 2, 1),
            nn.ReLU(),
            Masked(kind, width // 2, width // 2, 3),
            nn.ReLU(),
            nn.Conv2d(width // 2, width, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class DownShifted(nn.Module):
    """Reads rows above and the row itself, by padding at the top."""

    def __init__(self, inputs: int, outputs: int, rows: int = 2, columns: int = 3):
        super().__init__()
        self.padding = (columns // 2, columns // 2, rows - 1, 0)
        self.conv = nn.Conv2d(inputs, outputs, (rows, columns))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, self.padding))


class DownRightShifted(nn.Module):
    """Reads rows above to the left, and the row itself so far."""

    def __init__(self, inputs: int, outputs: int, rows: int = 2, columns: int = 2, late: int = 0):
        super().__init__()
        self.padding = (columns - 1 - late, late, rows - 1, 0)
        self.conv = nn.Conv2d(inputs, outputs, (rows, columns))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, self.padding))


def down(x: Tensor) -> Tensor:
    """One row down."""
    return F.pad(x, (0, 0, 1, 0))[:, :, :-1]


def right(x: Tensor) -> Tensor:
    """One column to the right."""
    return F.pad(x, (1, 0))[..., :-1]


class Gated(nn.Module):
    """A vertical and a horizontal stack; `shifted` says whether the first moves down."""

    def __init__(self, inputs: int, width: int, shifted: bool = True):
        super().__init__()
        self.shifted = shifted
        self.vertical = DownShifted(inputs, 2 * width)
        self.horizontal = nn.Conv2d(inputs, 2 * width, (1, 2), padding=(0, 1))
        self.link = nn.Conv2d(2 * width, 2 * width, 1)

    def forward(self, pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        above, row = pair
        v = self.vertical(above)
        h = self.horizontal(row)[..., : row.shape[-1]]
        h = h + self.link(down(v) if self.shifted else v)
        return gate(v), gate(h)


def gate(x: Tensor) -> Tensor:
    a, b = x.chunk(2, dim=1)
    return a.tanh() * b.sigmoid()


class Attention(nn.Module):
    """Over the pixels in a row; `diagonal` 0 hides the pixel itself, 1 shows it."""

    def __init__(self, width: int, diagonal: int = 0, hide: float = float("-inf")):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.diagonal, self.hide = diagonal, hide

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[1]
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
        hidden = torch.ones(length, length, dtype=torch.bool).triu(self.diagonal)
        weights = scores.masked_fill(hidden, self.hide).softmax(-1)
        if self.diagonal == 0:
            weights = weights.nan_to_num() * ~hidden
        return weights @ v


def flat(x: Tensor) -> Tensor:
    """`(B, C, H, W)` to `(B, H * W, C)`."""
    return x.flatten(2).transpose(1, 2)


def square(x: Tensor, width: int) -> Tensor:
    """`(B, H * W, C)` to `(B, C, H, W)`."""
    return x.transpose(1, 2).unflatten(2, (-1, width))
