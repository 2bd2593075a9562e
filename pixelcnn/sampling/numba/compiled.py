"""A model in the form that the compiled loop takes."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.constants import Floats
from pixelcnn.sampling.likelihood_kinds import likelihood_kind
from pixelcnn.sampling.lowering import lower
from pixelcnn.sampling.numba.microkernel import LANES
from pixelcnn.sampling.steps import Program
from pixelcnn.sampling.tables import Tables, compile_tables


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
    program = lower(model)
    levels = torch.arange(model.config.levels, dtype=torch.uint8)
    return CompiledModel(
        likelihood=likelihood_kind(model.likelihood),
        parameters=model.likelihood.parameters,
        no_label=model.config.no_label,
        program=program,
        tables=compile_tables(program, LANES),
        scaled=model.scale(levels).float().numpy(),
    )
