"""Builds the model that a checkpoint's header describes, within a memory limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from torch import nn

from pixelcnn.checkpoints.header import Header, Shape, refusal, short
from pixelcnn.errors import CheckpointError
from pixelcnn.system.allocation import AllocationLimit

_SMALL_ELEMENTS = 2**20
_CALLS_PER_TENSOR, _FEW_CALLS = 8, 64

Model = TypeVar("Model", bound=nn.Module)


def built(header: Header, path: Path, build: Callable[..., Model], names: Sequence[str]) -> Model:
    """The model that the header describes, with fresh weights, if the tensors match it.

    Args:
        header: of the checkpoint.
        path: for messages.
        build: makes a model with fresh weights from its name and its options as keywords.
        names: the model names that `build` supports.

    Raises:
        CheckpointError: the file does not fit; the message says why.
    """
    check_architecture(header, path, names)
    try:
        with _room(header):
            model = build(header.model, **header.config)
    except (ValueError, TypeError) as error:  # every LabError is a ValueError
        raise refusal(path, f"its options do not fit {header.model} ({error})") from error
    check_shapes(header.shapes, model, header.model, path)
    return model


def check_architecture(header: Header, path: Path, names: Sequence[str]) -> None:
    """Raise `CheckpointError` unless the header's architecture is one of `names`."""
    if header.model not in names:
        raise refusal(
            path,
            f"its architecture {short(header.model)} is unknown here; this version knows "
            f"{', '.join(names)}",
        )


def _room(header: Header) -> AllocationLimit:
    """A limit for what the file contains; masks and copies come on top of the weights.

    The number of allocations bounds the time: a small file may claim any number of layers.
    """
    return AllocationLimit(
        4 * header.parameters + _SMALL_ELEMENTS,
        CheckpointError("they describe a larger network than the file contains"),
        calls=_CALLS_PER_TENSOR * len(header.shapes) + _FEW_CALLS,
    )


def check_shapes(shapes: Mapping[str, Shape], model: nn.Module, name: str, path: Path) -> None:
    """Raise `CheckpointError` unless a file's tensors match the model called `name`."""
    expected = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    missing, extra = expected.keys() - shapes.keys(), shapes.keys() - expected.keys()
    if missing or extra:
        problems = [f"{_some(missing)} missing"] if missing else []
        problems += [f"{_some(extra)} unexpected"] if extra else []
        raise refusal(
            path,
            f"its weights are not those of its {name} ({'; '.join(problems)}); it was written "
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
