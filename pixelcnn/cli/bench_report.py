"""What all benchmarks have in common."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pixelcnn.errors import ConfigError

if TYPE_CHECKING:
    from pixelcnn.bench_architectures import ArchitectureResult
    from pixelcnn.benchmark import SamplingTiming, TrainingTiming


def use_threads(threads: int | None) -> None:
    """Let PyTorch use that many CPU threads; None leaves its number alone.

    Raises:
        ConfigError: fewer than 1.
    """
    import torch

    if threads is None:
        return
    if threads < 1:
        raise ConfigError(f"--threads {threads} is too few; give at least 1.")
    torch.set_num_threads(threads)


def report(
    device: str, timings: Sequence[SamplingTiming | TrainingTiming | ArchitectureResult]
) -> dict[str, Any]:
    """The figures and what they were measured on, JSON-able: what is not a number is null."""
    import torch

    from pixelcnn.cli.hardware import describe_hardware

    return {
        "hardware": describe_hardware(device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "timings": [_without_nan(asdict(timing)) for timing in timings],
    }


def _without_nan(row: dict[str, Any]) -> dict[str, Any]:
    # Only NaN differs from itself, and JSON does not know it.
    return {key: None if value != value else value for key, value in row.items()}
