"""The architectures in words: what each is made of, and why it sees what it sees."""

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
        what: what it is made of, in one sentence.
        why: why it sees what it sees; `{reach}` is half a kernel in columns.
        path: what to know of a path through it, in one sentence or two.
        kernels: of a kernel size, what one step of its layers reads: {title: bool tensor}.
        model: its name in the registry.
        options: what makes it of that model.
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
        """Kind and name."""
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
        "to go right, a step must also go up. That is {reach} for each row, and no layer makes it "
        "more. From what lies further to the right no path leads here: looking there would be "
        "legal, but it is never done.",
        "At every layer one step of the kernel, and to the right only together with one up.",
        lambda size: {"One stack": _square(size)},
        model="pixelcnn",
    ),
    "pixelcnn_attention": Architecture(
        "Attention",
        "PixelCNN + attention",
        "One stack; after each block every pixel may look at any earlier pixel.",
        "the kernels alone would leave the blind spot, but **attention** needs no path. It looks "
        "straight at every earlier pixel, and learns which of them to listen to.",
        "Attention needs no steps: from any earlier pixel it is **one jump** (dashed).",
        lambda size: {"Its stack": _square(size)},
        model="pixelcnn_attention",
    ),
    "gated_pixelcnn": Architecture(
        "Two stacks",
        "Gated PixelCNN",
        "One stack for the rows above, and one for the row itself.",
        "they share the work. The *vertical* one also steps sideways within a row, both ways, "
        "which is allowed since its result is handed on **one row further down**. The *horizontal* "
        "one looks along its own row to the left, and takes in at every layer what the vertical "
        "one has seen above. No pixel is left out, and none is seen too early.",
        "The vertical stack may carry it along a row in which no prediction sees it yet: what it "
        "knows is used one row further down.",
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
        "the first layer of the *down* stream leaves out the pixel's own row, so that all others "
        "may step sideways in it. The *right* stream also looks to the left, and reads the down "
        "stream. Where the picture has a quarter of its rows and columns, each step is **four "
        "pixels** wide.",
        "Where the picture is small, a step is two or four pixels wide. Then the way is drawn "
        "from the upper left pixel of each cell.",
        lambda size: {
            "Down": _used(ConvDown(1, 1, size)),
            "Right": _used(ConvDownRight(1, 1, size)),
        },
        model="pixelcnnpp",
    ),
    "pixelsnail": Architecture(
        "Blocks with attention",
        "PixelSNAIL",
        "A few small convolutions and then attention to every earlier pixel, again and again.",
        "its small kernels look up and to the left only, but each block ends with **attention**, "
        "which needs no path. It looks straight at every earlier pixel.",
        "Attention needs no steps: from any earlier pixel it is **one jump** (dashed).",
        lambda size: {"Convolutions": _used(ConvDownRight(1, 1, size))},
        model="pixelsnail",
    ),
    "pixelrnn": Architecture(
        "Recurrence",
        "PixelRNN",
        "Each pixel takes over what its neighbours remember, so one layer carries it across the "
        "picture.",
        "the state of a pixel is made from those **next to it**, which were made in the same way: "
        "one layer is a path to everything. One pass comes from the left, one from the right, and "
        "the latter is used one row further down. The kernel of the layers after the first plays "
        "no part.",
        "All in **one layer**: each state hands on to the next what it remembers. What came from "
        "the right is used one row further down.",
        lambda _size: {
            "From the left": _at(DiagonalRecurrence(1, "lstm", reverse=False).offsets),
            "From the right": _at(DiagonalRecurrence(1, "lstm", reverse=True).offsets),
        },
        model="pixelrnn",
    ),
    "row_lstm": Architecture(
        "Recurrence by rows",
        "Row LSTM",
        "Each pixel takes over what the three pixels above it remember, so one layer carries it "
        "down all rows.",
        "its state is made from the **three above**, which were made in the same way: a triangle "
        "that opens upwards. The rest of the row comes from the kernels, which look only to the "
        "left. What lies right of the triangle stays unseen, as in one stack.",
        "Within one layer each state hands on what it remembers, to the row below. To the right "
        "it gets only as far as the triangle allows.",
        lambda size: {
            "From above": _at(RowRecurrence.offsets),
            "Own row": causal_mask(1, 1, (1, size), "B")[0, 0],
        },
        model="pixelrnn",
        options={"layer": "row_lstm"},
    ),
}
