"""The inside of a network: what every layer makes of an image."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pixelcnn.layers import TapConv2d
from pixelcnn.models.base import AutoregressiveModel


@torch.no_grad()
def activations(
    model: AutoregressiveModel, images: Tensor, labels: Tensor | None = None
) -> dict[str, Tensor]:
    """What every masked convolution and every block puts out, in the order of computation.

    Args:
        model: any model of the registry.
        images: uint8 `(B, C, H, W)`.
        labels: int64 `(B,)`, for a model with classes.

    Returns:
        {name: float32 `(B, channels, H, W)`}. A name is the module's path, such as
        `blocks.0.conv1`; a block that carries two stacks gives `<path>.vertical_stack` and
        `<path>.horizontal_stack`.

    Raises:
        DataError: images or labels that do not fit the model.
    """
    found: dict[str, Tensor] = {}

    def remember(name: str) -> object:
        def hook(_module: nn.Module, _inputs: object, output: Tensor | tuple[Tensor, ...]) -> None:
            if isinstance(output, Tensor):
                found[name] = output.float()
            else:
                for stack, features in zip(("vertical", "horizontal"), output, strict=True):
                    found[f"{name}.{stack}_stack"] = features.float()

        return hook

    blocks = {
        block
        for module in model.modules()
        if isinstance(module, nn.ModuleList)
        for block in module
    }
    handles = [
        module.register_forward_hook(remember(name.lstrip("_")))  # type: ignore[arg-type]
        for name, module in model.named_modules()
        if isinstance(module, TapConv2d) or module in blocks
    ]
    try:
        model(images, labels)
    finally:
        for handle in handles:
            handle.remove()
    return found
