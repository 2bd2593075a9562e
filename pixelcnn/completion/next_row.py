"""What would come next: many possible next rows of an image of which the beginning is given."""

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
    """Possible rows at the first place where something is unknown.

    Attributes:
        row: which row of the image.
        images: uint8 `(n, C, W)`: with what is given in that row.
        mean: float32 `(C, W)`, 0 to 1: their mean as a share of the highest level; for two levels
            the share that has ink there.
        labels: int64 `(n,)`: the class that each was drawn for; None without classes.
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
    """Draw n possible next rows, and nothing below them; None where nothing is unknown.

    Source of the idea: Carter et al. 2016, "Four Experiments in Handwriting with a Neural
    Network" (Distill), which draws fifty futures at the tip of the pen.

    Args:
        model: any model of the registry.
        image: uint8 `(H, W)` or `(C, H, W)`; what is not given is ignored.
        known_mask: bool `(H, W)` or `(C, H, W)`: True where given.
        n: how many.
        label: the class, for a model with classes; None lets it guess, anew for each row.
        seed: of the random numbers; None for new ones each time.
        engine: as for `sample`.
        reader: as for `complete`.

    Raises:
        ConfigError: an n or engine that cannot work.
        DataError: an image or mask that does not fit the model.
    """
    known = as_tensor(known_mask)
    full_rows = known.all(dim=-1)  # (H,) or (C, H)
    full_rows = full_rows.all(dim=0) if full_rows.dim() > 1 else full_rows
    if full_rows.all():
        return None
    row = int((~full_rows).long().argmax())
    # Rows below cannot change this one, and what is called known costs no sampling.
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
