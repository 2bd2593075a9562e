"""Checkpoints: weights, configuration and measured figures in one file that is only data.

The format is safetensors, never pickle: opening a pickle may run code, opening a checkpoint does
not. The file's metadata has

    format   "pixelcnn-lab/1"
    model    the architecture's name in the registry
    config   JSON of its configuration: `dataclasses.asdict(model.config)`
    card     JSON of facts about the weights, see `save_checkpoint`

An untrusted file is checked before anything of its claimed size is allocated.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from pixelcnn.checkpoints.build import built, check_architecture, check_shapes
from pixelcnn.checkpoints.header import (
    FORMAT,
    Card,
    Header,
    opened,
    read_header as read_open_header,
    reason,
    refusal,
)
from pixelcnn.errors import CheckpointError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.registry import build_model, config_class, model_names
from pixelcnn.system.atomic_files import atomic_write
from pixelcnn.system.shipped import CHECKPOINTS

SUFFIX = ".safetensors"
STORED_DTYPES = (torch.float32, torch.float16, torch.bfloat16)

Model = TypeVar("Model", bound=nn.Module)


@dataclass(frozen=True)
class Shipped:
    """A shipped checkpoint.

    Attributes:
        name: its file name without the suffix.
        path: of the file.
        header: None if the file is damaged.
        error: why the file cannot be used; empty if it can.
    """

    name: str
    path: Path
    header: Header | None
    error: str = ""

    @property
    def card(self) -> Card:
        """Its card; empty if the file is damaged."""
        return {} if self.header is None else self.header.card


class Storable(Protocol):
    """A module with a name and a frozen dataclass of options, from which it can be rebuilt."""

    @property
    def name(self) -> str:
        """The name for `load_with`."""
        ...

    @property
    def config(self) -> Any:
        """Its options, JSON-able."""
        ...

    def state_dict(self) -> Mapping[str, Tensor]: ...


def save_checkpoint(
    path: str | os.PathLike[str],
    model: Storable,
    card: Mapping[str, Any],
    *,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write a checkpoint atomically.

    Args:
        path: an existing file is replaced.
        model: a model of the registry, a baseline or a classifier, on any device.
        card: JSON-able facts about the weights. The lab shows `data` (`name`, `levels`,
            `binarize`, `size`), `test_nats`, `test_nats_stderr`, `bits_per_dim`, `parameters`,
            `recipe`, `command`, `seconds`, `images_per_second`, `hardware`, `date`, `torch` and
            `seed`; all are optional.
        dtype: of the stored weights: float32, or float16 or bfloat16 for half the size.

    Raises:
        CheckpointError: weights that are not finite, a card that is not JSON, another dtype, or the
            file cannot be written.
    """
    if dtype not in STORED_DTYPES:
        allowed = ", ".join(str(stored) for stored in STORED_DTYPES)
        raise CheckpointError(f"dtype = {dtype} cannot be stored in a checkpoint; use {allowed}.")
    tensors = {name: _stored(name, value, dtype) for name, value in model.state_dict().items()}
    metadata = {
        "format": FORMAT,
        "model": model.name,
        "config": json.dumps(asdict(model.config)),
        "card": _card_json(card),
    }
    path = Path(path)
    try:
        atomic_write(path, safetensors.torch.save(tensors, metadata))
    except OSError as error:
        raise CheckpointError(
            f"{path.name} cannot be written ({reason(error)}); make room or choose another folder."
        ) from error


def load_checkpoint(name_or_path: str | os.PathLike[str]) -> tuple[AutoregressiveModel, Card]:
    """Read a checkpoint: the model (evaluation mode, CPU, float32) and its card.

    Takes the path of a file, or the name of a shipped checkpoint such as "mnist-threshold-gated".

    Safe on untrusted files: no code in them can run, and memory stays within a few times the file's
    size.

    Raises:
        CheckpointError: the file is missing, damaged, not a checkpoint, too large, or does not fit
            the architecture that it names.
    """
    return load_with(find_checkpoint(name_or_path), build_model, model_names())


def load_with(
    path: str | os.PathLike[str], build: Callable[..., Model], names: Sequence[str]
) -> tuple[Model, Card]:
    """`load_checkpoint` for any kind of model.

    Args:
        path: of the file.
        build: makes a model with fresh weights from its name and its options as keywords.
        names: the model names that `build` supports.

    Raises:
        CheckpointError: as for `load_checkpoint`.
    """
    path = Path(path)
    with opened(path) as file:
        header = read_open_header(file, path)
        model = built(header, path, build, names)
        tensors = _read_tensors(file, path)
    # Header and tensors are parsed by different readers, so check what the latter returned.
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    check_shapes(shapes, model, header.model, path)
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise refusal(
                path,
                f"{name} contains numbers that are not finite, as after a training that diverged; "
                "use an earlier checkpoint",
            )
    model.load_state_dict(tensors)
    return model.eval(), header.card


def read_header(path: str | os.PathLike[str]) -> Header:
    """The header of a model's checkpoint, without reading its weights.

    Its `config` has all options of the architecture, each checked by type and bound.

    Raises:
        CheckpointError: as for `load_checkpoint`, as far as the header shows it.
    """
    path = Path(path)
    with opened(path) as file:
        return _with_checked_options(read_open_header(file, path), path)


def _with_checked_options(header: Header, path: Path) -> Header:
    check_architecture(header, path, model_names())
    try:
        config = config_class(header.model)(**header.config)
    except (ValueError, TypeError) as error:  # every LabError is a ValueError
        raise refusal(path, f"its options do not fit {header.model} ({error})") from error
    return replace(header, config=asdict(config))


def read_card(path: str | os.PathLike[str]) -> Card:
    """The card of a checkpoint, without reading its weights. Errors as for `read_header`."""
    return read_header(path).card


def shipped(folder: str | os.PathLike[str] | None = None) -> list[Shipped]:
    """The shipped checkpoints by name, without reading their weights.

    A damaged one is listed with its `error`, so that it does not hide the others.

    Args:
        folder: to list; None for the `checkpoints` folder of the project.
    """
    folder = CHECKPOINTS if folder is None else Path(folder)
    return [_describe(path, *_stamp(path)) for path in sorted(folder.glob(f"*{SUFFIX}"))]


def find_checkpoint(name_or_path: str | os.PathLike[str]) -> Path:
    """The file at a path, or the shipped checkpoint of that name.

    Raises:
        CheckpointError: neither exists.
    """
    path = Path(name_or_path)
    if path.exists():
        return path
    by_name = {file.stem: file for file in sorted(CHECKPOINTS.glob(f"*{SUFFIX}"))}
    if str(name_or_path) in by_name:
        return by_name[str(name_or_path)]
    raise CheckpointError(
        f"There is no file {str(name_or_path)!r}, and no shipped checkpoint of that name. Shipped "
        f"are: {', '.join(by_name) or 'none'}."
    )


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when the file is written again; (0, 0) if it has just been deleted."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=512)
def _describe(path: Path, modified_ns: int, size: int) -> Shipped:
    """Cached until the file changes: pages list all models at each run."""
    try:
        return Shipped(path.stem, path, read_header(path))
    except CheckpointError as error:
        return Shipped(path.stem, path, None, str(error))


def _stored(name: str, value: Tensor, dtype: torch.dtype) -> Tensor:
    # A copy, since safetensors rejects tensors that share memory.
    stored = value.detach().to("cpu", dtype, copy=True, memory_format=torch.contiguous_format)
    if not stored.isfinite().all():
        raise CheckpointError(
            f"{name} contains numbers that are not finite in {dtype}, so the model is not saved. "
            "Use another dtype, or weights from before the training diverged."
        )
    return stored


def _card_json(card: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(card), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"card cannot be written as JSON ({error}). Use text, finite numbers, and lists and "
            "dictionaries of them."
        ) from error


def _read_tensors(file: BinaryIO, path: Path) -> dict[str, Tensor]:
    file.seek(0)
    try:
        return safetensors.torch.load(file.read())
    except SafetensorError as error:
        raise refusal(
            path, f"its weights are damaged or truncated ({error}); download it again"
        ) from error
