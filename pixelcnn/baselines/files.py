"""Baselines by name and as files: safetensors with the configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pixelcnn.baselines.autoencoder import Autoencoder
from pixelcnn.baselines.base import Baseline, build
from pixelcnn.baselines.vae import VAE
from pixelcnn.checkpoints.files import load_with, save_checkpoint
from pixelcnn.checkpoints.header import Card
from pixelcnn.system.checks import check_name

_BASELINES: Mapping[str, type[Baseline]] = {model.name: model for model in (Autoencoder, VAE)}


def baseline_names() -> list[str]:
    return list(_BASELINES)


def build_baseline(name: str, **options: Any) -> Baseline:
    """A baseline with fresh weights; `options` are those of its config class.

    Raises:
        ConfigError: an unknown name or option, or an invalid value.
    """
    check_name("baseline", name, _BASELINES)
    return build(_BASELINES[name], options)


def save_baseline(path: str | os.PathLike[str], model: Baseline, card: Mapping[str, Any]) -> None:
    """Write a baseline atomically; see `pixelcnn.checkpoints.save_checkpoint`.

    Raises:
        CheckpointError: weights that are not finite, a card that is not JSON, or the file cannot be
            written.
    """
    save_checkpoint(path, model, card)


def load_baseline(path: str | os.PathLike[str]) -> tuple[Baseline, Card]:
    """Read a baseline (evaluation mode, CPU) and its card; safe on untrusted files.

    Raises:
        CheckpointError: the file is missing, damaged, too large, or not a baseline.
    """
    return load_with(path, build_baseline, baseline_names())
