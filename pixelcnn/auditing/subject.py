"""A network under audit: which weights it has at the moment, and what two ways of looking show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.auditing.cells import any_along
from pixelcnn.auditing.fitting import Fit
from pixelcnn.auditing.layouts import Layout, layouts
from pixelcnn.auditing.orders import Order
from pixelcnn.auditing.probing import Repeats, finite, moved
from pixelcnn.auditing.reading import Relations, finished, relation_of
from pixelcnn.auditing.running import tensors
from pixelcnn.auditing.shaking import Weights, shake
from pixelcnn.auditing.steps import Lens, Progress
from pixelcnn.auditing.tracing import Trace, run
from pixelcnn.causality.reach import BoolArray

Shape = tuple[int, int, int]

_TRIALS = (
    (Weights.OWN, 2),
    (Weights.OWN, 256),
    (Weights.SHAKEN, 256),
    (Weights.DRAWN, 2),
    (Weights.OPEN, 256),
)
_FLOATS_AT_ONCE = 1 << 25  # of all that the operations make: 256 MB
_LARGEST_BATCH = 32


class Subject:
    """A network that can be called, with its own weights or others.

    Args:
        fitted: how it is called.
        levels: values that a sub-pixel can take, if that is known.
        progress: told what is done and the share of it, 0 to 1.
    """

    def __init__(
        self, fitted: Fit, levels: int | None = None, progress: Progress | None = None
    ) -> None:
        self.runner, self.shape = fitted.runner, fitted.shape
        self.readings = list(fitted.heads.values())
        self.heads = list(fitted.heads)
        self._levels, self._progress = levels, progress or _silent
        self._own = [weight.data.clone() for weight in self.runner.borrowed.weights]
        self.floats = 1 << 20

    @property
    def batch(self) -> int:
        """Images of one call, so that they fit into memory."""
        return int(np.clip(_FLOATS_AT_ONCE // max(1, self.floats), 1, _LARGEST_BATCH))

    def use(self, kind: Weights, seed: int = 1) -> None:
        """Give the network one kind of weights, and the state that it came with."""
        self.runner.borrowed.reset()
        for weight, data in zip(self.runner.borrowed.weights, self._own, strict=True):
            weight.data = data.clone()
        shake(self.runner.borrowed.weights, kind, seed)
        self.runner.borrowed.save()

    def images(self, levels: int, seed: int) -> tuple[Tensor, Tensor]:
        """A random image of fractions `(1, C, H, W)`, and one with another level everywhere."""
        form = self.runner.form
        if form.values in ("levels", "one-hot"):
            levels = form.levels
        elif self._levels is not None:
            levels = self._levels
        generator = torch.Generator().manual_seed(seed)
        choice = torch.randint(levels, (1, *self.shape), generator=generator)
        step = torch.randint(1, max(2, levels), (1, *self.shape), generator=generator)
        top = max(1, levels - 1)
        return choice.double() / top, ((choice + step) % levels).double() / top

    def outputs(self, fractions: Tensor, *, fresh: bool = True, seed: int = 0) -> list[Tensor]:
        """The outputs that are looked at, for images `(B, C, H, W)`."""
        made = self.runner(fractions, fresh=fresh, seed=seed)
        return [made[index] for index in self.heads]

    # ------------------------------------------------------------ by trying

    def tried(self, repeats: Repeats, batch: int) -> list[Relations]:
        """Each output's relation, found by changing every sub-pixel on its own."""
        total = int(np.prod(self.shape))
        found = self._nothing()
        for trial, (kind, levels) in enumerate(_TRIALS):
            self.use(kind, trial)
            image, other = self.images(levels, trial)
            if not finite(self.outputs(torch.cat([image, other]))):
                continue
            for done in self._add(found, image, other, range(total), repeats, batch):
                share = (trial + done / total) / len(_TRIALS)
                self._progress("changing one sub-pixel at a time", share)
        return _finished(found)

    def moved_by(
        self, kind: Weights, places: Sequence[int], repeats: Repeats, seed: int
    ) -> list[Relations]:
        """The same for a few sub-pixels, with one kind of weights."""
        self.use(kind, seed + 1)
        image, other = self.images(256, seed)
        found = self._nothing()
        batch = min(self.batch, len(places) + 1)
        for _ in self._add(found, image, other, places, repeats, max(batch, 2)):
            pass
        return _finished(found)

    def _nothing(self) -> list[dict[Layout, BoolArray]]:
        return [
            {
                layout: np.zeros(
                    (1 if layout.whole else self.shape[0], *self.shape[1:], *self.shape), bool
                )
                for layout in readings
            }
            for readings in self.readings
        ]

    def _add(
        self,
        found: list[dict[Layout, BoolArray]],
        image: Tensor,
        other: Tensor,
        places: Sequence[int],
        repeats: Repeats,
        batch: int,
    ) -> Iterator[int]:
        done = 0
        for some, which in moved(self.runner, image, other, places, self.heads, repeats, batch):
            for per_layout, one in zip(found, which, strict=True):
                for layout, relation in per_layout.items():
                    arranged = any_along(layout.arrange(one), 1)  # (places, C or 1, H, W)
                    flat = relation.reshape(*relation.shape[:3], -1)
                    flat[..., some] |= np.moveaxis(arranged, 0, -1)
            done += len(some)
            yield done

    # ------------------------------------------------------------ by following

    def followed(
        self,
        order: Order | None = None,
        lens: Lens | None = None,
        shape: Shape | None = None,
    ) -> tuple[Trace, list[Relations], bool] | None:
        """A trace, each output's relation, and whether images of a batch influence each other.

        Args:
            order: keep the places, in this order.
            lens: what to leave out.
            shape: of another image than that of the audit.

        Returns:
            None where the network cannot be watched.
        """
        if self.runner.arrays:
            return None
        shape = shape or self.shape
        self.use(Weights.DRAWN)
        generator = torch.Generator().manual_seed(7)
        fractions = torch.rand(2, *shape, generator=generator, dtype=torch.float64)
        form = self.runner.form
        image = form.make(fractions * 0.98 + 0.01, self.runner.dtype)
        raster = np.arange(shape[1] * shape[2]).reshape(shape[1:])
        try:
            out, trace = run(
                self.runner.network,
                self.runner.resized(shape[1:]).call,
                image,
                form.ids,
                raster if order is None else order,
                shape[0],
                located=order is not None,
                lens=lens,
                progress=self._progress,
            )
            made = tensors(out, len(image), shape[1] * shape[2])
            chosen = [made[index] for index in self.heads]
        except Exception:  # whatever stands in the way of watching, there is another way
            return None
        if order is None:
            self.floats = trace.floats
        heads: list[Relations] = []
        crossed = False
        for tensor, readings in zip(chosen, self.readings, strict=True):
            ids = trace.ids(tensor)
            crossed = crossed or bool(ids[1:].any())
            fitting = readings if shape == self.shape else _resized(readings, tensor, shape)
            if not fitting:
                return None
            heads.append(
                {
                    old: relation_of(trace.cells, ids[0], new, shape)
                    for old, new in zip(readings, fitting, strict=True)
                }
            )
        return trace, heads, crossed


def _resized(readings: Sequence[Layout], tensor: Tensor, shape: Shape) -> list[Layout]:
    """The same ways to read an output, for an image of another size."""
    found = []
    for layout in readings:
        same = [
            one
            for one in layouts(tuple(tensor.shape[1:]), shape, layout.pattern)
            if (one.before, one.after) == (layout.before, layout.after)
        ]
        if not same:
            return []
        found.append(same[0])
    return found


def _finished(found: list[dict[Layout, BoolArray]]) -> list[Relations]:
    return [
        {layout: finished(relation, layout) for layout, relation in one.items()} for one in found
    ]


def _silent(_: str, __: float) -> None:
    """Tell nobody."""


def spread(total: int, most: int) -> NDArray[np.int64]:
    """Numbers from 0 to `total` - 1, evenly spread, at most so many."""
    return np.unique(np.linspace(0, total - 1, min(most, total)).astype(np.int64))
