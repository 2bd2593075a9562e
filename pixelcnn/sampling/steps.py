"""The steps of a sampling program: what is computed, from which inputs, and when."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum

from torch import Tensor, nn

from pixelcnn.models.graph import Graph
from pixelcnn.nn.layers import Offset


class Phase(IntEnum):
    """When a step runs; a value's phase is at least that of its inputs at its own position."""

    ABOVE = 0
    PIXEL = 1
    AFTER = 2
    ROW = 3


@dataclass(eq=False, repr=False)
class Step:
    """One operation of the program, and the buffer of its results.

    Attributes:
        op: `image`, `constant`, `linear`, `gate`, `concat_elu` (of one input or of two, one behind
            the other), `gated_residual`, or an operation of `pixelcnn.models.graph.Value`.
        phase: when it runs.
        channels: features of the result.
        inputs: steps whose results it reads.
        scale: it runs only at rows and columns that are multiples of this.
        taps: for `linear`: weights `(C_in, C_out)` by offset in pixels of the image; for
            `recurrence`: by offset of its own earlier results.
        bias: for `linear`: `(C_out,)`.
        base: for `linear`: a step whose result at the same position the sum starts from.
        relu: for `linear` and `norm`: whether negative results become 0.
        residual: for `linear`: a step whose result is added last.
        layer: for `norm`, `attention` and `recurrence`.
        first: for `slice`: the first channel.
        constant: for `constant`: the graph value's index; `bias` is added to it.
    """

    op: str
    phase: Phase
    channels: int
    inputs: tuple[Step, ...] = ()
    scale: int = 1
    taps: dict[Offset, Tensor] = field(default_factory=dict)
    bias: Tensor | None = None
    base: Step | None = None
    relu: bool = False
    residual: Step | None = None
    layer: nn.Module | None = None
    first: int = 0
    constant: int = -1

    @property
    def reads(self) -> tuple[Step, ...]:
        """All steps that must run before this one."""
        more = (step for step in (self.base, self.residual) if step is not None)
        return (*self.inputs, *more)

    def become(self, other: Step) -> None:
        """Take over all fields of `other`."""
        self.op, self.inputs, self.taps = other.op, other.inputs, other.taps
        self.bias, self.base, self.layer = other.bias, other.base, other.layer
        self.relu, self.residual = other.relu, other.residual


@dataclass(frozen=True)
class Program:
    """The steps in order: the image first, the network's output last."""

    steps: tuple[Step, ...]
    graph: Graph
    height: int
    width: int
    labels: int
    """How many labels there are, that for none included; 0 for a model without classes."""
    sees_own_colours: bool
    """Whether the parameters of a colour depend on the earlier colours of their own pixel."""

    @property
    def image(self) -> Step:
        return self.steps[0]

    @property
    def output(self) -> Step:
        return self.steps[-1]

    def in_phase(self, phase: Phase) -> list[Step]:
        """The steps of one phase, in order."""
        fixed = ("image", "constant")
        return [step for step in self.steps if step.phase == phase and step.op not in fixed]


def order(output: Step) -> list[Step]:
    """All steps that `output` needs, in an order in which they can run."""
    ordered: list[Step] = []
    done: set[Step] = set()
    stack = [(output, False)]
    while stack:
        step, ready = stack.pop()
        if step in done:
            continue
        if ready:
            done.add(step)
            ordered.append(step)
        else:
            stack.append((step, True))
            stack.extend((source, False) for source in reversed(step.reads))
    return ordered


def uses(output: Step) -> Counter[Step]:
    """The number of steps that read each step's result."""
    return Counter(source for user in order(output) for source in user.reads)


def spread(constant: Tensor, height: int, width: int) -> Tensor:
    """Repeat a constant of lower resolution to the image's resolution.

    `(1|B, C, h, w)` to `(1|B, C, H, W)`; a spatially constant `(1|B, C, 1, 1)` stays so.
    """
    rows = constant.shape[2]
    if rows in (1, height):
        return constant
    times = -(-height // rows)
    repeated = constant.repeat_interleave(times, 2).repeat_interleave(times, 3)
    return repeated[:, :, :height, :width]
