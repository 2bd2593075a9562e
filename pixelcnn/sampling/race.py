"""Times the textbook sampler against the fast engine on one image."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pixelcnn.models.base import AutoregressiveModel
    from pixelcnn.sampling.engines import Engine

_WHOLE = 1.0
_FAST_RUNS = 3


@dataclass(frozen=True)
class Race:
    """The results of both samplers for the same random numbers.

    Attributes:
        image: uint8 `(C, H, W)`, by the fast engine.
        fast_seconds: for the whole image, the median of three runs, since one run is so short that
            any other work of the computer distorts it.
        naive_seconds: for the rows drawn by the textbook sampler.
        naive_rows: the number of these rows, at least one.
        equal: whether both drew the same pixels in these rows.
    """

    image: NDArray[np.uint8]
    fast_seconds: float
    naive_seconds: float
    naive_rows: int
    equal: bool

    @property
    def finished(self) -> bool:
        """Whether the textbook sampler drew the whole image."""
        return self.naive_rows == self.image.shape[1]

    @property
    def naive_whole_seconds(self) -> float:
        """The whole image at the measured speed: every pixel costs the same full pass."""
        return self.naive_seconds * self.image.shape[1] / self.naive_rows

    @property
    def times_faster(self) -> float:
        return self.naive_whole_seconds / self.fast_seconds


def race(
    model: AutoregressiveModel,
    engine: Engine,
    *,
    label: int | None = None,
    temperature: float = 1.0,
    seed: int = 0,
    seconds: float = 2.0,
    progress: Callable[[float], None] | None = None,
) -> Race:
    """Draw one image with `engine`, then the same with the reference until the time is up.

    Args:
        model: any model of the registry.
        engine: the fast one, ready.
        label, temperature, seed: of the image.
        seconds: time limit of the reference; it finishes its current row.
        progress: called with the share of that time used, 0 to 1.
    """
    import torch

    from pixelcnn.sampling import drawing
    from pixelcnn.sampling.request import SampleOptions

    labels = None if label is None else torch.tensor([label])
    options = SampleOptions(labels=labels, temperature=temperature, seed=seed)
    fast = []
    for _ in range(_FAST_RUNS):
        start = time.perf_counter()
        image = drawing.drawn(model, 1, options, engine)
        fast.append(time.perf_counter() - start)
    drawn, rows, spent = image[:, :, :0], 0, 0.0
    # Row by row with the rows above given: a full pass costs the same whatever is given.
    while rows < model.config.height and (spent < seconds or not rows):
        known = torch.zeros_like(image)
        known[:, :, :rows] = drawn
        given = torch.ones_like(image, dtype=torch.bool)
        given[:, :, rows] = False
        start = time.perf_counter()
        above_given = replace(options, known=known, known_mask=given)
        filled = drawing.drawn(model, 1, above_given, "reference")
        spent += time.perf_counter() - start
        rows += 1
        drawn = filled[:, :, :rows]
        if progress is not None:
            progress(min(_WHOLE, spent / seconds))
    return Race(
        image=image[0].numpy(),
        fast_seconds=statistics.median(fast),
        naive_seconds=spent,
        naive_rows=rows,
        equal=torch.equal(drawn, image[:, :, :rows]),
    )
