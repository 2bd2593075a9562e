"""What a reader of the report should know besides the verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pixelcnn.auditing.fitting import Fit
from pixelcnn.auditing.orders import legal_in, some_order
from pixelcnn.auditing.reading import Reading
from pixelcnn.auditing.steps import Step
from pixelcnn.auditing.tracing import Trace

_SQUASHING = {
    "sigmoid": "a sigmoid",
    "_softmax": "a softmax",
    "_safe_softmax": "a softmax",
    "tanh": "a tanh",
}


def reading_in_words(reading: Reading, fitted: Fit) -> tuple[str, ...]:
    """How input and output were read, a line each."""
    runner = fitted.runner
    lines = [f"input: {runner.form.in_words()}{runner.extra.in_words()}"]
    lines += [f"output: {one.in_words()}" for one in dict.fromkeys(reading.layouts)]
    if fitted.shape[0] > 1 and all(one.whole for one in reading.layouts):
        lines.append("a pixel is predicted with all its colours at once")
    if reading.order_name != "raster":
        lines.append(f"order of the pixels: {reading.order_name}")
    if reading.following:
        lines.append("output i predicts the next pixel, i + 1")
    if fitted.left_out:
        shapes = ", ".join(map(str, fitted.left_out))
        lines.append(f"left out, having no numbers for each pixel: {shapes}")
    if runner.single:
        lines.append("given one image at a time, since it takes no batch")
    if runner.dtype != torch.float64:
        lines.append("computed in float32: what moves by less than 2 in a million goes unseen")
    return tuple(lines)


def hints(reading: Reading) -> list[str]:
    """Other ways to look at the verdict."""
    if not reading.leaks:
        if not reading.following:
            return []
        return [
            "Output i sees pixel i and nothing after it, so it predicts the next pixel. That is "
            "right if the loss compares it with pixel i + 1. If the loss compares it with pixel i, "
            "it leaks: say --predicts same."
        ]
    forbidden = reading.relation & ~legal_in(reading.order, reading.relation.shape[0])
    pixels = reading.order.size
    square = forbidden.any(axis=(0, 3)).reshape(pixels, pixels)
    if not (square & ~np.eye(pixels, dtype=bool)).any():
        return [
            "It sees the pixel itself and nothing after it. If output i predicts pixel i + 1, "
            "because the loss shifts, that is right: say --predicts next."
        ]
    if some_order(reading.relation):
        return [
            "There is an order of the pixels in which nothing looks ahead, but none of the usual "
            "ones. If that is meant, name it with --order FILE."
        ]
    return []


def slips(trace: Trace, outputs: Sequence[Tensor]) -> list[str]:
    """Mistakes that no relation shows: a probability where logits are wanted, a missing activation.

    Args:
        trace: of the network.
        outputs: what it returned for some image.
    """
    return [note for note in (_squashed(trace, outputs), _straight(trace)) if note]


def _squashed(trace: Trace, outputs: Sequence[Tensor]) -> str:
    last = trace.bends[-1] if trace.bends else None
    later = [step for step in trace.steps if last is not None and step.index > last.index]
    if last is None or last.operation.removesuffix("_") not in _SQUASHING or later:
        return ""
    values = [one for one in outputs if one.numel()]
    if not values or not all(bool(((one >= -1) & (one <= 1)).all()) for one in values):
        return ""
    function = _SQUASHING[last.operation.removesuffix("_")]
    what = "numbers from -1 to 1" if function == "a tanh" else "probabilities"
    return (
        f"It ends in {function}{_at(last)}: its outputs are {what}, not logits. A loss that takes "
        "logits (`cross_entropy`, `binary_cross_entropy_with_logits`) must not be given them."
    )


def _straight(trace: Trace) -> str:
    """Neighbouring layers without an activation between, where that is not the network's way."""
    wide = [
        step
        for step in trace.steps
        if step.weight_open is not None and np.prod(step.weight_open.shape[2:], dtype=int) > 1
    ]
    if len(wide) < 2:
        return ""
    if not trace.bends:
        return (
            f"Nothing between its {len(wide)} convolutions is not linear: stacked, they are one "
            "linear layer. An activation such as a ReLU is missing."
        )
    by_index = {step.index: step for step in wide}
    bare = [
        (by_index[first], by_index[second])
        for first, second in trace.chained
        if first in by_index and second in by_index
    ]
    if not bare or 3 * len(bare) > len(wide) - 1:
        return ""
    first, second = bare[0]
    return (
        f"Between {_named(first)} and {_named(second)} there is no activation, as there is between "
        "most of its layers: the two are one linear layer."
    )


def _at(step: Step) -> str:
    return f" (`{step.module}`)" if step.module else ""


def _named(step: Step) -> str:
    return f"`{step.module}`" if step.module else "one convolution"
