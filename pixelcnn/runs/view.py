"""What is shown of a run, read bit by bit: whoever looks twice a second reads only what is new."""

from __future__ import annotations

import bisect
import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.runs.status import RunStatus

CURVE_POINTS = 150

Images = NDArray[np.uint8]
Series = Literal["training", "held out"]

_SERIES: dict[str, Series] = {"step": "training", "evaluated": "held out"}


@dataclass(frozen=True)
class CurvePoint:
    """A point of a learning curve.

    Attributes:
        series: `training` (a mean over the steps since the point before) or `held out`.
        step: steps taken.
        seconds: of training work.
        bits_per_dim: bits per sub-pixel; less is better.
        nats: the same in nats per image.
    """

    series: Series
    step: int
    seconds: float
    bits_per_dim: float
    nats: float


class RunView:
    """Follows one run; `refresh` brings it up to date.

    Attributes:
        run: the run.
        config: what was asked for.
        status: where it stood at the last `refresh`.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.config: RunConfig = run.config
        self.status: RunStatus = run.status()
        self._offset = 0
        self._reports: list[tuple[int, float]] = []  # step and seconds, in order
        self._curves: dict[Series, _Curve] = {series: _Curve(series) for series in get_args(Series)}
        self._frames: dict[int, Images] = {}
        self._completions: dict[int, Images] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read what is new.

        Raises:
            RunError: the directory holds no readable status.
        """
        # First, so that a run that is over has all its rows and samples read.
        self.status = self.run.status()
        new, self._offset = self.run.new_metrics(self._offset)
        self._add(new)
        for step in self.run.sample_steps():
            if step not in self._frames:
                self._frames[step] = self.run.sample(step)
                completion = self.run.completion(step)
                if completion is not None:
                    self._completions[step] = completion

    @property
    def frames(self) -> Images:
        """The images drawn so far, oldest first: uint8 `(moments, n, C, H, W)`."""
        if not self._frames:
            usual = 8 if self.config.data == "digits8x8" else 28
            side = self.config.data_options.get("size") or usual
            return np.empty((0, max(1, self.config.train.samples), 1, side, side), np.uint8)
        return np.stack([self._frames[step] for step in self.frame_steps])

    @property
    def frame_steps(self) -> list[int]:
        """The step of each of `frames`."""
        return sorted(self._frames)

    @property
    def completions(self) -> tuple[Images, list[int]] | None:
        """A held-out image and what became of its upper half, uint8 `(moments, 2, C, H, W)`, with
        the step of each; None where none were drawn."""
        if not self._completions:
            return None
        steps = sorted(self._completions)
        return np.stack([self._completions[step] for step in steps]), steps

    def seconds_at(self, step: int) -> float:
        """Seconds of work until the last report at this step or before; 0 before the first."""
        reports = bisect.bisect_right(self._reports, (step, math.inf))
        return self._reports[reports - 1][1] if reports else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds of work until the budget is used up, as far as can be told."""
        done = self.status.progress
        return self.status.elapsed_s * (1 - done) / done if done > 0 else None

    @property
    def held_out(self) -> CurvePoint | None:
        """The latest score on held-out images."""
        points = self._curves["held out"].points()
        return points[-1] if points else None

    @property
    def nats_per_bit(self) -> float:
        """Nats per image for one bit per sub-pixel; 1 before the first score."""
        point = self.held_out
        return point.nats / point.bits_per_dim if point and point.bits_per_dim else 1.0

    def curves(self, points: int = CURVE_POINTS) -> list[CurvePoint]:
        """Both learning curves, that of training thinned to about `points` points by averaging."""
        training = self._curves["training"].points(at_most=points)
        return training + self._curves["held out"].points()

    def _add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Take up what a training has reported since."""
        for row in rows:
            if row.get("event") == "resumed":
                self._go_back_to(row["step"])
                continue
            bisect.insort(self._reports, (row["step"], row["elapsed_s"]))
            series = _SERIES.get(row.get("event", ""))
            if series is not None and row.get("nats") is not None:
                self._curves[series].add(row)

    def _go_back_to(self, step: int) -> None:
        """Forget what was reported after this step: the training went on from there."""
        self._reports = [report for report in self._reports if report[0] <= step]
        for curve in self._curves.values():
            curve.cut_after(step)


class _Curve:
    """The points of one series. A training of minutes makes thousands, and is looked at by a whole
    class twice a second: they are kept as numbers, and thinned without a loop."""

    def __init__(self, series: Series) -> None:
        self._series: Series = series
        self._numbers = array("d")  # step, seconds, bits and nats of one point after another

    def add(self, row: dict[str, Any]) -> None:
        """Append what a row of metrics says."""
        numbers = (row["step"], row["elapsed_s"], row["bits_per_dim"], row["nats"])
        self._numbers.extend(numbers)

    def cut_after(self, step: int) -> None:
        """Drop all points after this step."""
        table = self._table()
        self._numbers = array("d", table[table[:, 0] <= step].tobytes())

    def points(self, at_most: int | None = None) -> list[CurvePoint]:
        """All points, or means over as many neighbours as leave no more than `at_most`."""
        table = self._table()
        size = max(1, -(-len(table) // at_most)) if at_most else 1
        if size > 1:
            starts = np.arange(0, len(table), size)
            ends = np.append(starts[1:], len(table))
            means = np.add.reduceat(table, starts) / (ends - starts)[:, None]
            table = np.concatenate([table[ends - 1, :2], means[:, 2:]], axis=1)
        return [
            CurvePoint(self._series, int(step), seconds, bits, nats)
            for step, seconds, bits, nats in table.tolist()
        ]

    def _table(self) -> NDArray[np.float64]:
        return np.array(self._numbers).reshape(-1, 4)


def uniform_bits(levels: int) -> float:
    """Bits per sub-pixel of a guess that takes every level for equally likely."""
    return math.log2(levels)


def axis_floor(points: list[CurvePoint], ceiling: float) -> float:
    """Where a logarithmic axis that ends at `ceiling` bits may begin: an eighth, or less if some
    point needs it. It moves in steps, so that the axis stands still while a curve grows."""
    lowest = min((point.bits_per_dim for point in points), default=ceiling)
    floor = ceiling / 8
    while 0 < lowest < floor:
        floor /= 2
    return floor
