"""Makes a program shorter: steps that can be one become one, and what can wait waits.

Each function changes the steps that lead to `output` in place.
"""

from __future__ import annotations

from collections import Counter

import torch

from pixelcnn.sampling.steps import Phase, Step, order, uses


def fuse_gates(output: Step) -> None:
    """tanh(first half) * sigmoid(second half) becomes one `gate` step."""
    for step in order(output):
        if step.op != "mul" or [source.op for source in step.inputs] != ["tanh", "sigmoid"]:
            continue
        content, opening = (source.inputs[0] for source in step.inputs)
        halves = content.op == opening.op == "slice" and content.inputs == opening.inputs
        if halves and (content.first, opening.first) == (0, step.channels):
            step.op, step.inputs = "gate", content.inputs


def fuse_concatenated_elu(output: Step) -> None:
    """elu(cat(x, -x)) becomes one `concat_elu` step."""
    for step in order(output):
        if step.op != "elu" or step.inputs[0].op != "cat" or len(step.inputs[0].inputs) != 2:
            continue
        plain, negated = step.inputs[0].inputs
        if negated.op == "neg" and negated.inputs == (plain,):
            step.op, step.inputs = "concat_elu", (plain,)


def fuse_gated_residuals(output: Step) -> None:
    """x + first half * sigmoid(second half) becomes one `gated_residual` step (PixelCNN++)."""
    for step in order(output):
        if step.op != "add":
            continue
        for x, gated in (step.inputs, step.inputs[::-1]):
            if gated.op != "mul" or gated.phase != step.phase or x.op == "image":
                continue
            content, opening = gated.inputs
            if content.op != "slice" or opening.op != "sigmoid":
                continue
            half = opening.inputs[0]
            halves = half.op == "slice" and half.inputs == content.inputs
            if halves and (content.first, half.first) == (0, step.channels):
                step.op, step.inputs = "gated_residual", (*content.inputs, x)
                break


_PURE = ("concat_elu", "elu", "relu", "sigmoid", "tanh", "neg", "cat", "slice", "upsample")


def share_equal_steps(output: Step) -> None:
    """Steps that do the same with the same become one."""
    seen: dict[tuple[object, ...], Step] = {}
    instead: dict[Step, Step] = {}
    for step in order(output):
        step.inputs = tuple(instead.get(source, source) for source in step.inputs)
        if step.op in _PURE:
            key = (step.op, step.phase, step.scale, step.first, step.channels, step.inputs)
            first = seen.setdefault(key, step)
            if first is not step:
                instead[step] = first


def fuse_concatenations(output: Step) -> None:
    """concat_elu(cat(a, b)) becomes one `concat_elu` step of a and b."""
    used = uses(output)
    for step in order(output):
        if step.op == "concat_elu" and step.inputs[0].op == "cat":
            cat = step.inputs[0]
            if used[cat] == 1 and cat.phase == step.phase and len(cat.inputs) == 2:
                step.inputs = cat.inputs


def fold_additions(output: Step) -> None:
    """An addition to a linear step's result becomes the value that the step starts from."""
    used = uses(output)
    for step in order(output):
        if step.op == "add":
            _fold_addition(step, used)


def _fold_addition(step: Step, used: Counter[Step]) -> None:
    """Folds, and keeps `used` up to date: how many steps read each step's result."""
    for linear, other in (step.inputs, step.inputs[::-1]):
        if linear.op != "linear" or linear.phase != step.phase or used[linear] > 1:
            continue
        base = other
        if linear.base is not None:
            ready = max(linear.base.phase, other.phase)
            if ready >= step.phase:
                continue
            # Both are known earlier than this step, so they are added there.
            base = Step("add", ready, step.channels, (linear.base, other), step.scale)
            used[base] = 1
        step.become(linear)
        step.base = base
        if base.op == "add":
            _fold_addition(base, used)
        return


def merge_biases(output: Step) -> None:
    """A linear step that has a base leaves its bias to the step that makes the base."""
    used = uses(output)  # which moving a base about does not change
    for step in reversed(order(output)):
        if step.op != "linear" or step.base is None or step.bias is None:
            continue
        taker = step.base
        while taker.op == "add" and used[taker] == 1:
            taker = min(taker.inputs, key=lambda source: (used[source], source.op != "linear"))
        if taker.op in ("constant", "linear") and used[taker] == 1:
            taker.bias = step.bias if taker.bias is None else taker.bias + step.bias
            step.bias = None
        else:
            step.residual, step.base = step.base, None


def fuse_activations(output: Step) -> None:
    """relu(linear), relu(norm) and other + relu(linear) become one step."""
    used = uses(output)  # a step that takes another's place reads what that one read
    for step in order(output):
        if step.op == "relu":
            (source,) = step.inputs
            alone = used[source] == 1 and source.phase == step.phase
            if alone and source.op in ("linear", "norm") and source.residual is None:
                step.become(source)
                step.relu = True
        elif step.op == "add":
            for source, other in (step.inputs, step.inputs[::-1]):
                alone = used[source] == 1 and source.phase == step.phase
                if alone and source.op == "linear" and source.residual is None:
                    step.become(source)
                    step.residual = other
                    break


def materialise_shifts(output: Step) -> None:
    """A shift that something other than a convolution reads is a linear step after all."""
    for step in order(output):
        if step.op == "shift":
            step.op, step.taps = "linear", {(-step.scale, 0): torch.eye(step.channels)}


def postpone(output: Step) -> None:
    """An AFTER step that no pixel of its own row waits for is done for the whole row at once."""
    awaited: set[Step] = set()
    for step in reversed(order(output)):
        if step.phase == Phase.PIXEL or step in awaited:
            awaited.update(source for source in step.reads if source.phase == Phase.AFTER)
    for step in order(output):
        if step.phase == Phase.AFTER and step not in awaited:
            step.phase = Phase.ROW
