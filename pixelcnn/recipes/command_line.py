"""The command that repeats a run."""

from __future__ import annotations

import shlex
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from pixelcnn.recipes.config import RunConfig
from pixelcnn.training.config import TrainConfig

if TYPE_CHECKING:
    pass


def command_line(config: RunConfig) -> str:
    """The command that repeats a run on any machine: every option, but no paths."""
    words = ["python", "-m", "pixelcnn", "train", "--model", config.model, "--preset", "none"]
    if config.model_options:
        words += [
            "--set",
            *(f"{key}={_text(value)}" for key, value in config.model_options.items()),
        ]
    if config.conditional:
        words.append("--conditional")
    words += ["--data", config.data]
    for key, value in config.data_options.items():
        if key != "root" and value is not None:
            words += [f"--{key}", _text(value)]
    for option in fields(TrainConfig):
        value = getattr(config.train, option.name)
        if value != option.default:
            words += [f"--{option.name.replace('_', '-')}", _text(value)]
    return shlex.join(words)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
