"""From a model's graph to a short program that fills an image pixel by pixel.

Each value of the graph is computed once for each position and kept; what a later pixel needs of
it is read from there. When it can be computed depends on what it reads:

- ABOVE: only rows above. Computed for the whole row at once, before the row begins.
- PIXEL: also this row, up to the pixel itself. Computed pixel by pixel.
- ROW: also the whole pixel itself or pixels further right (a vertical stack does). Computed for the
  whole row at once, after the row is finished; only later rows may read it.

A convolution that reads both rows above and its own row is split: the rows above are an ABOVE
step, and the PIXEL step starts from its result.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import torch
from torch import Tensor

from pixelcnn.errors import ConfigError
from pixelcnn.graph import Graph, Value, trace
from pixelcnn.layers import ChannelNorm, Offset, ShiftDown, TapLayer
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.reach import relations, sub_pixel_relation


class Phase(IntEnum):
    """When a step runs; a value's phase is at least that of what it reads at its own position."""

    ABOVE = 0
    PIXEL = 1
    ROW = 2


@dataclass(eq=False)
class Step:
    """One operation of the program, and the buffer that holds its result at every position.

    Attributes:
        op: `image`, `constant`, `linear`, `gate`, or an operation of `pixelcnn.graph.Value`.
        phase: when it runs.
        channels: features of the result.
        inputs: steps whose results it reads.
        taps: for `linear`: weights `(C_in, C_out)` by offset.
        bias: for `linear`: `(C_out,)`.
        base: for `linear`: a step whose result at the same position the sum starts from.
        relu: for `linear` and `norm`: whether negative results become 0.
        residual: for `linear`: a step whose result is added last.
        norm: for `norm`: the layer.
        first: for `slice`: the first channel.
        constant: for `constant`: the graph value's index; `bias` is added to it.
    """

    op: str
    phase: Phase
    channels: int
    inputs: tuple[Step, ...] = ()
    taps: dict[Offset, Tensor] = field(default_factory=dict)
    bias: Tensor | None = None
    base: Step | None = None
    relu: bool = False
    residual: Step | None = None
    norm: ChannelNorm | None = None
    first: int = 0
    constant: int = -1

    @property
    def reads(self) -> tuple[Step, ...]:
        """All steps that must have run before."""
        more = (step for step in (self.base, self.residual) if step is not None)
        return (*self.inputs, *more)

    def become(self, other: Step) -> None:
        """Do what `other` did, in this step's place."""
        self.op, self.inputs, self.taps = other.op, other.inputs, other.taps
        self.bias, self.base, self.norm = other.bias, other.base, other.norm
        self.relu, self.residual = other.relu, other.residual


@dataclass(frozen=True)
class Program:
    """The steps in order, the image first, the network's output last."""

    steps: tuple[Step, ...]
    graph: Graph
    height: int
    width: int

    @property
    def image(self) -> Step:
        """The scaled image."""
        return self.steps[0]

    @property
    def output(self) -> Step:
        """The distribution parameters."""
        return self.steps[-1]

    def in_phase(self, phase: Phase) -> list[Step]:
        """The steps to run in one phase, in order."""
        fixed = ("image", "constant")
        return [step for step in self.steps if step.phase == phase and step.op not in fixed]


def lower(model: AutoregressiveModel) -> Program:
    """The program of a model with its present weights.

    Raises:
        ConfigError: the network looks ahead, so that no order of computation exists.
    """
    graph = trace(model)
    own = relations(graph, 1, 1)
    last_colour = 0b10000000 >> (model.config.channels - 1)
    lowered: dict[int, Step] = {}
    for value in graph.values:
        sees_all_of_itself = bool((own[value.index].packed & last_colour).any())
        lowered[value.index] = _lower_value(value, lowered, sees_all_of_itself)
    output = lowered[graph.output.index]
    _check_causal(graph, model, output)
    _fuse_gates(output)
    _fold_additions(output)
    _merge_biases(output)
    _fuse_activations(output)
    _materialise_shifts(output)
    image = lowered[graph.image.index]
    steps = (image, *(step for step in _order(output) if step is not image))
    return Program(steps, graph, model.config.height, model.config.width)


def _check_causal(graph: Graph, model: AutoregressiveModel, output: Step) -> None:
    """Looking down or right raised or made the output a ROW step; the own pixel is left."""
    colours = model.config.channels
    own = sub_pixel_relation(graph, model, size=(1, 1)).reshape(colours, colours)
    if output.phase == Phase.ROW or np.triu(own).any():
        raise ConfigError(
            "this network is not causal: a pixel's distribution depends on the pixel itself or "
            "on a later one. Only the reference engine can go through the motions of sampling it."
        )


def _lower_value(value: Value, lowered: dict[int, Step], sees_all_of_itself: bool) -> Step:
    inputs = tuple(lowered[source.index] for source in value.inputs)
    if value.op == "image":
        return Step("image", Phase.PIXEL, value.channels)
    if value.op == "constant":
        return Step("constant", Phase.ABOVE, value.channels, constant=value.index)
    if value.op == "taps":
        return _lower_taps(value, inputs[0], sees_all_of_itself)
    phase = max(step.phase for step in inputs)
    norm = value.layer if isinstance(value.layer, ChannelNorm) else None
    return Step(value.op, phase, value.channels, inputs, norm=norm, first=value.start)


def _lower_taps(value: Value, source: Step, sees_all_of_itself: bool) -> Step:
    layer = value.layer
    assert isinstance(layer, TapLayer)
    if isinstance(layer, ShiftDown):
        return Step("shift", Phase.ABOVE, value.channels, (source,))
    taps = {offset: weight.float() for offset, weight in layer.taps().items()}
    if any(dy > 0 for dy, _ in taps):
        raise ConfigError(f"layer {value.name} looks at rows below, so nothing can be sampled.")
    if source.op == "shift":
        # Shifting down and then reading is reading further up: the shift needs no step of its own.
        taps = {(dy - 1, dx): weight for (dy, dx), weight in taps.items()}
        source = source.inputs[0]
    bias = layer.bias.detach().float() if getattr(layer, "bias", None) is not None else None
    above = {offset: weight for offset, weight in taps.items() if offset[0] < 0}
    here = {offset: weight for offset, weight in taps.items() if offset[0] == 0}
    if not here:
        return Step("linear", Phase.ABOVE, value.channels, (source,), above, bias)
    phase = source.phase
    if phase == Phase.PIXEL and (sees_all_of_itself or any(dx > 0 for _, dx in here)):
        phase = Phase.ROW
    if not above or phase != Phase.PIXEL:
        return Step("linear", phase, value.channels, (source,), taps, bias)
    before = Step("linear", Phase.ABOVE, value.channels, (source,), above, bias)
    return Step("linear", phase, value.channels, (source,), here, base=before)


def _order(output: Step) -> list[Step]:
    """Everything that `output` needs, each step after the ones it reads."""
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


def _fuse_gates(output: Step) -> None:
    """tanh(first half) * sigmoid(second half) becomes one `gate` step."""
    for step in _order(output):
        if step.op != "mul" or [source.op for source in step.inputs] != ["tanh", "sigmoid"]:
            continue
        content, opening = (source.inputs[0] for source in step.inputs)
        halves = content.op == opening.op == "slice" and content.inputs == opening.inputs
        if halves and (content.first, opening.first) == (0, step.channels):
            step.op, step.inputs = "gate", content.inputs


def _fold_additions(output: Step) -> None:
    """An addition to a linear step's result becomes the value that the step starts from."""
    for step in _order(output):
        if step.op == "add":
            _fold_addition(step, output)


def _fold_addition(step: Step, output: Step) -> None:
    uses = _uses(output)
    for linear, other in (step.inputs, step.inputs[::-1]):
        if linear.op != "linear" or linear.phase != step.phase or uses[linear] > 1:
            continue
        base = other
        if linear.base is not None:
            if max(linear.base.phase, other.phase) >= step.phase:
                continue
            # Both are known for the whole row beforehand, so they are added there.
            base = Step("add", Phase.ABOVE, step.channels, (linear.base, other))
        step.become(linear)
        step.base = base
        if base.op == "add":
            _fold_addition(base, output)
        return


def _merge_biases(output: Step) -> None:
    """A linear step that has a base leaves its bias to the step that makes the base."""
    for step in reversed(_order(output)):
        if step.op != "linear" or step.base is None or step.bias is None:
            continue
        uses = _uses(output)
        taker = step.base
        while taker.op == "add" and uses[taker] == 1:
            taker = min(taker.inputs, key=lambda source: (uses[source], source.op != "linear"))
        if taker.op in ("constant", "linear") and uses[taker] == 1:
            taker.bias = step.bias if taker.bias is None else taker.bias + step.bias
            step.bias = None
        else:
            step.residual, step.base = step.base, None


def _fuse_activations(output: Step) -> None:
    """relu(linear), relu(norm) and other + relu(linear) become one step."""
    for step in _order(output):
        uses = _uses(output)
        if step.op == "relu":
            (source,) = step.inputs
            alone = uses[source] == 1 and source.phase == step.phase
            if alone and source.op in ("linear", "norm") and source.residual is None:
                step.become(source)
                step.relu = True
        elif step.op == "add":
            for source, other in (step.inputs, step.inputs[::-1]):
                alone = uses[source] == 1 and source.phase == step.phase
                if alone and source.op == "linear" and source.residual is None:
                    step.become(source)
                    step.residual = other
                    break


def _uses(output: Step) -> Counter[Step]:
    return Counter(source for user in _order(output) for source in user.reads)


def _materialise_shifts(output: Step) -> None:
    """A shift that something other than a convolution reads is a linear step after all."""
    for step in _order(output):
        if step.op == "shift":
            step.op, step.taps = "linear", {(-1, 0): torch.eye(step.channels)}
