"""The machine's memory, and the peak memory of this process."""

from __future__ import annotations

import os
import sys

import torch


def most_memory_mb(device: torch.device) -> float | None:
    """The peak memory of this process, in millions of bytes.

    For a CUDA device, that of the card; None if unknown.
    """
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 1e6)
    try:
        import resource
    except ImportError:  # Windows
        return None
    # In kibibytes on Linux, in bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


def main_memory_bytes() -> int | None:
    """The main memory of this machine; None if unknown."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return None
