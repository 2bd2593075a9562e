"""Chooses the device, the precision and the number of threads."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from pixelcnn.errors import ConfigError


def choose_device(requested: str = "auto") -> torch.device:
    """The device to train on: CUDA if available, else MPS, else the CPU.

    Raises:
        ConfigError: the requested device is not available.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if requested == "auto":
        return torch.device(next(name for name, present in available.items() if present))
    if not available.get(requested.split(":")[0], False):
        present_names = ", ".join(repr(name) for name, present in available.items() if present)
        raise ConfigError(
            f"device = {requested!r} is not available here; use 'auto' or {present_names}."
        )
    return torch.device(requested)


def choose_precision(requested: str, device: torch.device) -> torch.dtype:
    """The dtype of convolutions: `torch.bfloat16` only if that is faster.

    Weights, losses and the optimizer's state stay in float32 either way.
    """
    if requested != "auto":
        return torch.bfloat16 if requested == "bfloat16" else torch.float32
    if device.type == "cuda":
        pays = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        pays = device.type == "cpu" and _bfloat16_is_faster()
    return torch.bfloat16 if pays else torch.float32


def _bfloat16_is_faster(size: int = 256, repeats: int = 6) -> bool:
    """Whether a small matrix product is faster in bfloat16 on this processor (takes about 10 ms).

    It has to be measured: a processor that only emulates bfloat16 reports support, but is seven to
    ten times slower than in float32.
    """
    matrices = [torch.ones(size, size, dtype=dtype) for dtype in (torch.float32, torch.bfloat16)]
    fastest = [float("inf"), float("inf")]
    # Alternating, so that a busy phase affects both. The first products also compile kernels.
    for _ in range(1 + repeats):
        for index, matrix in enumerate(matrices):
            start = time.perf_counter()
            matrix @ matrix
            fastest[index] = min(fastest[index], time.perf_counter() - start)
    return fastest[1] < 0.9 * fastest[0]


def usable_cores() -> int:
    """The cores that this process may use (in a container, fewer than the machine's)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread, for products too small to share: a second thread would mostly wait."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
