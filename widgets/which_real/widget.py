"""Which is real? Two pictures per round, one real, one drawn by a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy.typing as npt

from widgets.base.checks import checked_images, checked_levels, sent_index
from widgets.base.component import register, sent_by, show

_component = register("which_real")


def which_real(
    images: npt.ArrayLike, sides: Sequence[int], *, levels: int, game: str, key: str
) -> int | None:
    """Play a game; returns the number of real pictures found, or None before the end.

    images  uint8 (rounds, 2, 1, H, W), levels: left and right
    sides   the side of the real one in each round: 0 left, 1 right
    game    identifies these rounds; another one starts a new game

    Raises `ValueError` when an argument does not fit.
    """
    levels = checked_levels(levels)
    pixels = checked_images("images", images, levels, (None, 2, 1, None, None))
    rounds, _, _, height, width = pixels.shape
    where = [int(side) for side in sides]
    if len(where) != rounds or not set(where) <= {0, 1}:
        raise ValueError(f"sides must have {rounds} entries, one per round, each 0 or 1.")
    meta = {
        "height": height,
        "width": width,
        "levels": levels,
        "sides": where,
        "game": game,
        "key": key,
    }
    show(_component, key, meta, {"images": pixels}, "result")
    sent = sent_by(key, "result")
    chosen = sent.get("chosen")
    if sent.get("game") != game or not isinstance(chosen, list) or len(chosen) != rounds:
        return None
    answers = [sent_index(side, 2) for side in chosen]
    return None if None in answers else sum(a == b for a, b in zip(answers, where, strict=True))
