"""The layers of a network in plain words."""

from __future__ import annotations

import re
from typing import Literal

from torch import nn

from pixelcnn.layers import TapConv2d
from pixelcnn.models.base import AutoregressiveModel

Part = Literal["stack", "vertical stack", "horizontal stack", "inside"]

# The role of a convolution inside a block: in plain words, and short.
_ROLES = {
    "conv1": ("first convolution", "first"),
    "conv2": ("second convolution", "second"),
    "reduce": ("to half the channels", "narrow"),
    "conv": ("convolution", "look"),
    "expand": ("back to all channels", "widen"),
    "vertical": ("vertical convolution", "vertical"),
    "horizontal": ("horizontal convolution", "horizontal"),
    "link": ("link from vertical to horizontal", "link"),
    "mix": ("mix of the gated maps", "mix"),
}


def layer_title(model: AutoregressiveModel, name: str) -> str:
    """What a layer of `activations` is: "first layer, 7 × 7 (mask A)", "block 3", ...

    Args:
        model: gives the kernel sizes and mask types.
        name: a name of `activations`; an unknown one is its own title.
    """
    place, role = _place(name)
    layer = _layer(model, name)
    words = [place]
    if role:
        words.append(_ROLES[role][0] if role in _ROLES else role.replace("_", " "))
    if layer is not None:
        words.append(_kernel(layer))
    return ", ".join(words)


def layer_label(name: str) -> str:
    """The title in two or three words; within one part of a model, no two are alike."""
    place, role = _place(name)
    return f"{place}: {_ROLES[role][1]}" if role in _ROLES else place


def layer_part(name: str) -> Part:
    """Where a layer of `activations` belongs."""
    last = name.rpartition(".")[2]
    if last == "vertical_stack":
        return "vertical stack"
    if last == "horizontal_stack":
        return "horizontal stack"
    return "stack" if last.isdigit() or name in ("first", "head", "output") else "inside"


def _place(name: str) -> tuple[str, str]:
    """The layer or block that a name belongs to, in words, and its role there or ""."""
    if name == "first":
        return "first layer", ""
    found = re.fullmatch(r"(blocks|layers)\.(\d+)(?:\.(\w+))?", name)
    if found is None:
        return name, ""  # head and output say what they are
    kind, number, role = found.groups()
    # Layer 1 of the gated net reads the image, as the first layer of the plain one does.
    return f"{kind.removesuffix('s')} {int(number) + 1}", role or ""


def _layer(model: AutoregressiveModel, name: str) -> TapConv2d | None:
    modules: dict[str, nn.Module] = {
        path.lstrip("_"): module for path, module in model.named_modules()
    }
    layer = modules.get(name)
    return layer if isinstance(layer, TapConv2d) else None


def _kernel(layer: TapConv2d) -> str:
    rows, columns = layer.kernel_size
    size = f"{rows} × {columns}"
    # The mask of a single weight hides nothing or everything, and says little in a title.
    mask = getattr(layer, "mask_type", None)
    return size if mask is None or rows == columns == 1 else f"{size} (mask {mask})"
