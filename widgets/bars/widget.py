"""Bars: a few named shares, animated when they change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy.typing as npt

from widgets.base.checks import checked_floats
from widgets.base.component import register, show

_component = register("bars")


def bars(shares: npt.ArrayLike, names: Sequence[str], *, label: str = "Shares", key: str) -> None:
    """Draw one column for each share, from 0 to 100 %, with its percentage; the largest stands out.

    shares  (n,), each from 0 to 1
    names   n short names, written below
    label   what they are shares of, for screen readers

    Raises `ValueError` when an argument does not fit.
    """
    values = checked_floats("shares", shares, (None,))
    if len(names) != len(values):
        raise ValueError(f"names must have {len(values)} entries, one per bar, not {len(names)}.")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("shares must lie between 0 and 1.")
    show(_component, key, {"names": list(names), "label": label}, {"shares": values})
