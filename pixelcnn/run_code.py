"""The program that does what a run does: to read, to copy and to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pixelcnn.run_config import RunConfig
from pixelcnn.train_config import TrainConfig

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
        data=", ".join([repr(config.data), *_arguments(_without_root(config.data_options))]),
        seed=config.train.seed,
        model=_lines(model),
        train=_lines(_arguments(train)),
        labels=", labels=torch.arange(8) % data.classes" if config.conditional else "",
    )


def _without_root(options: Mapping[str, Any]) -> dict[str, Any]:
    """Where the data lies differs from machine to machine."""
    return {name: value for name, value in options.items() if name != "root"}


def _arguments(values: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value!r}" for name, value in values.items()]


def _lines(arguments: list[str]) -> str:
    return "\n".join(f"    {argument}," for argument in arguments)
