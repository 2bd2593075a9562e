"""Networks that do not look ahead, in the guises that people write them in."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.helpers.audit_parts import (
    Attention,
    DownRightShifted,
    DownShifted,
    Gated,
    Masked,
    MaskedOnce,
    Residual,
    WritesOver,
    down,
    flat,
    right,
    square,
)

W = 6


class Wrapped(nn.Module):
    """Some layers, and a function that uses them."""

    def __init__(self, use: Callable[[Any, Tensor], Any], **layers: nn.Module):
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.use = use

    def forward(self, x: Tensor) -> Any:
        return self.use(self, x)


def plain(layer: type = Masked, first: str = "A") -> nn.Sequential:
    return nn.Sequential(
        layer(first, 1, W, 5), nn.ReLU(), layer("B", W, W, 3), nn.ReLU(), nn.Conv2d(W, 2, 1)
    )


def residual() -> nn.Sequential:
    return nn.Sequential(Masked("A", 1, W, 5), Residual(W), Residual(W), nn.Conv2d(W, 2, 1))


def colours(levels: int = 4, inner: int = 6) -> nn.Sequential:
    return nn.Sequential(
        Masked("A", 3, inner, 3, colours=3),
        nn.ReLU(),
        Masked("B", inner, inner, 3, colours=3),
        nn.ReLU(),
        Masked("B", inner, 3 * levels, 1, colours=3),
    )


def gated() -> Wrapped:
    def use(net: Any, x: Tensor) -> Tensor:
        pair = net.first((x, right(x)))
        return net.out(net.second(pair)[1])

    return Wrapped(use, first=Gated(1, W), second=Gated(W, W), out=nn.Conv2d(W, 2, 1))


def two_streams() -> Wrapped:
    """As in PixelCNN++: a channel of ones, streams that are shifted first, a stride in between."""

    def use(net: Any, x: Tensor) -> Tensor:
        x = torch.cat([x, torch.ones_like(x[:, :1])], 1)
        u = down(net.u(x))
        ul = down(net.ul_v(x)) + right(net.ul_h(x))
        u, ul = F.elu(net.u2(u)), F.elu(net.ul2(ul) + net.nin(u))
        small = net.smaller(F.pad(ul, (1, 0, 1, 0)))
        large = net.larger(small)[:, :, : x.shape[2], : x.shape[3]]
        return net.out(ul + right(large) + down(large))

    return Wrapped(
        use,
        u=DownShifted(2, W),
        ul_v=DownShifted(2, W, rows=1),
        ul_h=DownRightShifted(2, W, columns=1),
        u2=DownShifted(W, W),
        ul2=DownRightShifted(W, W),
        nin=nn.Conv2d(W, W, 1),
        smaller=nn.Conv2d(W, W, 2, stride=2),
        larger=nn.ConvTranspose2d(W, W, 2, stride=2),
        out=nn.Conv2d(W, 10, 1),
    )


def attending(hide: float = float("-inf")) -> Wrapped:
    def use(net: Any, x: Tensor) -> Tensor:
        rows = flat(net.first(x))
        return net.out(square(net.attention(rows), x.shape[-1]))

    return Wrapped(
        use,
        first=Masked("A", 1, W, 3),
        attention=Attention(W, diagonal=1, hide=hide),
        out=nn.Conv2d(W, 2, 1),
    )


def shifted_transformer() -> Wrapped:
    """A start token pushes all pixels on by one, so that each output may see its own slot."""

    def use(net: Any, x: Tensor) -> Tensor:
        tokens = net.embed(x)
        tokens = F.pad(tokens, (0, 0, 1, 0))[:, :-1]
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=tokens.dtype)
        return net.out(net.layer(tokens, src_mask=mask, is_causal=True))

    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    return Wrapped(use, embed=nn.Embedding(4, 8), layer=layer, out=nn.Linear(8, 4))


class PixelLSTM(nn.Module):
    """Reads the pixels one after the other, each prediction from the state before."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(1, W, batch_first=True)
        self.out = nn.Linear(W, 2)

    def forward(self, x: Tensor) -> Tensor:
        h, _ = self.lstm(F.pad(flat(x), (0, 0, 1, 0))[:, :-1])
        return square(self.out(h), x.shape[-1])


class MADE(nn.Module):
    """Masked fully connected layers over the pixels in a row."""

    def __init__(self, pixels: int = 144) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(pixels, pixels), nn.Linear(pixels, pixels)

    def forward(self, x: Tensor) -> Tensor:
        h = F.linear(x.flatten(1), self.inner.weight.tril(-1), self.inner.bias).relu()
        return F.linear(h, self.outer.weight.tril(), self.outer.bias).view_as(x)


class KeepsThings(nn.Module):
    """Counts its calls, keeps an activation, and a mask for the first batch's size."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.calls, self.mask, self.last = plain(), 0, None, None

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        if self.mask is None:
            self.mask = torch.ones(len(x), 1, 1, 1)
        self.last = self.net(x * self.mask)
        return self.last + self.calls


class DrawsEverywhere(nn.Module):
    """Random numbers from four sources."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.own = plain(), torch.Generator().manual_seed(3)

    def forward(self, x: Tensor) -> Tensor:
        noise = np.random.rand() + random.random() + torch.rand(())
        return F.dropout(self.net(x), 0.2) * (1 + noise + torch.rand((), generator=self.own))


class ChangesItsInput(nn.Module):
    """Rescales the very tensor that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.net = plain()

    def forward(self, x: Tensor) -> Tensor:
        x.mul_(2).sub_(1)
        return self.net(x)


class Shut(nn.Module):
    """A gain of 0 hides everything at first."""

    def __init__(self, net: nn.Module | None = None) -> None:
        super().__init__()
        self.net, self.gain = net or plain(), nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x) * self.gain


class Dead(nn.Module):
    """A ReLU far below zero."""

    def __init__(self, net: nn.Module | None = None) -> None:
        super().__init__()
        self.net = net or plain()
        nn.init.constant_(self.net[0].bias, -100.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class Labelled(nn.Module):
    """Takes a label."""

    def __init__(self, net: nn.Module | None = None) -> None:
        super().__init__()
        self.net, self.label = net or plain(), nn.Embedding(10, 2)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.net(x) + self.label(y)[:, :, None, None]


class Conditioned(nn.Module):
    """Takes a vector."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.h = plain(), nn.Linear(7, 2)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return self.net(x) + self.h(h)[:, :, None, None]


class OnAMap(nn.Module):
    """Takes a map as large as the image."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.of_map = Masked("A", 1, W, 5), nn.Conv2d(1, W, 1)
        self.out = nn.Conv2d(W, 2, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return self.out((self.first(x) + self.of_map(condition)).relu())


class OneImage(nn.Module):
    """Forgets that there may be a batch."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = plain()

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).view(1, 2, *x.shape[2:])


class WholeLevels(nn.Module):
    """Embeds whole levels, and returns a mapping."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.conv = nn.Embedding(16, W), Masked("A", W, 16, 5)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        assert x.dtype == torch.int64
        return {"logits": self.conv(self.embed(x[:, 0]).permute(0, 3, 1, 2))}


class OneHot(nn.Module):
    """Is given one-hot levels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = Masked("A", 8, 8, 5)

    def forward(self, x: Tensor) -> Tensor:
        assert bool((x.sum(1) == 1).all())
        return self.conv(x)


class ChannelsLast(nn.Module):
    """Images `(B, H, W, C)` in and out, the logits of a colour last."""

    def __init__(self) -> None:
        super().__init__()
        self.net = colours()

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[-1] == 3
        y = self.net(x.permute(0, 3, 1, 2))
        return y.unflatten(1, (3, 4)).permute(0, 3, 4, 1, 2)


class Single(nn.Module):
    """Insists on float32."""

    def __init__(self) -> None:
        super().__init__()
        self.net = plain()

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype != torch.float32:
            raise TypeError("float32 only")
        return self.net(x)


class Uneven(nn.Module):
    """One output is a billion times the others."""

    def __init__(self, net: nn.Module | None = None) -> None:
        super().__init__()
        self.net = net or plain()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        made = self.net(x)
        return made[:, :1] * 1e9 + 1e12, made[:, 1:]


class Distribution(nn.Module):
    """Returns a distribution."""

    def __init__(self) -> None:
        super().__init__()
        self.net = plain()

    def forward(self, x: Tensor) -> torch.distributions.Distribution:
        mean, scale = self.net(x).chunk(2, 1)
        return torch.distributions.Independent(
            torch.distributions.Normal(mean, F.softplus(scale)), 3
        )


class LevelMajor(nn.Module):
    """`(B, levels x colours, H, W)`, all colours of the first level first."""

    def __init__(self) -> None:
        super().__init__()
        self.net = colours()

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x).unflatten(1, (3, 4)).transpose(1, 2).flatten(1, 2)


class Turned(nn.Module):
    """Another order: the image is turned, and what comes out is turned back."""

    def __init__(self, turn: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.net, self.turn = plain(), turn

    def forward(self, x: Tensor) -> Tensor:
        return self.turn(self.net(self.turn(x)))


class Serpentine(nn.Module):
    """Every other row runs backwards."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.randn(144, 144))

    def forward(self, x: Tensor) -> Tensor:
        snake = torch.arange(144).view(12, 12)
        snake[1::2] = snake[1::2].flip(1)
        line = x.flatten(1)[:, snake.flatten()]
        made = line @ self.weights.triu(1)
        return made[:, snake.flatten().argsort()].view_as(x)


class NextPixel(nn.Module):
    """Output i is compared with pixel i + 1: a sequence that may see its own slot."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(4, 8)
        self.attention, self.out = Attention(8, diagonal=1), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        h = self.embed(x)
        return self.out(h + self.attention(h))


def spectral() -> nn.Module:
    net = plain()
    nn.utils.parametrizations.spectral_norm(net[-1])
    return net


def old_weight_norm() -> nn.Module:
    net = plain()
    nn.utils.weight_norm(net[-1])
    return net


def lazy() -> nn.Module:
    return nn.Sequential(Masked("A", 1, W, 5), nn.ReLU(), nn.LazyConv2d(2, 1))


def normed(norm: nn.Module) -> nn.Module:
    return nn.Sequential(Masked("A", 1, W, 5), norm, nn.Conv2d(W, 2, 1))


class PerPixelNorm(nn.Module):
    """Layer normalisation over the channels of one pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(W)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def numpy_prefix(images: np.ndarray) -> np.ndarray:
    """A function of arrays: the sum of all pixels before."""
    line = images.reshape(len(images), -1)
    return (np.cumsum(line, 1) - line).reshape(images.shape)


def torch_prefix(images: Tensor) -> Tensor:
    """The same of tensors."""
    return (images.flatten(1).cumsum(1) - images.flatten(1)).view_as(images)


@dataclass(frozen=True)
class Case:
    """A network whose truth is known.

    Attributes:
        make: makes it.
        options: what the audit is told.
        order: in which it generates its pixels.
        layer: the module that looks ahead first; None if nothing is to be named.
        proven: whether every operation can be followed.
    """

    make: Callable[[], Any]
    options: dict[str, Any]
    order: str = "raster"
    layer: str | None = None


def case(make: Callable[[], Any], order: str = "raster", layer: str | None = None, **options: Any):
    return Case(make, options, order, layer)


CAUSAL: dict[str, Case] = {
    "plain": case(plain),
    "writes over its weights": case(lambda: plain(WritesOver)),
    "masked once, and its gradients": case(lambda: plain(MaskedOnce)),
    "residual": case(residual),
    "gated": case(gated),
    "two streams with a stride": case(two_streams),
    "dilated": case(lambda: nn.Sequential(Masked("A", 1, W, 3), Masked("B", W, 2, 3, dilation=4))),
    "colours": case(colours, channels=3),
    "colours, level-major": case(LevelMajor, channels=3),
    "colours, channels last": case(ChannelsLast, channels=3),
    "colours at once": case(
        lambda: nn.Sequential(Masked("A", 3, W, 3), nn.ELU(), nn.Conv2d(W, 20, 1)), channels=3
    ),
    "attention": case(attending),
    "attention, hidden by a large number": case(lambda: attending(-1e9)),
    "transformer with a start token": case(shifted_transformer, axes="(H W C)"),
    "LSTM over pixels": case(PixelLSTM),
    "MADE": case(MADE),
    "keeps things": case(KeepsThings),
    "conditioned on a map": case(OnAMap),
    "one image at a time": case(OneImage),
    "draws everywhere": case(DrawsEverywhere),
    "changes its input": case(ChangesItsInput),
    "a gain of 0": case(Shut),
    "a dead ReLU": case(Dead),
    "a label": case(Labelled),
    "a vector": case(Conditioned),
    "whole levels": case(WholeLevels),
    "one-hot levels": case(OneHot, values="one-hot", levels=8),
    "float32 only": case(Single),
    "one huge output": case(Uneven),
    "a distribution": case(Distribution),
    "columns": case(lambda: Turned(lambda x: x.transpose(2, 3)), order="columns"),
    "reversed": case(lambda: Turned(lambda x: x.flip(2, 3)), order="reversed"),
    "from the bottom": case(lambda: Turned(lambda x: x.flip(2)), order="rows-from-bottom-left"),
    "serpentine": case(Serpentine, order="serpentine"),
    "the next pixel": case(NextPixel, axes="(H W C)"),
    "spectral norm": case(spectral),
    "weight norm": case(old_weight_norm),
    "a lazy layer": case(lazy),
    "normalised over channels": case(lambda: normed(PerPixelNorm())),
    "batch norm that is frozen": case(lambda: normed(nn.BatchNorm2d(W)).eval()),
    "not square": case(plain, size=(7, 10)),
    "NumPy": case(lambda: numpy_prefix),
    "a function of tensors": case(lambda: torch_prefix),
}
