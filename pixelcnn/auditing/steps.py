"""One operation of a network: what is noted of it, and what a rule is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.auditing.cells import Cells, Ids
from pixelcnn.auditing.shadows import Shadows

Progress = Callable[[str, float], None]
"""Told what is being done, and the share of it that is done."""

MOVED = "moved"
"""The operation of a step at which something arrives that was shifted, flipped or padded."""


@dataclass(frozen=True)
class CodeLine:
    """A line of somebody's code."""

    file: str
    number: int
    text: str


@dataclass(frozen=True, eq=False)
class Step:
    """One operation that made something out of what depends on the image.

    Attributes:
        index: place in the order in which they were carried out.
        operation: PyTorch's name, such as `convolution`.
        module: dotted path of the module that was at work, empty for the network itself.
        kind: class of this module.
        code: the line of the network's own code.
        shape: of what it made.
        weight_open: for a convolution, bool `(out, in, *kernel)`: weights that are not zero.
        taps: for a convolution, `(step in kernel, offset in pixels)` read at the centre of the
            image: `{(row, column): (dy, dx)}`. Empty where places are not known.
        reads: `(dy, dx)` to the sources' places, for other operations.
        dilation: of a convolution.
    """

    index: int
    operation: str
    module: str
    kind: str
    code: CodeLine | None
    shape: tuple[int, ...]
    weight_open: NDArray[np.bool_] | None = field(default=None, repr=False)
    taps: Mapping[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    dilation: tuple[int, ...] = ()


@dataclass(frozen=True)
class Lens:
    """What the operations are taken not to read, or to read besides: to find who is to blame.

    Attributes:
        causal_from: from this step on, nothing is read that lies ahead of the place read for.
        without_own: steps that do not read the place itself either.
        opened: for a convolution, weights that are read although they are zero: bool
            `(out, in, *kernel)`.
    """

    causal_from: int = sys.maxsize
    without_own: frozenset[int] = frozenset()
    opened: Mapping[int, NDArray[np.bool_]] = field(default_factory=dict)


class Watcher(Protocol):
    """What a rule may ask of the tracer, and tell it.

    Attributes:
        cells: the table of dependences.
        shadows: the cells of each tensor.
        located: places are kept.
        lens: what is to be left out.
        steps: what has been noted, by index.
        order: `(H, W)`, the step of each pixel.
        unknown: operations that could not be followed, as keys.
    """

    cells: Cells
    shadows: Shadows
    located: bool
    lens: Lens
    steps: dict[int, Step]
    order: Ids
    unknown: dict[str, None]

    def begin(self, operation: str, shape: tuple[int, ...]) -> int:
        """Note an operation; returns its index, which the lens knows it by."""
        ...

    def causal(self, step: int) -> bool:
        """Whether the lens forbids this step to look ahead."""
        ...

    def own_places(self, shape: tuple[int, ...]) -> Ids | None:
        """The place of each number of a tensor, by its shape: int64 that broadcasts to `shape`."""
        ...


@dataclass(frozen=True, eq=False)
class Call:
    """One operation, for the rule that says what its results depend on.

    Attributes:
        args: as given; what was written over is as it was before.
        made: the tensors that came out.
        ids: the cells of each tensor given, by its `id`; None if it depends on nothing.
    """

    tracer: Watcher
    name: str
    func: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    made: list[Tensor]
    ids: dict[int, Ids | None]

    def of(self, tensor: Any) -> Ids | None:
        """The cells of something given."""
        return self.ids.get(id(tensor)) if isinstance(tensor, Tensor) else None

    def put(self, tensor: Tensor, ids: Ids) -> None:
        """Note the cells of a result; they are broadcast to its shape."""
        shaped = np.broadcast_to(ids, tuple(tensor.shape)).astype(np.int32)
        self.tracer.shadows.put(tensor, torch.from_numpy(shaped))
