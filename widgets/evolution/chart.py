"""The learning curves below an evolution, as data for the browser.

Heights are always in bits per sub-pixel on a logarithmic axis. Every unit is a function of them, so
another unit changes only the labels of the axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

Unit = Literal["bits", "nats", "perplexity"]
Style = Literal["training", "held out", "other training", "other held out"]

_MANTISSAS = (1, 1.5, 2, 3, 5, 7)
_TITLES = {
    "bits": "bits per pixel",
    "nats": "nats per image",
    "perplexity": "perplexity per pixel",
}


@dataclass(frozen=True)
class Reference:
    """A horizontal reference line: its height in bits per sub-pixel, and its label."""

    bits: float
    text: str


@dataclass(frozen=True)
class Curve:
    """A learning curve.

    Attributes:
        name: the label, in a few words.
        style: how it is drawn; the `other` ones belong to a second training.
        points: (place on the axis, bits per sub-pixel), in order.
    """

    name: str
    style: Style
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Chart:
    """Learning curves over seconds or steps.

    Attributes:
        curves: what to draw; a curve without points keeps its name in the legend.
        references: horizontal lines.
        floor: where the axis begins, in bits; above 0.
        ceiling: where it ends.
        end: where the other axis ends; it begins at 0.
        end_title: the unit of that axis.
        unit: the unit on the axis.
        nats_per_bit: nats per image for one bit per sub-pixel.
    """

    curves: Sequence[Curve]
    references: Sequence[Reference]
    floor: float
    ceiling: float
    end: float
    end_title: str
    unit: Unit
    nats_per_bit: float

    def to_meta(self) -> dict[str, Any]:
        """The data for the browser.

        Raises:
            ValueError: an axis without length, or an unknown unit or style.
        """
        if not 0 < self.floor < self.ceiling or not self.end > 0:
            raise ValueError(
                f"the axes must have a length: {self.floor} to {self.ceiling}, 0 to {self.end}."
            )
        if self.unit not in get_args(Unit):
            raise ValueError(f"unit must be one of {', '.join(get_args(Unit))}, not {self.unit!r}.")
        for curve in self.curves:
            if curve.style not in get_args(Style):
                raise ValueError(f"style must be one of {get_args(Style)}, not {curve.style!r}.")
        return {
            "curves": [
                {
                    "name": curve.name,
                    "style": curve.style,
                    "points": [[round(at, 3), round(bits, 5)] for at, bits in curve.points],
                }
                for curve in self.curves
            ],
            "references": [{"bits": line.bits, "text": line.text} for line in self.references],
            "floor": self.floor,
            "ceiling": self.ceiling,
            "end": self.end,
            "endTitle": self.end_title,
            "title": _TITLES[self.unit],
            "unit": self.unit,
            "natsPerBit": self.nats_per_bit,
            "ticks": _ticks(self.floor, self.ceiling, self.unit, self.nats_per_bit),
        }


def _ticks(floor: float, ceiling: float, unit: Unit, nats_per_bit: float) -> list[list[Any]]:
    """(height in bits, label) for round numbers of the unit."""
    round_numbers = [digit * 10.0**power for power in range(-4, 6) for digit in _MANTISSAS]
    if unit == "perplexity":
        # Close to 1, round numbers are those with a round excess: 1.1, 1.2, 1.5.
        ticks = [(math.log2(1 + number), f"{1 + number:g}") for number in round_numbers]
    else:
        scale = nats_per_bit if unit == "nats" else 1.0
        ticks = [(number / scale, f"{number:g}") for number in round_numbers]
    return [[round(bits, 6), label] for bits, label in ticks if floor <= bits <= ceiling]
