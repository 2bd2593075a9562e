"""The program that does what a run does: to read, to copy and to change."""

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

# These say how often a run reports and saves, and change nothing that is learnt.
_REPORTING = ("sample_every", "save_every", "samples")


def python_code(config: RunConfig) -> str:
    """Python that builds and trains the model of a run, as the run does, and draws from it.

    It starts from the same weights and sees the same batches; with a budget in seconds, a faster
    or slower machine takes more or fewer steps.
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
    """The options of the data without where it lies, which differs from machine to machine; but
    for pictures of one's own, which lie in one place only."""
    options = {name: value for name, value in config.data_options.items() if name != "root"}
    if config.data == OWN and "root" in config.data_options:
        options = {"root": own_place(config)} | options
    return options


def own_place(config: RunConfig) -> str:
    """Where the pictures of one's own of a run lie, from the working directory if it is above."""
    root = Path(config.data_options["root"]).absolute()
    return str(root.relative_to(Path.cwd())) if root.is_relative_to(Path.cwd()) else root.name


def _arguments(values: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value!r}" for name, value in values.items()]


def _lines(arguments: list[str]) -> str:
    return "\n".join(f"    {argument}," for argument in arguments)
