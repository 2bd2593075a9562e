"""Sheets of samples that vary two things; each column shares its random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import ConfigError
from pixelcnn.film.film import Film, film_of, join

if TYPE_CHECKING:
    from torch import Tensor

    from pixelcnn.models.base import AutoregressiveModel
    from pixelcnn.sampling.engines import Engine
    from pixelcnn.sampling.request import Progress


@dataclass(frozen=True)
class Row:
    """The settings of one row of a sheet.

    Attributes:
        labels: one per image of the row, or one for all; None for a model without classes.
        temperature, guidance: as for `pixelcnn.sample`.
    """

    labels: Sequence[int] | int | None = None
    temperature: float = 1.0
    guidance: float = 0.0


def uniforms_of(model: AutoregressiveModel, seeds: Sequence[int]) -> Tensor:
    """The random numbers of `sample(model, 1, seed=...)` for each seed: `(len(seeds), C, H, W)`."""
    import torch

    from pixelcnn.sampling.request import seeded

    shape = (1, *model.config.image_shape)
    return torch.cat([torch.rand(shape, generator=seeded(seed)) for seed in seeds])


def draw_grid(
    model: AutoregressiveModel,
    rows: Sequence[Row],
    uniforms: Tensor,
    *,
    engine: str | Engine = "auto",
    receptive_field: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> Film:
    """Draw all rows with the same random numbers: a film of rows x columns images.

    Args:
        model: any model of the registry.
        rows: at least one.
        uniforms: float `(columns, C, H, W)`, such as from `uniforms_of`.
        engine: as for `pixelcnn.sample`.
        receptive_field: of the model, if known.
        progress: called with (image rows done, image rows in all) for the whole sheet.

    Raises:
        ConfigError: no rows, or an invalid temperature, guidance or label.
        DataError: uniforms that do not fit the model.
    """
    import torch

    from pixelcnn.sampling.request import SampleOptions

    if not rows:
        raise ConfigError("rows is empty; a sheet needs at least one.")
    columns, height = len(uniforms), model.config.height
    films: list[Film] = []
    for index, row in enumerate(rows):

        def advance(done: int, of: int, before: int = index * height) -> None:
            if progress is not None:
                progress(before + done, len(rows) * height)

        options = SampleOptions(
            labels=None if row.labels is None else torch.tensor(row.labels).expand(columns),
            temperature=row.temperature,
            guidance=row.guidance,
            uniforms=uniforms,
            progress=advance,
        )
        field = films[0].receptive_field if films else receptive_field
        films.append(film_of(model, columns, options, engine, field, {}))
    return join(films)
