"""Text about the architectures: the structure of each, and why it sees what it sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from pixelcnn.nn.layers import Offset, TapConv2d, VerticalConv2d, causal_mask
from pixelcnn.nn.recurrence import DiagonalRecurrence, RowRecurrence
from pixelcnn.nn.streams import ConvDown, ConvDownRight


@dataclass(frozen=True)
class Architecture:
    """One of the architectures to compare.

    Attributes:
        kind: what it is, in two or three words.
        paper: the name that its authors gave it.
        what: its structure, in one sentence.
        why: why it sees what it sees; `{reach}` is half a kernel in columns.
        path: how a path through it works, in one or two sentences.
        kernels: maps a kernel size to what one step of its layers reads: {title: bool tensor}.
        model: its name in the registry.
        options: the options of that model.
    """

    kind: str
    paper: str
    what: str
    why: str
    path: str
    kernels: Callable[[int], dict[str, Tensor]]
    model: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:

        return f"{self.kind} ({self.paper})"


def _square(size: int) -> Tensor:
    return causal_mask(1, 1, (size, size), "B")[0, 0]


def _used(layer: TapConv2d) -> Tensor:
    return layer.mask[0, 0]


def _at(offsets: tuple[Offset, ...]) -> Tensor:
    """These neighbours of a pixel, as a 3 x 3 mask."""
    mask = torch.zeros(3, 3, dtype=torch.bool)
    for row, column in offsets:
        mask[1 + row, 1 + column] = True
    return mask


ARCHITECTURES: Mapping[str, Architecture] = {
    "pixelcnn": Architecture(
        "One stack",
        "PixelCNN",
        "Masked convolutions, one after the other.",
        "a step to the right must also go up: at most {reach} per row, however many layers there "
        "are. The pixel would be allowed to see pixels further to the right, but no path leads "
        "there.",
        "One step of the kernel per layer, and to the right only together with a step up.",
        lambda size: {"One stack": _square(size)},
        model="pixelcnn",
    ),
    "pixelcnn_attention": Architecture(
        "Attention",
        "PixelCNN + attention",
        "One stack; after each block every pixel may attend to any earlier pixel.",
        "the kernels alone would leave the blind spot, but **attention** needs no path. It reads "
        "every earlier pixel directly, and learns which of them matter.",
        "Attention needs no steps: it reaches any earlier pixel in **one jump** (dashed).",
        lambda size: {"Its stack": _square(size)},
        model="pixelcnn_attention",
    ),
    "gated_pixelcnn": Architecture(
        "Two stacks",
        "Gated PixelCNN",
        "One stack for the rows above, and one for the row itself.",
        "they divide the work. The *vertical* stack also steps sideways within a row, both ways, "
        "which is allowed because its output is used **one row further down**. The *horizontal* "
        "stack reads its own row to the left, and at every layer gets what the vertical stack has "
        "seen above. No pixel is left out, and none is seen too early.",
        "The vertical stack may carry the pixel along a row before any prediction sees it: its "
        "output is used one row further down.",
        lambda size: {
            "Vertical": _used(VerticalConv2d(1, 1, size)),
            "Horizontal": causal_mask(1, 1, (1, size), "B")[0, 0],
        },
        model="gated_pixelcnn",
    ),
    "pixelcnnpp": Architecture(
        "Two streams, three sizes",
        "PixelCNN++",
        "Two streams that are halved in size twice, then doubled again; each further step adds one "
        "layer at every size.",
        "the first layer of the *down* stream leaves out the pixel's own row, so that all later "
        "layers may step sideways. The *right* stream also reads to the left, and reads the down "
        "stream. At a quarter of the size, each step is **four pixels** wide.",
        "At half or a quarter of the size, a step is two or four pixels wide. There the path is "
        "drawn from the upper left pixel of each cell.",
        lambda size: {
            "Down": _used(ConvDown(1, 1, size)),
            "Right": _used(ConvDownRight(1, 1, size)),
        },
        model="pixelcnnpp",
    ),
    "pixelsnail": Architecture(
        "Blocks with attention",
        "PixelSNAIL",
        "A few small convolutions, then attention to every earlier pixel, repeated.",
        "its small kernels read only up and to the left, but each block ends with **attention**, "
        "which needs no path. It reads every earlier pixel directly.",
        "Attention needs no steps: it reaches any earlier pixel in **one jump** (dashed).",
        lambda size: {"Convolutions": _used(ConvDownRight(1, 1, size))},
        model="pixelsnail",
    ),
    "pixelrnn": Architecture(
        "Recurrence",
        "PixelRNN",
        "Each pixel gets the states of its neighbours, so one layer carries information across the "
        "picture.",
        "the state of a pixel is computed from those **next to it**, and these in the same way: "
        "one layer is a path from every earlier pixel. One pass comes from the left, one from the "
        "right; the latter is used one row further down. The kernel of the layers after the first "
        "makes no difference.",
        "The whole path is in **one layer**: each state passes information to the next. What comes "
        "from the right is used one row further down.",
        lambda _size: {
            "From the left": _at(DiagonalRecurrence(1, "lstm", reverse=False).offsets),
            "From the right": _at(DiagonalRecurrence(1, "lstm", reverse=True).offsets),
        },
        model="pixelrnn",
    ),
    "row_lstm": Architecture(
        "Recurrence by rows",
        "Row LSTM",
        "Each pixel gets the states of the three pixels above it, so one layer carries information "
        "down all rows.",
        "its state is computed from the **three above**, and these in the same way: a triangle "
        "that opens upwards. The kernels add the row itself, to the left. Pixels to the right of "
        "the triangle stay unseen, as with one stack.",
        "Within one layer each state passes information to the row below. To the right it reaches "
        "only as far as the triangle.",
        lambda size: {
            "From above": _at(RowRecurrence.offsets),
            "Own row": causal_mask(1, 1, (1, size), "B")[0, 0],
        },
        model="pixelrnn",
        options={"layer": "row_lstm"},
    ),
}
