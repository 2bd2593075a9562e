"""Compiles a model's graph to a short program that fills an image pixel by pixel.

Each value of the graph is computed once per position and kept for later pixels. The phase of its
computation depends on what it reads:

- ABOVE: only rows above. Computed for the whole row, before the row begins.
- PIXEL: also this row, up to the pixel itself. Computed pixel by pixel.
- AFTER: also the current pixel. Computed once the pixel is drawn, for the pixels right of it
  (such as the keys of a strict attention).
- ROW: also pixels further right (a vertical stack), or as AFTER but needed by later rows only.
  Computed for the whole row, after the row is finished.

A convolution that reads both rows above and its own row is split: the rows above are an ABOVE
step, and the PIXEL step starts from its result.

A value at half resolution is computed at even rows and columns, when their pixels are; offsets
count pixels of the image.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor

from pixelcnn.causality.propagation import Reach, relations
from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import Value, trace
from pixelcnn.nn.attention import CausalAttention
from pixelcnn.nn.layers import Offset, ShiftDown, TapLayer, colour_of
from pixelcnn.nn.recurrence import Recurrence
from pixelcnn.sampling import fusing
from pixelcnn.sampling.steps import Phase, Program, Step, order


def lower(model: AutoregressiveModel) -> Program:
    """Compile a model with its current weights.

    Raises:
        ConfigError: the network is not causal, so that no order of computation exists.
    """
    graph = trace(model)
    own = relations(graph, 1, 1)
    last_colour = 0b10000000 >> (model.config.channels - 1)
    lowered: dict[int, Step] = {}
    for value in graph.values:
        step = _lower_value(value, tuple(lowered[source.index] for source in value.inputs))
        if step.phase == Phase.PIXEL and value.op != "image":
            sees_all_of_itself = bool((own[value.index].packed & last_colour).any())
            step.phase = Phase.AFTER if sees_all_of_itself else Phase.PIXEL
        lowered[value.index] = step
    output = lowered[graph.output.index]
    sees_own_colours = _check_causal(own[graph.output.index], model, output)
    fusing.fuse_gates(output)
    fusing.fuse_concatenated_elu(output)
    fusing.fuse_gated_residuals(output)
    fusing.share_equal_steps(output)
    fusing.fuse_concatenations(output)
    fusing.fold_additions(output)
    fusing.merge_biases(output)
    fusing.fuse_activations(output)
    fusing.materialise_shifts(output)
    fusing.postpone(output)
    image = lowered[graph.image.index]
    steps = (image, *(step for step in order(output) if step is not image))
    config = model.config
    labels = config.label_slots if config.classes else 0
    return Program(steps, graph, config.height, config.width, labels, sees_own_colours)


def _check_causal(own: Reach, model: AutoregressiveModel, output: Step) -> bool:
    """Whether a colour sees earlier ones of its pixel; raises if the network is not causal.

    Looking down or right has raised before or made the output a ROW step; the own pixel is left.
    """
    colours = model.config.channels
    colour = colour_of(len(own.group), colours).numpy()
    seen = np.unpackbits(own.packed[:, 0, 0], axis=-1, count=colours).astype(bool)
    own_pixel = np.stack([seen[own.group[colour == c]].any(axis=0) for c in range(colours)])
    if output.phase > Phase.PIXEL or np.triu(own_pixel).any():
        raise ConfigError(
            "This network is not causal: a pixel's distribution depends on the pixel itself or "
            "on a later one. Only the reference engine can run it, and its samples mean nothing."
        )
    return bool(own_pixel.any())


def _lower_value(value: Value, inputs: tuple[Step, ...]) -> Step:
    if value.op == "image":
        return Step("image", Phase.PIXEL, value.channels)
    if value.op == "constant":
        return Step("constant", Phase.ABOVE, value.channels, constant=value.index)
    if value.op == "taps":
        return _lower_taps(value, inputs[0])
    phase = max(step.phase for step in inputs)
    taps: dict[Offset, Tensor] = {}
    if isinstance(value.layer, CausalAttention) and value.layer.strict:
        query, key, attended = inputs
        phase = max(query.phase, _from_the_right(key.phase), _from_the_right(attended.phase))
    elif isinstance(value.layer, Recurrence):
        taps = {offset: weight.float() for offset, weight in value.layer.state_taps().items()}
        if phase > Phase.ABOVE and any(dx > 0 for dy, dx in taps if dy == 0):
            phase = Phase.ROW
    return Step(
        value.op,
        phase,
        value.channels,
        inputs,
        value.scale,
        taps,
        layer=value.layer,
        first=value.start,
    )


def _from_the_right(phase: Phase) -> Phase:
    """The phase of a value that only pixels further right read."""
    return Phase.PIXEL if phase == Phase.AFTER else phase


def _lower_taps(value: Value, source: Step) -> Step:
    layer = value.layer
    assert isinstance(layer, TapLayer)
    if isinstance(layer, ShiftDown):
        return Step("shift", Phase.ABOVE, value.channels, (source,), value.scale)
    unit = value.inputs[0].scale
    taps = {(dy * unit, dx * unit): weight.float() for (dy, dx), weight in layer.taps().items()}
    if not taps:  # a single weight of type A: only the bias is left
        taps = {(-1, 0): torch.zeros(value.inputs[0].channels, value.channels)}
    if any(dy > 0 for dy, _ in taps):
        raise ConfigError(f"Layer {value.name} looks at rows below, so this network cannot sample.")
    if source.op == "shift":
        # Reading a value shifted down is reading it further up, so the shift needs no step.
        taps = {(dy - source.scale, dx): weight for (dy, dx), weight in taps.items()}
        source = source.inputs[0]
    bias = layer.bias.detach().float() if getattr(layer, "bias", None) is not None else None
    above = {offset: weight for offset, weight in taps.items() if offset[0] < 0}
    here = {offset: weight for offset, weight in taps.items() if offset[0] == 0}
    linear = partial(Step, "linear", channels=value.channels, inputs=(source,), scale=value.scale)
    if not here:
        return linear(phase=Phase.ABOVE, taps=above, bias=bias)
    phase = source.phase
    if phase > Phase.ABOVE and any(dx > 0 for _, dx in here):
        phase = Phase.ROW
    elif all(dx < 0 for _, dx in here):
        phase = _from_the_right(phase)
    if not above or phase in (Phase.ABOVE, Phase.ROW):
        return linear(phase=phase, taps=taps, bias=bias)
    before = linear(phase=Phase.ABOVE, taps=above, bias=bias)
    return linear(phase=phase, taps=here, base=before)
