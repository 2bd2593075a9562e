"""A model as the compiled loop takes it."""

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
    """The program of a model, and its tables.

    Attributes:
        likelihood: its number in the loop.
        parameters: outputs for each sub-pixel.
        no_label: the label of images without one.
        program: the lowered network.
        tables: the same as arrays.
        scaled: float32 `(levels,)`: what the network reads for each level.
    """

    likelihood: int
    parameters: int
    no_label: int
    program: Program
    tables: Tables
    scaled: Floats


def compile_model(model: AutoregressiveModel) -> CompiledModel:
    """The tables of a model with its present weights.

    Raises:
        ConfigError: the model's likelihood or one of its layers has no operation here.
    """
    likelihood = kind_of(model.likelihood)
    if likelihood is None:
        raise ConfigError(
            f"the numba engine cannot draw from a {type(model.likelihood).__name__}; "
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
        scaled=model.scale(levels).numpy(),
    )
