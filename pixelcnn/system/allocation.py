"""A limit on what a model may allocate while it is built."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class AllocationLimit(TorchFunctionMode):
    """Stops the construction of a model that is too large.

    Options such as 1024 channels and 256 blocks are valid one by one, but together exceed a
    machine's memory. All weights and masks are allocated by one of these functions.

    Args:
        elements: number of elements that may be allocated.
        error: raised instead of allocating more.
        calls: number of allocations; None for no limit.
    """

    _FACTORIES = (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn)

    def __init__(self, elements: int, error: Exception, *, calls: int | None = None) -> None:
        super().__init__()
        self._left = elements
        self._calls_left = math.inf if calls is None else calls
        self._error = error

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func in self._FACTORIES:
            size = args[0] if args and not isinstance(args[0], int) else args
            self._left -= math.prod(size)
            self._calls_left -= 1
            if self._left < 0 or self._calls_left < 0:
                raise self._error
        return func(*args, **(kwargs or {}))
