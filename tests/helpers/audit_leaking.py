"""Networks that look ahead, each in a way of its own, with the layer that does it first."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.helpers.audit_causal import (
    MADE,
    Case,
    Dead,
    Labelled,
    PixelLSTM,
    Shut,
    Uneven,
    W,
    Wrapped,
    case,
    colours,
    normed,
    plain,
)
from tests.helpers.audit_parts import (
    Attention,
    DownRightShifted,
    DownShifted,
    Gated,
    Masked,
    Residual,
    down,
    flat,
    right,
    square,
)


class RowsBelow(Masked):
    """The rest of its row is hidden, the rows below are not."""

    def __init__(self, *given: Any, **more: Any):
        super().__init__(*given, **more)
        self.mask[:, :, self.mask.shape[2] // 2 + 1 :] = 1


class OneWeight(Masked):
    """One weight of one channel is not masked."""

    def __init__(self, *given: Any, at: tuple[int, int] = (1, 2), **more: Any):
        super().__init__(*given, **more)
        self.mask[0, 0, at[0], at[1]] = 1


class Tiny(Masked):
    """What it must not read, it reads with a billionth of the weight."""

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight * self.mask + 1e-9 * self.weight * (1 - self.mask)
        return F.conv2d(x, weight, self.bias, padding=self.padding)


def stack(*middle: nn.Module, first: nn.Module | None = None) -> nn.Sequential:
    return nn.Sequential(
        first or Masked("A", 1, W, 5), nn.ReLU(), *middle, nn.ReLU(), nn.Conv2d(W, 2, 1)
    )


def gated(shifted: bool = True, late: bool = False) -> Wrapped:
    def use(net: Any, x: Tensor) -> Tensor:
        pair = net.first((x, x if late else right(x)))
        return net.out(net.second(pair)[1])

    return Wrapped(use, first=Gated(1, W, shifted), second=Gated(W, W), out=nn.Conv2d(W, 2, 1))


def streams(shift_down: bool = True, shift_right: bool = True, late: int = 0) -> Wrapped:
    def use(net: Any, x: Tensor) -> Tensor:
        u = down(net.u(x)) if shift_down else net.u(x)
        ul = right(net.ul(x)) if shift_right else net.ul(x)
        return net.out(F.elu(net.second(ul) + net.nin(u)))

    return Wrapped(
        use,
        u=DownShifted(1, W),
        ul=DownRightShifted(1, W),
        second=DownRightShifted(W, W, late=late),
        nin=nn.Conv2d(W, W, 1),
        out=nn.Conv2d(W, 2, 1),
    )


def attending(**more: Any) -> Wrapped:
    def use(net: Any, x: Tensor) -> Tensor:
        return net.out(square(net.attention(flat(net.first(x))), x.shape[-1]))

    return Wrapped(
        use,
        first=Masked("A", 1, W, 3),
        attention=Attention(W, **more),
        out=nn.Conv2d(W, 2, 1),
    )


class SoftlyHidden(nn.Module):
    """Hides scores by multiplying with 0, of which a softmax still makes a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.qk = nn.Linear(W, 2 * W)

    def forward(self, x: Tensor) -> Tensor:
        q, k = self.qk(x).chunk(2, -1)
        return ((q @ k.transpose(1, 2)).tril().softmax(-1)) @ x


class Skip(nn.Module):
    """A way around everything, for the image itself."""

    def __init__(self) -> None:
        super().__init__()
        self.net = plain()

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x) + x


class Side(nn.Module):
    """The image joins again further on, by a 1 x 1 layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.again = Masked("A", 1, W, 5), nn.Conv2d(1, W, 1)
        self.out = Masked("B", W, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(F.relu(self.first(x)) + self.again(x))


class Mean(nn.Module):
    """Subtracts the mean of the whole image first."""

    def __init__(self) -> None:
        super().__init__()
        self.net = plain()

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x - x.mean((1, 2, 3), keepdim=True))


class Squeeze(nn.Module):
    """Channel attention: a gate from an average over all pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(W, W, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x)


class Rolled(nn.Module):
    """Shifts by rolling: the last row comes back at the top."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.out = DownShifted(1, W), nn.Conv2d(W, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(F.relu(self.conv(x)).roll(1, 2))


class WrongWay(nn.Module):
    """Shifts up instead of down."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.out = DownShifted(1, W), nn.Conv2d(W, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(F.pad(F.relu(self.conv(x)), (0, 0, 0, 1))[:, :, 1:])


class Upsampled(nn.Module):
    """Halves the image by pooling, and stretches it again without a shift."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = Masked("A", 1, W, 3)
        self.out = nn.Conv2d(W, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(F.interpolate(F.avg_pool2d(self.conv(x), 2), scale_factor=2))


class BothWays(PixelLSTM):
    """An LSTM that also reads from the end."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(1, W, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * W, 2)


class OpenMADE(MADE):
    """Its second mask shows the diagonal as the first one does."""

    def forward(self, x: Tensor) -> Tensor:
        h = F.linear(x.flatten(1), self.inner.weight.tril(), self.inner.bias).relu()
        return F.linear(h, self.outer.weight.tril(), self.outer.bias).view_as(x)


class AcrossTheBatch(nn.Module):
    """Attention over the batch instead of the pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.attention = plain(), nn.MultiheadAttention(2, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = flat(self.net(x))
        return square(h + self.attention(h, h, h)[0], x.shape[-1])


class Flipped(nn.Module):
    """A convolution of which one half reads the mirrored image."""

    def __init__(self) -> None:
        super().__init__()
        self.net = plain()

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x) + self.net(x.flip(3)).flip(3)


class GivenBack(nn.Module):
    """Writes the image into its own output at one pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.net = plain()

    def forward(self, x: Tensor) -> Tensor:
        made = self.net(x).clone()
        made[:, 0, 3, 4] = x[:, 0, 5, 5]
        return made


class ThroughNumPy(nn.Module):
    """Leaves PyTorch, and comes back with what it must not know."""

    def __init__(self) -> None:
        super().__init__()
        self.net = plain()

    def forward(self, x: Tensor) -> Tensor:
        ahead = np.roll(x.detach().numpy(), -1, axis=3)
        return self.net(x) + torch.from_numpy(ahead)


class Counted(nn.Module):
    """How many pixels are white, as a Python number."""

    def __init__(self) -> None:
        super().__init__()
        self.net = plain()

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x) * torch.tensor([float(one.sum()) for one in x])[:, None, None, None]


def blue_first() -> nn.Module:
    net = colours()
    net[0].mask[:, :, 1, 1] = net[0].mask[:, :, 1, 1].flip(0, 1)
    return net


def numpy_suffix(images: np.ndarray) -> np.ndarray:
    """The sum of this pixel and all that follow."""
    line = images.reshape(len(images), -1)
    return np.cumsum(line[:, ::-1], 1)[:, ::-1].reshape(images.shape) + np.roll(line, 1, 1).reshape(
        images.shape
    )


LEAKING: dict[str, Case] = {
    "no mask at all": case(
        lambda: nn.Sequential(nn.Conv2d(1, W, 5, padding=2), nn.ReLU(), nn.Conv2d(W, 2, 1)),
        layer="0",
    ),
    "rows below": case(lambda: stack(RowsBelow("B", W, W, 3)), layer="2"),
    "mask B first": case(lambda: plain(first="B"), layer="0"),
    "mask B first, residual after it": case(
        lambda: nn.Sequential(Masked("B", 1, W, 5), Residual(W, "A"), nn.Conv2d(W, 2, 1)), layer="0"
    ),
    "one weight of one channel": case(lambda: stack(OneWeight("B", W, W, 3)), layer="2"),
    "one weight below": case(lambda: stack(OneWeight("B", W, W, 3, at=(2, 0))), layer="2"),
    "a billionth": case(lambda: stack(Tiny("B", W, W, 3)), layer="2"),
    "an ordinary convolution among masked ones": case(
        lambda: stack(Masked("B", W, W, 3), nn.ReLU(), nn.Conv2d(W, W, 3, padding=1)), layer="4"
    ),
    "a dilation of 16": case(
        lambda: stack(OneWeight("B", W, W, 3, at=(2, 1), dilation=16)), layer="2"
    ),
    "a vertical stack that is not shifted": case(
        lambda: gated(shifted=False), layer="first.vertical.conv"
    ),
    "a horizontal stack that begins late": case(lambda: gated(late=True), layer="first.horizontal"),
    "no shift down": case(lambda: streams(shift_down=False), layer="u.conv"),
    "no shift to the right": case(lambda: streams(shift_right=False), layer="ul.conv"),
    "padded on the wrong side": case(lambda: streams(late=1), layer="second.conv"),
    "shifted up": case(WrongWay, layer="out"),
    "rolled": case(Rolled),
    "attention without a mask": case(lambda: attending(diagonal=200), layer="attention"),
    "attention hidden by too small a number": case(lambda: attending(diagonal=1, hide=-5.0)),
    "attention that shows its own pixel": case(
        lambda: Wrapped(
            lambda net, x: net.out(square(net.attention(flat(net.embed(x))), x.shape[-1])),
            embed=nn.Conv2d(1, W, 1),
            attention=Attention(W, diagonal=1),
            out=nn.Conv2d(W, 2, 1),
        )
    ),
    "scores multiplied with 0": case(
        lambda: Wrapped(
            lambda net, x: net.out(square(net.attention(flat(net.first(x))), x.shape[-1])),
            first=Masked("A", 1, W, 3),
            attention=SoftlyHidden(),
            out=nn.Conv2d(W, 2, 1),
        ),
        layer="attention",
    ),
    "a way around": case(Skip),
    "the image joins again": case(Side, layer="again"),
    "its mean is subtracted": case(Mean),
    "channel attention": case(lambda: stack(Squeeze())),
    "group norm": case(lambda: normed(nn.GroupNorm(2, W)), layer="1"),
    "instance norm": case(lambda: normed(nn.InstanceNorm2d(W)), layer="1"),
    "layer norm over the image": case(lambda: normed(nn.LayerNorm([W, 12, 12])), layer="1"),
    "batch norm in training mode": case(lambda: normed(nn.BatchNorm2d(W)), layer="1"),
    "pooled and stretched": case(Upsampled),
    "an LSTM of both directions": case(BothWays, size=7),
    "MADE with the diagonal": case(OpenMADE),
    "attention over the batch": case(AcrossTheBatch),
    "mirrored": case(Flipped),
    "one pixel given back": case(GivenBack),
    "through NumPy": case(ThroughNumPy),
    "a Python number": case(Counted),
    "blue before red": case(blue_first, channels=3, layer="0"),
    "all colours at once": case(
        lambda: nn.Sequential(Masked("B", 3, W, 3), nn.Conv2d(W, 20, 1)), channels=3, layer="0"
    ),
    "a gain of 0": case(lambda: Shut(stack(RowsBelow("B", W, W, 3))), layer="net.2"),
    "a dead ReLU": case(lambda: Dead(plain(first="B")), layer="net.0"),
    "beside a huge output": case(lambda: Uneven(stack(OneWeight("B", W, W, 3))), layer="net.2"),
    "with a label": case(lambda: Labelled(plain(first="B")), layer="net.0"),
    "not square": case(lambda: stack(RowsBelow("B", W, W, 3)), size=(9, 6), layer="2"),
    "NumPy": case(lambda: numpy_suffix),
}
