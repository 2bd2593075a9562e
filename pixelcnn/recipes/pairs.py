"""Pairs of runs that differ in one option."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, get_args

from pixelcnn.recipes.config import RunConfig
from pixelcnn.training.config import Optimizer

Choice = str | int | float | bool


@dataclass(frozen=True)
class Ablation:
    """One option that can be varied.

    Attributes:
        label: its name in words.
        values: the values on offer.
        read: returns its value in a run; None if the run has no such option.
        vary: returns the run with another value, all else unchanged.
    """

    label: str
    values: tuple[Choice, ...]
    read: Callable[[RunConfig], Any]
    vary: Callable[[RunConfig, Any], RunConfig]

    def words(self, value: Any) -> str:
        if isinstance(value, bool):
            return f"{self.label}: {'yes' if value else 'no'}"
        return f"{self.label}: {value:g}" if isinstance(value, float) else f"{self.label}: {value}"

    def others(self, config: RunConfig) -> list[Choice]:
        """The values that differ from a run's; none if it has no such option."""
        own = self.read(config)
        return [] if own is None else [value for value in self.values if value != own]


def _of_model(label: str, name: str, values: tuple[Choice, ...]) -> Ablation:
    def vary(config: RunConfig, value: Any) -> RunConfig:
        return replace(config, model_options={**config.model_options, name: value})

    return Ablation(label, values, lambda config: config.model_options.get(name), vary)


def _of_training(label: str, name: str, values: tuple[Choice, ...]) -> Ablation:
    def vary(config: RunConfig, value: Any) -> RunConfig:
        return replace(config, train=replace(config.train, **{name: value}))

    return Ablation(label, values, lambda config: getattr(config.train, name), vary)


def _with_architecture(config: RunConfig, name: str) -> RunConfig:
    """Change the architecture: shared options keep their values, all others get defaults."""
    from pixelcnn.models.preset_configs import presets
    from pixelcnn.models.registry import config_class

    known = {option.name for option in fields(config_class(name))}
    shared = {key: value for key, value in config.model_options.items() if key in known}
    return replace(config, model=name, model_options={**presets(name)["tiny"], **shared})


ABLATIONS: Mapping[str, Ablation] = {
    "rate": _of_training(
        "learning rate", "learning_rate", (3e-4, 1e-3, 3e-3, 8e-3, 3e-2, 0.1, 1.0)
    ),
    "blocks": _of_model("blocks", "blocks", (1, 2, 3, 4, 6, 8)),
    "channels": _of_model("channels", "hidden_channels", (8, 16, 32, 48, 64)),
    "kernel": _of_model("kernel", "kernel_size", (3, 5, 7, 9)),
    "norm": _of_model("normalisation", "norm", ("layer", "none")),
    "position": _of_model("told row and column", "position", (True, False)),
    "labels": Ablation(
        "told which digit",
        (True, False),
        lambda config: config.conditional,
        lambda config, value: replace(config, conditional=value),
    ),
    "model": Ablation(
        "architecture",
        ("pixelcnn", "gated_pixelcnn", "pixelcnn_attention", "pixelrnn"),
        lambda config: config.model,
        _with_architecture,
    ),
    "optimizer": _of_training("optimizer", "optimizer", get_args(Optimizer)),
    "batch": _of_training("batch", "batch_size", (4, 8, 16, 32, 64)),
}


def names_of_pair(first: RunConfig, second: RunConfig) -> tuple[str, str]:
    """The first option in which two runs differ, in words for each.

    The architecture comes first, since it brings options of its own.
    """
    order = ["model", *ABLATIONS]
    for difference in (ABLATIONS[name] for name in order):
        own, other = difference.read(first), difference.read(second)
        if own != other:
            return difference.words(own), difference.words(other)
    return "first", "second"
