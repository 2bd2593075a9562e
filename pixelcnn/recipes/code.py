"""A run as a short Python program, to read, copy and change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pixelcnn.data.names import OWN
from pixelcnn.recipes.config import RunConfig
from pixelcnn.training.config import TrainConfig

_PROGRAM = """\
import torch

from pixelcnn import TrainConfig, build_model, load_data, sample, train

data = load_data({data})

torch.manual_seed({seed})
model = build_model(
{model}
)

config = TrainConfig(
{train}
)
for event in train(model, data, config):
    if type(event).__name__ == "Evaluated":
        print(f"step {{event.step}}: {{event.bits_per_dim:.3f}} bits per pixel, held out")

images = sample(model, 8{labels}, seed=0)
"""

# These set how often a run reports and saves, and do not affect training.
_REPORTING = ("sample_every", "save_every", "samples")


def python_code(config: RunConfig) -> str:
    """Python that builds, trains and samples from the model of a run.

    Same initial weights and batches; a budget in seconds gives more or fewer steps on another
    machine.
    """
    from_data = {name: f"data.{name}" for name in ("levels", "channels", "height", "width")} | (
        {"classes": "data.classes"} if config.conditional else {}
    )
    model = [repr(config.model)]
    model += [f"{name}={value}" for name, value in from_data.items()]
    model += _arguments(config.model_options)
    train = {
        option.name: getattr(config.train, option.name)
        for option in fields(TrainConfig)
        if option.name not in _REPORTING and getattr(config.train, option.name) != option.default
    }
    return _PROGRAM.format(
        data=", ".join([repr(config.data), *_arguments(_portable(config))]),
        seed=config.train.seed,
        model=_lines(model),
        train=_lines(_arguments(train)),
        labels=", labels=torch.arange(8) % data.classes" if config.conditional else "",
    )


def _portable(config: RunConfig) -> dict[str, Any]:
    """Data options without `root`, which is machine-specific, except for the user's own images."""
    options = {name: value for name, value in config.data_options.items() if name != "root"}
    if config.data == OWN and "root" in config.data_options:
        options = {"root": own_place(config)} | options
    return options


def own_place(config: RunConfig) -> str:
    """The path of the user's images of a run, relative to the working directory if below it."""
    root = Path(config.data_options["root"]).absolute()
    return str(root.relative_to(Path.cwd())) if root.is_relative_to(Path.cwd()) else root.name


def _arguments(values: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value!r}" for name, value in values.items()]


def _lines(arguments: list[str]) -> str:
    return "\n".join(f"    {argument}," for argument in arguments)
