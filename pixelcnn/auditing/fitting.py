"""Finds out how a network wants to be called, by trying."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from pixelcnn.auditing.inputs import (
    InputForm,
    Values,
    extras,
    first_channels,
    forms,
    likely_channels,
    likely_levels,
    reach_of_kernels,
)
from pixelcnn.auditing.layouts import Layout, layouts
from pixelcnn.auditing.running import Guard, Runner, tensors
from pixelcnn.auditing.state import Borrowed, modules_of
from pixelcnn.errors import ConfigError

_USUAL = 12
_LARGEST_CHOSEN = 64
_OTHER_SIZES = (28, 32, 16, 8, 64, 24)
_PATIENCE_S = 30.0
_IMAGES = 2
_LEAST = 3


@dataclass(frozen=True)
class Wanted:
    """What is known of a network beforehand; None is to be found out.

    Attributes:
        size: rows and columns of the images.
        channels: of the images.
        levels: values that a sub-pixel can take.
        values: how levels are given.
        axes: of the input, such as `H W C`.
        layout: axes of the output, such as `(C P) H W`.
        labels: classes, of a network that is given a label.
        condition: numbers of the vector that a network is conditioned on.
    """

    size: tuple[int, int] | None = None
    channels: int | None = None
    levels: int | None = None
    values: Values | None = None
    axes: str | None = None
    layout: str | None = None
    labels: int | None = None
    condition: int | None = None


@dataclass(frozen=True, eq=False)
class Fit:
    """A way to call a network that works.

    Attributes:
        runner: calls it.
        shape: channels, height and width of the images.
        heads: which of the tensors that come out are for the pixels, and how each can be read.
        left_out: shapes of the other tensors.
    """

    runner: Runner
    shape: tuple[int, int, int]
    heads: dict[int, list[Layout]]
    left_out: tuple[tuple[int, ...], ...]


class CannotRunError(ConfigError):
    """No way to call the network has worked; `cause` is what the likeliest one came to."""

    def __init__(self, message: str, cause: Exception | None) -> None:
        super().__init__(message)
        self.cause = cause


@dataclass
class _Failures:
    likeliest: Exception | None = None
    shapes: list[str] = field(default_factory=list)


def fit(
    network: Any,
    wanted: Wanted,
    borrow: Callable[[Any], Borrowed],
    *,
    make: Callable[[], Any] | None = None,
    guard: Guard = nullcontext,
) -> Fit:
    """The first way to call a network that gives numbers for each pixel.

    Args:
        network: a module, or a function of arrays.
        wanted: what is known.
        borrow: takes over the numbers of the network, or of one that is made anew.
        make: makes the network anew, for those that shape themselves by their first input.
        guard: what its code runs in.

    Raises:
        CannotRunError: nothing has worked.
    """
    modules = modules_of(network)
    failures = _Failures()
    for single in (False, True):  # one image at a time, for those that take no batch
        tries = _Attempts(network, modules, wanted)
        found = _first_that_runs(network, tries, wanted, borrow, make, guard, single, failures)
        if found is not None:
            return found
        if failures.shapes:
            break
    raise _explained(failures, wanted)


def _first_that_runs(
    network: Any,
    tries: _Attempts,
    wanted: Wanted,
    borrow: Callable[[Any], Borrowed],
    make: Callable[[], Any] | None,
    guard: Guard,
    single: bool,
    failures: _Failures,
) -> Fit | None:
    shapeless = make is not None and _is_lazy(modules_of(network))
    borrowed = borrow(network)
    until = time.process_time() + _PATIENCE_S
    precision: torch.dtype | None = None
    for size, channels, extra, form, dtype, arrays in tries:
        if time.process_time() > until:
            break
        if shapeless:
            assert make is not None
            network = make()
            borrowed = borrow(network)
            precision = None
        if dtype is not precision:
            borrowed.convert(dtype)
            precision = dtype
        runner = Runner(network, borrowed, form, extra, dtype, arrays, guard, single).resized(size)
        shape = (channels, *size)
        generator = torch.Generator().manual_seed(0)
        image = torch.randint(2, (_IMAGES, *shape), generator=generator).double()
        try:
            returned = runner.call(form.make(image, dtype))
            made = tensors(returned, _IMAGES, size[0] * size[1])
        except (Exception, SystemExit) as error:
            tries.learn(str(error))
            if failures.likeliest is None or _is_told(error, failures.likeliest):
                failures.likeliest = error if isinstance(error, Exception) else None
            continue
        heads, left_out = _heads(made, shape, wanted.layout)
        if heads:
            if shapeless:
                borrowed.save()
            else:
                borrowed.reset()
            return Fit(runner, shape, heads, left_out)
        if not single:
            failures.shapes.append(
                f"it makes {', '.join(str(tuple(one.shape)) for one in made) or 'nothing'} of an "
                f"input {tuple(form.make(image, dtype).shape)}"
            )
    return None


def image_size(modules: list[nn.Module]) -> tuple[int, int]:
    """Rows and columns that the widest kernel fits into, at least 12 and at most 64."""
    rows, columns = reach_of_kernels(modules)
    largest = max(_USUAL, rows + 2, columns + 2)
    return (min(largest, _LARGEST_CHOSEN), min(largest, _LARGEST_CHOSEN))


class _Attempts:
    """Ways to call a network, the likeliest first; sizes that its errors name are tried next."""

    def __init__(self, network: Any, modules: list[nn.Module], wanted: Wanted) -> None:
        self._wanted = wanted
        usual = image_size(modules)
        others = [(n, n) for n in _OTHER_SIZES if n != usual[0]]
        self._sizes = [wanted.size] if wanted.size else [usual, *others]
        self._colours = [wanted.channels] if wanted.channels else likely_channels(modules)
        self._levels = [wanted.levels] if wanted.levels else likely_levels(modules)
        self._extras = list(extras(network, modules, wanted.labels, wanted.condition))
        self._first = first_channels(modules)
        self._arrays = [False]
        if not modules:
            self._arrays = [False, True] if _knows_torch(network) else [True, False]

    def learn(self, error: str) -> None:
        """Sizes that an error speaks of, as sides or as numbers of pixels."""
        if self._wanted.size:
            return
        for number in map(int, re.findall(r"\d+", error)):
            sides = {number, math.isqrt(number) if math.isqrt(number) ** 2 == number else number}
            for side in sorted(sides):
                size = (side, side)
                if _LEAST <= side <= _LARGEST_CHOSEN and size not in self._sizes:
                    self._sizes.append(size)
                if size in self._sizes:
                    self._named[size] = self._named.get(size, 0) + 1

    def __iter__(self) -> Iterator[Any]:
        self._named: dict[tuple[int, int], int] = {}
        done: set[tuple[int, int]] = set()
        single: list[Any] = []
        while left := [size for size in self._sizes if size not in done]:
            size = max(left, key=lambda one: self._named.get(one, 0))
            if not done:
                size = left[0]
            done.add(size)
            for extra in self._extras:
                for channels in self._colours:
                    for form in self._forms(channels):
                        for arrays in self._arrays:
                            yield size, channels, extra, form, torch.float64, arrays
                            single.append((size, channels, extra, form, torch.float32, arrays))
            if len(done) == 1:  # a network that insists on float32 mostly takes any size
                yield from single
                single = []
        yield from single

    def _forms(self, channels: int) -> list[InputForm]:
        one_hot = self._wanted.levels
        if one_hot is None and self._first and self._first > channels:
            one_hot = self._first // channels if self._first % channels == 0 else None
        found = []
        for levels in self._levels:
            found += forms(channels, levels, self._wanted.values, self._wanted.axes, one_hot)
        return list(dict.fromkeys(found))


def _is_lazy(modules: list[nn.Module]) -> bool:
    return any(
        isinstance(weight, UninitializedParameter | UninitializedBuffer)
        for module in modules
        for weight in (*module.parameters(), *module.buffers())
    )


def _knows_torch(network: Any) -> bool:
    known = getattr(network, "__globals__", None) or {}
    named = getattr(getattr(network, "__code__", None), "co_names", ())
    return any(
        getattr(known.get(name), "__name__", "").startswith("torch")
        or getattr(known.get(name), "__module__", "").startswith("torch")
        for name in named
        if isinstance(getattr(known.get(name), "__module__", ""), str | None)
    )


def _heads(
    made: list[Tensor], shape: tuple[int, int, int], wanted: str | None
) -> tuple[dict[int, list[Layout]], tuple[tuple[int, ...], ...]]:
    fitting: dict[int, list[Layout]] = {}
    for index, tensor in enumerate(made):
        if tensor.shape[0] == _IMAGES and not tensor.is_complex():
            found = layouts(tuple(tensor.shape[1:]), shape, wanted)
            if found:
                fitting[index] = found
    fractions = {index: one for index, one in fitting.items() if made[index].is_floating_point()}
    chosen = fractions or fitting
    left_out = tuple(tuple(one.shape) for index, one in enumerate(made) if index not in chosen)
    return chosen, left_out


def _is_told(error: BaseException, before: BaseException) -> bool:
    """Whether an error says more than one about the precision, the first to be tried."""
    words = ("dtype", "scalar type", "Double", "double")
    return any(word in str(before) for word in words) and not any(
        word in str(error) for word in words
    )


def _explained(failures: _Failures, wanted: Wanted) -> CannotRunError:
    if failures.shapes:
        least = failures.shapes[0]
        return CannotRunError(
            f"{least}, which has no numbers for each pixel. It must be (batch, numbers, rows, "
            "columns) or the like; name the axes with --layout, or the size of the images with "
            "--size.",
            None,
        )
    return CannotRunError("it cannot be run", failures.likeliest)
