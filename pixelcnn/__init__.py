"""Autoregressive image models: masked convolutions, exact likelihoods, sampling, and the inside.

The public names below are stable. They are loaded when first used, so that a command's help or a
page's first paint need not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixelcnn.checkpoints import load_checkpoint, save_checkpoint, shipped
    from pixelcnn.completion import complete
    from pixelcnn.data import DataSet, data_names, load_data
    from pixelcnn.errors import CheckpointError, ConfigError, DataError, LabError, RunError
    from pixelcnn.introspect import activations
    from pixelcnn.metrics import evaluate
    from pixelcnn.models import AutoregressiveModel, build_model, model_names, presets
    from pixelcnn.reach import AuditReport, audit, receptive_field
    from pixelcnn.sampling import Trace, paint, sample, warm_up
    from pixelcnn.training import TrainConfig, train

_HOMES = {
    "checkpoints": ("load_checkpoint", "save_checkpoint", "shipped"),
    "completion": ("complete",),
    "data": ("DataSet", "data_names", "load_data"),
    "errors": ("CheckpointError", "ConfigError", "DataError", "LabError", "RunError"),
    "introspect": ("activations",),
    "metrics": ("evaluate",),
    "models": ("AutoregressiveModel", "build_model", "model_names", "presets"),
    "reach": ("AuditReport", "audit", "receptive_field"),
    "sampling": ("Trace", "paint", "sample", "warm_up"),
    "training": ("TrainConfig", "train"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AuditReport",
    "AutoregressiveModel",
    "CheckpointError",
    "ConfigError",
    "DataError",
    "DataSet",
    "LabError",
    "RunError",
    "Trace",
    "TrainConfig",
    "activations",
    "audit",
    "build_model",
    "complete",
    "data_names",
    "evaluate",
    "load_checkpoint",
    "load_data",
    "model_names",
    "paint",
    "presets",
    "receptive_field",
    "sample",
    "save_checkpoint",
    "shipped",
    "train",
    "warm_up",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'pixelcnn' has no attribute {name!r}")
    return getattr(import_module(f"pixelcnn.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
