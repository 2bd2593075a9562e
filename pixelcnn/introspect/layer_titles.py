"""The layers of a network in plain words."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from typing import Literal

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.nn.layers import TapConv2d

Part = Literal[
    "stack",
    "vertical stack",
    "horizontal stack",
    "down stream",
    "right stream",
    "attention",
    "recurrence",
    "gate",
    "inside",
]

# Each part of a module path: in plain words, and as a short label. {n} is the number that follows
# it, counted from 1.
_PLACES: Mapping[str, tuple[str, str]] = {
    "read_levels": ("level features", "levels"),
    "first": ("first layer", "first layer"),
    "first_down": ("first layer, down stream", "first: down"),
    "first_right": ("first layer, right stream", "first: right"),
    "background": ("bias added to the first layer", "added"),
    "background_down": ("bias added to the first layer, down stream", "added down"),
    "background_right": ("bias added to the first layer, right stream", "added right"),
    "blocks": ("block {n}", "block {n}"),
    "layers": ("layer {n}", "layer {n}"),
    "attentions": ("attention after block {n}", "attention {n}"),
    "way_down": ("way down {n}", "way down {n}"),
    "way_up": ("way up {n}", "way up {n}"),
    "skips": ("shortcut from block {n} to the head", "shortcut {n}"),
    "colour_link": ("link between the colours", "colours"),
    "more_head": ("head, further layer {n}", "head + {n}"),
}
_ROLES: Mapping[str, tuple[str, str]] = {
    "lines": ("straight lines", ""),
    "conv1": ("first convolution", "first"),
    "conv2": ("second convolution", "second"),
    "first": ("first convolution", "first"),
    "second": ("second convolution", "second"),
    "reduce": ("to half the channels", "narrow"),
    "conv": ("convolution", "look"),
    "expand": ("back to all channels", "widen"),
    # Gated PixelCNN
    "vertical": ("vertical convolution", "vertical"),
    "horizontal": ("horizontal convolution", "horizontal"),
    "link": ("link from vertical to horizontal", "link"),
    "mix": ("mix of the gated maps", "mix"),
    "vertical_stack": ("vertical stack", ""),
    "horizontal_stack": ("horizontal stack", ""),
    "background": ("bias added", "added"),
    "label_planes": ("a plane for the label", "label"),
    "convolution": ("convolution", ""),
    "the_gate": ("gate", "gate"),
    "vertical_gate": ("vertical gate", "vertical"),
    "horizontal_gate": ("horizontal gate", "horizontal"),
    "down_gate": ("down gate", "down"),
    "right_gate": ("right gate", "right"),
    "tanh": ("content (tanh)", "tanh"),
    "signal": ("content", "content"),
    "sigmoid": ("gate (sigmoid)", "sigmoid"),
    # PixelCNN++
    "down": ("down stream", "down"),
    "right": ("right stream", "right"),
    "down_stream": ("down stream", ""),
    "right_stream": ("right stream", ""),
    "halving": ("to half the size", "halved"),
    "doubling": ("back to double the size", "doubled"),
    "extra": ("additional input", "beside"),
    "features": ("features", "features"),
    "image": ("image", "image"),
    # attention
    "residuals": ("convolutional part {n}", "convolutions {n}"),
    "content": ("keys and values", "content"),
    "question": ("queries", "question"),
    "query": ("queries (what each pixel asks for)", "query"),
    "key": ("keys (what each pixel offers)", "key"),
    "value": ("values (what each pixel passes on)", "value"),
    "attention": ("attention output", "found"),
    "merge": ("merging both", "merge"),
    "beside": ("attention output, mixed in", "taken in"),
    "out": ("attention output, added to the maps", "added"),
    # PixelRNN
    "input": ("input of the recurrence", "input"),
    "recurrence": ("recurrence", "states"),
    "reverse_input": ("input of the recurrence from the right", "reverse input"),
    "reverse_recurrence": ("recurrence from the right", "reverse states"),
    "own_pixel": ("the pixel itself, for the recurrence from the right", "own pixel"),
}
# "first" is the first layer at the start of a path, else the first convolution of a block.
_WORDS = {**_PLACES, **_ROLES}

# The part of a layer: the first pattern that matches its whole path.
_PARTS: tuple[tuple[str, Part], ...] = (
    (r".*\.vertical_stack", "vertical stack"),
    (r".*\.horizontal_stack", "horizontal stack"),
    (r".*\.down_stream|first_down", "down stream"),
    (r".*\.right_stream|first_right", "right stream"),
    (r".*\.(query|key|value|attention)", "attention"),
    (r".*\.(reverse_)?recurrence", "recurrence"),
    (r".*_gate\.(tanh|signal|sigmoid)", "gate"),
    (r"first|head|output|(.+\.)?[a-z_]+\.\d+", "stack"),
    (r".*", "inside"),
)


def layer_title(model: AutoregressiveModel, name: str) -> str:
    """The title of a layer of `activations`: "first layer, 7 × 7 (mask A)", "block 3", ...

    Args:
        model: provides kernel sizes and mask types.
        name: a name of `activations`; an unknown one is used as is.
    """
    words = [long for long, _ in _steps(name)]
    layer = _layer(model, name)
    return ", ".join(words if layer is None else [*words, _kernel(layer)])


def layer_label(name: str) -> str:
    """The title in a few words, unique within one part of a model."""
    place, *roles = (short for _, short in _steps(name))
    role = " ".join(filter(None, roles))
    return f"{place}: {role}" if role else place


def layer_part(name: str) -> Part:
    """The part that a layer of `activations` belongs to."""
    return next(part for pattern, part in _PARTS if re.fullmatch(pattern, name))


def _steps(name: str) -> list[tuple[str, str]]:
    """The steps of a path, each as (title, label); a number belongs to the step before it."""
    steps: list[tuple[str, str]] = []
    for step, index in re.findall(r"(\w*[a-z]\w*)(?:\.(\d+))?", name):
        table = _WORDS if steps else _PLACES
        plain = step.replace("_", " ")  # head and output need no other title
        long, short = table.get(step, (plain, plain))
        # Layer 1 of the gated model reads the image, like the first layer of the plain one.
        n = int(index) + 1 if index else ""
        steps.append((long.format(n=n), short.format(n=n)))
    return steps


def _layer(model: AutoregressiveModel, name: str) -> TapConv2d | None:
    for path in (name, f"_{name}"):  # `activations` drops a leading underscore
        with contextlib.suppress(AttributeError):
            layer = model.get_submodule(path)
            return layer if isinstance(layer, TapConv2d) else None
    return None


def _kernel(layer: TapConv2d) -> str:
    mask = getattr(layer, "mask_type", None)
    if mask is None:  # a plain rectangle
        rows, columns = (int(layer.mask.any(dim=1).any(dim=0).any(dim=d).sum()) for d in (1, 0))
    else:
        rows, columns = layer.kernel_size
    size = f"{rows} × {columns}"
    # The mask of a single weight is all or nothing, and says little in a title.
    return size if mask is None or rows == columns == 1 else f"{size} (mask {mask})"
