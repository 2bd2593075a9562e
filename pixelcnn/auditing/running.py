"""Calls somebody's network the way it wants to be called, and takes apart what comes out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pixelcnn.auditing.inputs import Extra, InputForm
from pixelcnn.auditing.state import Borrowed, seed_everything

Guard = Callable[[], AbstractContextManager[Any]]
_DEEPEST = 6
_SEED = 0


@dataclass(frozen=True, eq=False)
class Runner:
    """A network with all that is needed to call it.

    Attributes:
        network: a module, or a function of arrays.
        borrowed: its numbers, put back before each call.
        form: how an image is given.
        extra: what is given besides.
        dtype: in which numbers it computes.
        arrays: it is given NumPy arrays.
        single: it takes one image at a time.
        guard: what its code runs in.
    """

    network: Any
    borrowed: Borrowed
    form: InputForm
    extra: Extra
    dtype: torch.dtype
    arrays: bool = False
    guard: Guard = nullcontext
    single: bool = False

    def __call__(self, fractions: Tensor, *, fresh: bool = True, seed: int = _SEED) -> list[Tensor]:
        """What it makes of images `(B, C, H, W)`, from 0 to 1: all tensors, batch first.

        Args:
            fractions: the images.
            fresh: put its state back first.
            seed: of random numbers that it draws.
        """
        made = self.call(self.form.make(fractions, self.dtype), fresh=fresh, seed=seed)
        return tensors(made, len(fractions), fractions[0, 0].numel())

    def call(self, image: Tensor, *, fresh: bool = True, seed: int = _SEED) -> Any:
        """What it returns for an input as it wants it."""
        if fresh:
            self.borrowed.reset()
        seed_everything(seed)
        if not self.single:
            return self._called(image)
        pixels = image[0].numel()
        each = [tensors(self._called(one), 1, pixels) for one in image.split(1)]
        return [torch.cat(parts) for parts in zip(*each, strict=True)]

    def resized(self, area: tuple[int, int]) -> Runner:
        """For images of other rows and columns."""
        return dataclasses.replace(self, extra=dataclasses.replace(self.extra, area=area))

    def _called(self, image: Tensor) -> Any:
        given: list[Any] = [image, *self.extra.make(len(image), self.dtype)]
        if self.arrays:
            given = [_as_array(one, self.dtype) for one in given]
        before = torch.get_default_dtype()
        torch.set_default_dtype(self.dtype)
        try:
            with torch.no_grad(), self.guard():
                return self.network(*given)
        finally:
            torch.set_default_dtype(before)


def tensors(made: Any, images: int, pixels: int) -> list[Tensor]:
    """All tensors in what a network returned: lists, dictionaries, distributions, data classes.

    One that has all pixels of all images in a line, or its pixels before its images, is viewed with
    the images first.
    """
    found: list[Tensor] = []
    seen: set[int] = set()
    for tensor in _inside(made, 0):
        if id(tensor) not in seen and tensor.dim() > 0:
            seen.add(id(tensor))
            found.append(_images_first(tensor.detach(), images, pixels))
    return found


def _images_first(tensor: Tensor, images: int, pixels: int) -> Tensor:
    if tensor.shape[0] == images:
        return tensor
    if tensor.shape[0] == images * pixels and tensor.is_contiguous():
        return tensor.view(images, pixels, *tensor.shape[1:])
    if tensor.dim() > 1 and tensor.shape[0] == pixels and tensor.shape[1] == images:
        return tensor.transpose(0, 1)
    return tensor


def _inside(value: Any, depth: int) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif depth > _DEEPEST or value is None or isinstance(value, str | bytes | int | float | type):
        return
    elif isinstance(value, list | tuple | set):
        for one in value:
            yield from _inside(one, depth + 1)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _inside(one, depth + 1)
    elif isinstance(value, np.ndarray) or (
        hasattr(value, "__array__") and not hasattr(value, "forward")
    ):
        array = np.asarray(value)
        if array.dtype.kind in "fiub":
            yield torch.from_numpy(np.array(array))
    elif dataclasses.is_dataclass(value):
        for part in dataclasses.fields(value):
            yield from _inside(getattr(value, part.name), depth + 1)
    elif not isinstance(value, nn.Module) and hasattr(value, "__dict__"):
        for one in list(vars(value).values()):
            yield from _inside(one, depth + 1)


def _as_array(tensor: Tensor, dtype: torch.dtype) -> np.ndarray[Any, Any]:
    array = tensor.numpy().copy()
    return array if array.dtype.kind != "f" or dtype == torch.float64 else array.astype(np.float32)
