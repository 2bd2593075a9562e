"""A model in the form that the compiled loop takes."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.lowering import lower
from pixelcnn.sampling.numba.draw import kind_of
from pixelcnn.sampling.numba.program import Floats, Tables, compile_tables
from pixelcnn.sampling.steps import Program


@dataclass(frozen=True)
class CompiledModel:
    """The program of a model and its tables.

    Attributes:
        likelihood: its integer code in the loop.
        parameters: outputs per sub-pixel.
        no_label: the label that means none.
        program: the lowered network.
        tables: the program as arrays.
        scaled: float32 `(levels,)`: the network's input for each level.
    """

    likelihood: int
    parameters: int
    no_label: int
    program: Program
    tables: Tables
    scaled: Floats


def compile_model(model: AutoregressiveModel) -> CompiledModel:
    """Compile a model with its current weights.

    Raises:
        ConfigError: the model's likelihood or one of its layers is not supported.
    """
    likelihood = kind_of(model.likelihood)
    if likelihood is None:
        raise ConfigError(
            f"The numba engine cannot draw from a {type(model.likelihood).__name__}; "
            "use the torch engine."
        )
    program = lower(model)
    levels = torch.arange(model.config.levels, dtype=torch.uint8)
    return CompiledModel(
        likelihood=likelihood,
        parameters=model.likelihood.parameters,
        no_label=model.config.no_label,
        program=program,
        tables=compile_tables(program),
        scaled=model.scale(levels).float().numpy(),
    )
