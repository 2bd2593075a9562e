"""Changes one sub-pixel at a time and looks which outputs move.

A dependence that is found this way is there. One that is not may hide behind a weight of 0 or a
unit that is shut, so it is tried with several images and several weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.auditing.running import Runner
from pixelcnn.errors import LabError

BoolArray = NDArray[np.bool_]

_ROUNDING = {torch.float64: 1e-12, torch.float32: 2e-6}
_ABOVE_NOISE = 10.0


class NotRepeatableError(LabError):
    """The outputs change although the image does not."""


@dataclass(frozen=True, eq=False)
class Repeats:
    """What two calls with the same images have shown.

    Attributes:
        noise: for each output, how far each number moved by itself, `(B, ...)`; None if not at all.
        rounding: of a number, relative to its size, in the precision that is computed in.
        within: compare images of one call, since two calls never agree.
    """

    noise: tuple[Tensor | None, ...]
    rounding: float
    within: bool = False


def repeat(
    runner: Runner, images: Tensor, heads: Sequence[int], first: Sequence[Tensor]
) -> Repeats:
    """Give the same images once more.

    Args:
        runner: the network.
        images: `(B, C, H, W)`.
        heads: which of the tensors that come out are looked at.
        first: what came out the first time.

    Raises:
        NotRepeatableError: neither two calls nor two images of one call agree.
    """
    single = runner.dtype != torch.float64 or any(one.dtype != torch.float64 for one in first)
    rounding = _ROUNDING[torch.float32 if single else torch.float64]
    once, again = [one.double() for one in first], _heads(runner(images), heads)
    noise = [_apart(a, b) for a, b in zip(once, again, strict=True)]
    if not any(bool((one > 0).any()) for one in noise):
        return Repeats(tuple(None for _ in noise), rounding)
    calm = all(
        bool((one <= 1e-3 * _size(a)).double().mean() > 0.5)
        for one, a in zip(noise, once, strict=True)
    )
    if calm:
        return Repeats(tuple(noise), rounding)
    same = images[:1].expand(4, *images.shape[1:]).contiguous()
    for made in (_heads(runner(same), heads) for _ in range(2)):
        for head in made:
            if bool((_apart(head[:1], head) > rounding * _size(head)).any()):
                raise NotRepeatableError("it answers the same image differently each time")
    return Repeats(tuple(None for _ in noise), rounding, within=True)


def moved(
    runner: Runner,
    image: Tensor,
    other: Tensor,
    places: Sequence[int],
    heads: Sequence[int],
    repeats: Repeats,
    batch: int,
) -> Iterator[tuple[NDArray[np.int64], list[BoolArray]]]:
    """Which outputs move when `image` becomes `other` in one place.

    Every call has the same number of images, in the same slots: an output that is computed from the
    same numbers is then the same to the last bit.

    Args:
        runner: the network.
        image: fractions `(1, C, H, W)`.
        other: the same with another value everywhere.
        places: sub-pixels to change, counted through `(C, H, W)`.
        heads: which of the tensors that come out are looked at.
        repeats: what moves by itself.
        batch: images of one call.

    Yields:
        Some of the places, and for each head bool `(places, ...)`.
    """
    chosen = np.asarray(places, np.int64)
    if repeats.within:
        batch = max(batch, 2)
    base = image.expand(batch, *image.shape[1:]).contiguous()
    before = None if repeats.within else _heads(runner(base), heads)
    size = batch - 1 if repeats.within else batch
    for start in range(0, len(chosen), size):
        some = chosen[start : start + size]
        changed = base.clone()
        slots = torch.arange(len(some)) + int(repeats.within)
        changed.flatten(1)[slots, torch.from_numpy(some)] = other.flatten()[torch.from_numpy(some)]
        after = _heads(runner(changed), heads)
        found = []
        for index, made in enumerate(after):
            if before is None:
                first, rest = made[:1], made[1 : 1 + len(some)]
                noise = None
            else:
                first, rest = before[index][: len(some)], made[: len(some)]
                held = repeats.noise[index]
                noise = _widest(held)
            found.append(_differs(first, rest, noise, repeats.rounding).numpy())
        yield some, found


def mixes(
    runner: Runner, image: Tensor, other: Tensor, heads: Sequence[int], repeats: Repeats
) -> bool:
    """Whether what comes out for an image depends on the others of its batch."""
    if repeats.within:
        return False
    beside_itself = _heads(runner(torch.cat([image, image])), heads)
    beside_another = _heads(runner(torch.cat([image, other])), heads)
    return any(
        bool(_differs(a[:1], b[:1], _widest(n), repeats.rounding).any())
        for a, b, n in zip(beside_itself, beside_another, repeats.noise, strict=True)
    )


def finite(made: Sequence[Tensor]) -> bool:
    """Whether there is any number at all to be compared."""
    return any(bool(one.isfinite().any()) for one in made)


def _heads(made: list[Tensor], heads: Sequence[int]) -> list[Tensor]:
    return [made[index].double() for index in heads]


def _differs(before: Tensor, after: Tensor, noise: Tensor | None, rounding: float) -> Tensor:
    """By each number's own size: one huge output hides nothing of the others."""
    apart = _apart(before, after)
    size = torch.maximum(_finite_size(before), _finite_size(after))
    limit = rounding * size
    if noise is not None:
        limit = limit + _ABOVE_NOISE * noise
    return apart > limit


def _apart(a: Tensor, b: Tensor) -> Tensor:
    """How far apart, with infinities and what is no number equal to themselves."""
    difference = (a - b).abs()
    same = (a == b) | (a.isnan() & b.isnan())
    return torch.where(same, torch.zeros_like(difference), difference.nan_to_num(nan=torch.inf))


def _finite_size(a: Tensor) -> Tensor:
    return torch.where(a.isfinite(), a.abs(), torch.zeros_like(a))


def _size(a: Tensor) -> Tensor:
    return _finite_size(a).amax()


def _widest(noise: Tensor | None) -> Tensor | None:
    return None if noise is None else noise.amax(dim=0, keepdim=True)
