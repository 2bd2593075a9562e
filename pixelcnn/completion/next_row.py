"""Many possible next rows of an image whose beginning is given."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.completion.completions import complete
from pixelcnn.completion.observed import Reader, as_tensor
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.engines import Engine


@dataclass(frozen=True)
class NextRows:
    """Possible versions of the first row with unknown sub-pixels.

    Attributes:
        row: index of the row.
        images: uint8 `(n, C, W)`, including what is given in that row.
        mean: float32 `(C, W)`, 0 to 1: their mean divided by the highest level; for two levels, the
            share with ink.
        labels: int64 `(n,)`: the class of each; None without classes.
    """

    row: int
    images: Tensor
    mean: Tensor
    labels: Tensor | None


def next_rows(
    model: AutoregressiveModel,
    image: Tensor | NDArray,
    known_mask: Tensor | NDArray,
    n: int = 50,
    *,
    label: int | None = None,
    seed: int | None = 0,
    engine: str | Engine = "auto",
    reader: Reader | None = None,
) -> NextRows | None:
    """Draw n possible next rows, and nothing below; None if nothing is unknown.

    Source of the idea: Carter et al. 2016, "Four Experiments in Handwriting with a Neural
    Network" (Distill), which draws fifty futures at the tip of the pen.

    Args:
        model: any model of the registry.
        image: uint8 `(H, W)` or `(C, H, W)`; ignored where not given.
        known_mask: bool `(H, W)` or `(C, H, W)`: True where given.
        n: number of rows to draw.
        label: the class, for a model with classes; None lets it guess, anew for each row.
        seed: of the random numbers; None for new ones each time.
        engine: as for `sample`.
        reader: as for `complete`.

    Raises:
        ConfigError: an invalid n or engine.
        DataError: an image or mask that does not fit the model.
    """
    known = as_tensor(known_mask)
    full_rows = known.all(dim=-1)  # (H,) or (C, H)
    full_rows = full_rows.all(dim=0) if full_rows.dim() > 1 else full_rows
    if full_rows.all():
        return None
    row = int((~full_rows).long().argmax())
    # Rows below cannot affect this one, so they count as known, which costs no sampling.
    below = torch.arange(len(full_rows)) > row
    picture = as_tensor(image).clone()
    picture[..., below, :] = 0
    done = complete(
        model,
        picture,
        known | below[:, None],
        n,
        labels=None if label is None else torch.tensor(label),
        seed=seed,
        engine=engine,
        reader=reader,
    )
    return NextRows(row, done.images[:, :, row], done.mean[:, row], done.labels)
