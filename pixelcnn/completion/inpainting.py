"""Inpainting: hide a part of a digit, let a model complete it, and compare with the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from pixelcnn.completion.completions import Completions
from pixelcnn.completion.observed import read_given
from pixelcnn.errors import ConfigError, DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.scan_orders import turn
from pixelcnn.system.checks import check_choice

Kind = Literal["pixels", "block", "left half", "lower half", "stripes"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_STRIPE = 2
"""Rows of a stripe, in pixels."""


@dataclass(frozen=True)
class Truth:
    """Completions compared with the true image.

    Attributes:
        right: float32 `(n,)`: share of the unknown sub-pixels that each completion has right.
        paper_right: the same share for blank paper.
        hidden_bits: the model's surprise at the hidden part, given the known part, in bits; an
            estimate with particles. None where given sub-pixels come after unknown ones and there
            were no particles.
    """

    right: Tensor
    paper_right: float
    hidden_bits: float | None


def inpainting_mask(
    kind: Kind, height: int, width: int, share: float = 0.5, seed: int = 0
) -> Tensor:
    """The mask of what stays known: bool `(H, W)`.

    Args:
        kind: `pixels` hides each pixel with probability `share`; `block` hides a rectangle of that
            share of the area at a random place; `left half` and `lower half` hide these; `stripes`
            hides every other pair of rows.
        height: of the image, in pixels.
        width: of the image, in pixels.
        share: hidden share for `pixels` and `block`, 0 to 1.
        seed: of the random numbers.

    Raises:
        ConfigError: an unknown kind, or a share outside 0 to 1.
    """
    check_choice("kind", kind, KINDS)
    if not 0 <= share <= 1:
        raise ConfigError(f"share = {share} is outside 0 to 1.")
    generator = torch.Generator().manual_seed(seed)
    known = torch.ones(height, width, dtype=torch.bool)
    if kind == "pixels":
        return torch.rand(height, width, generator=generator) >= share
    if kind == "left half":
        known[:, : width // 2] = False
    elif kind == "lower half":
        known[height // 2 :] = False
    elif kind == "stripes":
        known[torch.arange(height) % (2 * _STRIPE) >= _STRIPE] = False
    else:
        side = math.sqrt(share)
        rows, columns = round(side * height), round(side * width)
        top = int(torch.randint(height - rows + 1, (), generator=generator))
        left = int(torch.randint(width - columns + 1, (), generator=generator))
        known[top : top + rows, left : left + columns] = False
    return known


def against_truth(
    model: AutoregressiveModel, done: Completions, truth: Tensor, label: int | None = None
) -> Truth:
    """Compare completions with the true image.

    Args:
        model: that drew them.
        done: the completions.
        truth: uint8 `(C, H, W)`.
        label: the class given to the model; None where it guessed.

    Raises:
        DataError: nothing was unknown, or `truth` differs from the given part.
    """
    unknown = ~done.known_mask
    if not unknown.any():
        raise DataError("Nothing was unknown, so there is nothing to compare.")
    if truth.shape != done.known.shape or not torch.equal(
        truth[done.known_mask], done.known[done.known_mask]
    ):
        raise DataError("truth differs from the given part.")
    hidden = truth[unknown]
    right = (done.images[:, unknown] == hidden).float().mean(dim=1)
    bits = None
    if done.particles is not None or done.given.after_gap == 0:
        turned = turn(truth, done.order)
        everything = torch.ones_like(done.known_mask)
        of_all = read_given(model, turned, everything, order=done.order)
        behind = 0.0 if done.particles is None else done.particles.after_gap_nats / math.log(2)
        if label is None:
            bits = of_all.bits - done.given.bits - behind
        else:
            bits = (of_all.class_bits[label] - done.given.class_bits[label]).item() - behind
    return Truth(right, (hidden == 0).float().mean().item(), bits)
