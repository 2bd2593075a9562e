"""How much memory there is, and how much a process has needed."""

from __future__ import annotations

import os
import sys

import torch


def most_memory_mb(device: torch.device) -> float | None:
    """The most memory that this process has used so far, in millions of bytes.

    On a CUDA card it is that of the card, else main memory; None where the system does not tell.
    """
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 1e6)
    try:
        import resource
    except ImportError:  # Windows
        return None
    # Linux counts in kibibytes, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


def main_memory_bytes() -> int | None:
    """The main memory of this machine; None where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return None
