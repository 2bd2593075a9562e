"""The training state, in memory and as one safetensors file without pickle.

Tensors are named by their path, `model.first.weight` or `optimizer.3.exp_avg`; everything else is
JSON in the file's metadata.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from pixelcnn.errors import RunError
from pixelcnn.system.atomic_files import atomic_write

_FORMAT = "pixelcnn-lab-state/1"


@dataclass(frozen=True)
class TrainingState:
    """Everything needed to resume: copies, which later steps do not change.

    Attributes:
        step: steps taken.
        elapsed_s: seconds of work so far.
        precision: `float32` or `bfloat16`, as chosen when training began.
        model: the model's `state_dict`, on the CPU.
        optimizer: the optimizer's `state_dict`, on the CPU.
        average: the `state_dict` of the averaged weights, on the CPU; empty without
            `TrainConfig.ema`.
    """

    step: int
    elapsed_s: float
    precision: str
    model: Mapping[str, Tensor]
    optimizer: Mapping[str, Any]
    average: Mapping[str, Tensor] = field(default_factory=dict)


def copied(value: Any) -> Any:
    """A nested state dict with all tensors copied to the CPU, contiguous."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [copied(item) for item in value]
    return value


def save_state(path: Path, state: TrainingState) -> None:
    """Save atomically: readers see the old state or the new one.

    Raises:
        OSError: cannot write, such as a full disk; the old state is kept.
    """
    tensors = {f"model.{name}": tensor for name, tensor in state.model.items()}
    tensors |= {f"average.{name}": tensor for name, tensor in state.average.items()}
    scalars: dict[str, dict[str, Any]] = {}
    for index, values in state.optimizer["state"].items():
        for name, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{index}.{name}"] = value
            else:
                scalars.setdefault(str(index), {})[name] = value
    rest = {
        "step": state.step,
        "elapsed_s": state.elapsed_s,
        "precision": state.precision,
        "optimizer_scalars": scalars,
        "optimizer_groups": state.optimizer["param_groups"],
    }
    atomic_write(path, save(tensors, metadata={"format": _FORMAT, "state": json.dumps(rest)}))


def load_state(path: Path) -> TrainingState:
    """Load the state that `save_state` wrote.

    Raises:
        RunError: the file is missing or damaged.
    """
    weights: dict[str, dict[str, Tensor]] = {"model": {}, "average": {}}
    optimizer: dict[int, dict[str, Any]] = {}
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != _FORMAT:
                raise RunError(f"{path.name} is not a training state of this version.")
            rest = json.loads(metadata["state"])
            for key in file.keys():  # noqa: SIM118 (it is no mapping)
                place, _, name = key.partition(".")
                if place in weights:
                    weights[place][name] = file.get_tensor(key)
                else:
                    index, _, name = name.partition(".")
                    optimizer.setdefault(int(index), {})[name] = file.get_tensor(key)
        for index, values in rest["optimizer_scalars"].items():
            optimizer.setdefault(int(index), {}).update(values)
        return TrainingState(
            step=int(rest["step"]),
            elapsed_s=float(rest["elapsed_s"]),
            precision=str(rest["precision"]),
            model=weights["model"],
            optimizer={"state": optimizer, "param_groups": rest["optimizer_groups"]},
            average=weights["average"],
        )
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing, so there is no saved state to resume from.") from error
    except (SafetensorError, KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise RunError(
            f"{path} is damaged, so the run cannot resume from it. Start a new run. ({error})"
        ) from error
