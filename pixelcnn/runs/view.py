"""Incremental view of a run: each `refresh` reads only what is new."""

from __future__ import annotations

import bisect
import math
from array import array
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, TypeGuard, get_args

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import LabError
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
        series: `training` (a mean over the steps since the previous point) or `held out`.
        step: steps taken.
        seconds: of training work.
        bits_per_dim: bits per sub-pixel; lower is better.
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
        config: its configuration.
        status: its status at the last `refresh`.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.config: RunConfig = run.config
        self.status: RunStatus = run.status()
        self._offset = 0
        self._reports: list[tuple[int, float]] = []  # step and seconds, in order
        self._curves: dict[Series, _Curve] = {series: _Curve(series) for series in get_args(Series)}
        self._frames: dict[int, Images] = {}
        self._damaged: set[int] = set()
        self._completions: dict[int, Images] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read what is new.

        Raises:
            RunError: status.json is missing or unreadable.
        """
        # Status first, so that a run that has ended is read completely.
        self.status = self.run.status()
        new, self._offset = self.run.new_metrics(self._offset)
        self._add(new)
        for step in self.run.sample_steps():
            if step not in self._frames and step not in self._damaged:
                self._add_images(step)

    def _add_images(self, step: int) -> None:
        images: Images | None = None
        completion: Images | None = None
        with suppress(LabError, OSError, ValueError):
            images, completion = self.run.sample(step), self.run.completion(step)
        if not _fits(images, self._frames):
            self._damaged.add(step)  # the others can still be shown
            return
        self._frames[step] = images
        if _fits(completion, self._completions):
            self._completions[step] = completion

    @property
    def frames(self) -> Images:
        """The samples so far, oldest first: uint8 `(steps, n, C, H, W)`."""
        if not self._frames:
            usual = 8 if self.config.data == "digits8x8" else 28
            side = self.config.data_options.get("size") or usual
            return np.empty((0, max(1, self.config.train.samples), 1, side, side), np.uint8)
        return np.stack([self._frames[step] for step in self.frame_steps])

    @property
    def frame_steps(self) -> list[int]:
        return sorted(self._frames)

    @property
    def completions(self) -> tuple[Images, list[int]] | None:
        """A held-out image and its completions, uint8 `(steps, 2, C, H, W)`, with the step of
        each; None if there are none."""
        if not self._completions:
            return None
        steps = sorted(self._completions)
        return np.stack([self._completions[step] for step in steps]), steps

    def seconds_at(self, step: int) -> float:
        """Seconds of training work at the last report up to this step; 0 before the first."""
        reports = bisect.bisect_right(self._reports, (step, math.inf))
        return self._reports[reports - 1][1] if reports else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds of training work until the budget is used up."""
        done = self.status.progress
        return self.status.elapsed_s * (1 - done) / done if done > 0 else None

    @property
    def held_out(self) -> CurvePoint | None:
        points = self._curves["held out"].points()
        return points[-1] if points else None

    @property
    def nats_per_bit(self) -> float:
        """Nats per image for one bit per sub-pixel; 1 before the first evaluation."""
        point = self.held_out
        return point.nats / point.bits_per_dim if point and point.bits_per_dim else 1.0

    def curves(self, points: int = CURVE_POINTS) -> list[CurvePoint]:
        """Both learning curves; training is averaged down to about `points` points."""
        training = self._curves["training"].points(at_most=points)
        return training + self._curves["held out"].points()

    def _add(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            if row.get("event") == "resumed":
                self._go_back_to(row["step"])
                continue
            bisect.insort(self._reports, (row["step"], row["elapsed_s"]))
            series = _SERIES.get(row.get("event", ""))
            if series is not None and row.get("nats") is not None:
                self._curves[series].add(row)

    def _go_back_to(self, step: int) -> None:
        """Drop reports after this step, since the training resumed from it."""
        self._reports = [report for report in self._reports if report[0] <= step]
        for curve in self._curves.values():
            curve.cut_after(step)


class _Curve:
    """The points of one series, as a flat array of numbers: a training has thousands, and a whole
    class polls it twice a second."""

    def __init__(self, series: Series) -> None:
        self._series: Series = series
        self._numbers = array("d")  # step, seconds, bits and nats of one point after another

    def add(self, row: dict[str, Any]) -> None:
        """Append the point of a row of metrics."""
        values = (row["step"], row["elapsed_s"], row["bits_per_dim"], row["nats"])
        self._numbers.extend(values)

    def cut_after(self, step: int) -> None:
        table = self._table()
        self._numbers = array("d", table[table[:, 0] <= step].tobytes())

    def points(self, at_most: int | None = None) -> list[CurvePoint]:
        """All points, or means of neighbours so that at most `at_most` remain."""
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


def _fits(images: Images | None, others: Mapping[int, Images]) -> TypeGuard[Images]:
    """Whether these are pictures like those that are shown already."""
    if images is None or images.dtype != np.uint8 or images.ndim != 4 or not images.size:
        return False
    return all(images.shape == other.shape for other in islice(others.values(), 1))


def uniform_bits(levels: int) -> float:
    """Bits per sub-pixel of a uniform guess."""
    return math.log2(levels)


def axis_floor(points: list[CurvePoint], ceiling: float) -> float:
    """The lower end of a logarithmic axis up to `ceiling` bits: an eighth, or less if a point needs
    it. It moves in steps, so that the axis stays put while a curve grows."""
    lowest = min((point.bits_per_dim for point in points), default=ceiling)
    floor = ceiling / 8
    while 0 < lowest < floor:
        floor /= 2
    return floor
