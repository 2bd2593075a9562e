"""From a checkpoint's header to the model that it describes, within the memory it may claim."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from pixelcnn.checkpoint_header import Header, Shape, refusal, short
from pixelcnn.errors import CheckpointError

Model = TypeVar("Model", bound=nn.Module)


def built(header: Header, path: Path, build: Callable[..., Model], names: Sequence[str]) -> Model:
    """The model that the header describes, with fresh weights, if its tensors are that model's.

    Args:
        header: what the file says about itself.
        path: for messages.
        build: makes a model with fresh weights from its name and, by keyword, its options.
        names: those that `build` knows.

    Raises:
        CheckpointError: what does not fit, in a sentence.
    """
    if header.model not in names:
        raise refusal(
            path,
            f"its architecture {short(header.model)} is unknown here; this version knows "
            f"{', '.join(names)}",
        )
    try:
        with _AllocationLimit(header.parameters):
            model = build(header.model, **header.config)
    except (ValueError, TypeError) as error:  # every LabError is a ValueError
        raise refusal(path, f"its options do not fit {header.model} ({error})") from error
    check_shapes(header.shapes, model, header.model, path)
    return model


class _AllocationLimit(TorchFunctionMode):
    """Stops a model from being built that is larger than the file that it is for.

    Options such as 1024 channels and 256 blocks are valid one by one, and a header of a hundred
    bytes can claim them all. Each weight is born in one of these functions, along with its mask.
    """

    _FACTORIES = (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn)
    _SMALL_ELEMENTS = 2**20

    def __init__(self, parameters: int) -> None:
        super().__init__()
        self._left = 4 * parameters + self._SMALL_ELEMENTS

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func in self._FACTORIES:
            size = args[0] if args and not isinstance(args[0], int) else args
            self._left -= math.prod(size)
            if self._left < 0:
                raise CheckpointError("they describe a larger network than the file holds")
        return func(*args, **(kwargs or {}))


def check_shapes(shapes: Mapping[str, Shape], model: nn.Module, name: str, path: Path) -> None:
    """Raise a `CheckpointError` unless a file's tensors are those of a model called `name`."""
    expected = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    missing, extra = expected.keys() - shapes.keys(), shapes.keys() - expected.keys()
    if missing or extra:
        found = [f"{_some(missing)} missing"] if missing else []
        found += [f"{_some(extra)} unexpected"] if extra else []
        raise refusal(
            path,
            f"its weights are not those of its {name} ({'; '.join(found)}); it was written "
            "by another version or changed since",
        )
    for tensor, shape in expected.items():
        if shapes[tensor] != shape:
            raise refusal(
                path,
                f"{tensor} has shape {shapes[tensor]}, and the {name} of its options has "
                f"{shape}; it was written by another version or changed since",
            )


def _some(names: set[str]) -> str:
    listed = ", ".join(name[:60] for name in sorted(names)[:3])
    return listed if len(names) <= 3 else f"{listed} and {len(names) - 3} more"
