"""What is shown of a run, read bit by bit: whoever looks twice a second reads only what is new."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pixelcnn.run_config import RunConfig, RunStatus
from pixelcnn.runs import Run, unbroken

CURVE_POINTS = 150

Images = NDArray[np.uint8]
Series = Literal["training", "held out"]


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
        self._rows: list[dict[str, Any]] = []
        self._offset = 0
        self._reported_steps: list[int] = []
        self._reported_seconds: list[float] = []
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
        if new:
            self._rows = unbroken(self._rows + new)
            reports = sorted((row["step"], row["elapsed_s"]) for row in self._rows)
            self._reported_steps = [step for step, _ in reports]
            self._reported_seconds = [seconds for _, seconds in reports]
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
        reports = bisect.bisect_right(self._reported_steps, step)
        return self._reported_seconds[reports - 1] if reports else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds of work until the budget is used up, as far as can be told."""
        done = self.status.progress
        return self.status.elapsed_s * (1 - done) / done if done > 0 else None

    @property
    def held_out(self) -> CurvePoint | None:
        """The latest score on held-out images."""
        points = self._points("held out")
        return points[-1] if points else None

    @property
    def nats_per_bit(self) -> float:
        """Nats per image for one bit per sub-pixel; 1 before the first score."""
        point = self.held_out
        return point.nats / point.bits_per_dim if point and point.bits_per_dim else 1.0

    def curves(self, points: int = CURVE_POINTS) -> list[CurvePoint]:
        """Both learning curves, that of training thinned to about `points` points by averaging."""
        training = self._points("training")
        size = max(1, -(-len(training) // points))
        chunks = [training[at : at + size] for at in range(0, len(training), size)]
        return [_mean(chunk) for chunk in chunks] + self._points("held out")

    def _points(self, series: Series) -> list[CurvePoint]:
        event = "step" if series == "training" else "evaluated"
        return [
            CurvePoint(series, row["step"], row["elapsed_s"], row["bits_per_dim"], row["nats"])
            for row in self._rows
            if row.get("event") == event and row.get("nats") is not None
        ]


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


def _mean(points: list[CurvePoint]) -> CurvePoint:
    last = points[-1]
    return CurvePoint(
        last.series,
        last.step,
        last.seconds,
        sum(point.bits_per_dim for point in points) / len(points),
        sum(point.nats for point in points) / len(points),
    )
