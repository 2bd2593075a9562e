"""A limit to what a model may allocate while it is built."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class AllocationLimit(TorchFunctionMode):
    """Stops a model from being built that is larger than there is room for.

    Options such as 1024 channels and 256 blocks are valid one by one, and together ask for more
    than a machine has. Each weight is born in one of these functions, along with its mask.

    Args:
        elements: how many numbers may be allocated.
        error: raised instead of allocating more.
    """

    _FACTORIES = (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn)

    def __init__(self, elements: int, error: Exception) -> None:
        super().__init__()
        self._left = elements
        self._error = error

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func in self._FACTORIES:
            size = args[0] if args and not isinstance(args[0], int) else args
            self._left -= math.prod(size)
            if self._left < 0:
                raise self._error
        return func(*args, **(kwargs or {}))
