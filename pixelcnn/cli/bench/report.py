"""Shared by all benchmarks: CPU cores, and the report as JSON."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pixelcnn.system.checks import check_whole

if TYPE_CHECKING:
    from pixelcnn.benchmarks.architectures import ArchitectureResult
    from pixelcnn.benchmarks.timing import SamplingTiming, TrainingTiming


@contextmanager
def use_cores(cores: int | None) -> Iterator[None]:
    """Limit PyTorch, and if the system allows it the whole process, to this many cores; None: all.

    The engines have threads of their own, one for each core that the process may use.

    Raises:
        ConfigError: fewer than 1.
    """
    import torch

    if cores is None:
        yield
        return
    check_whole("--threads", cores, 1)
    threads = torch.get_num_threads()
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else set()
    torch.set_num_threads(cores)
    if usable:
        os.sched_setaffinity(0, sorted(usable)[:cores])
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        if usable:
            os.sched_setaffinity(0, usable)


class OnSomeCores(ABC):
    """A benchmark that keeps to so many cores as it is told."""

    threads: int | None

    def run(self) -> int:
        """Measure, print and write; returns the exit status."""
        with use_cores(self.threads):
            return self.measure()

    @abstractmethod
    def measure(self) -> int:
        """The work itself."""


def report(
    device: str, timings: Sequence[SamplingTiming | TrainingTiming | ArchitectureResult]
) -> dict[str, Any]:
    """The figures and the machine, JSON-able: NaN becomes null."""
    import torch

    from pixelcnn.system.hardware import describe_hardware

    return {
        "hardware": describe_hardware(device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "timings": [_without_nan(asdict(timing)) for timing in timings],
    }


def _without_nan(row: dict[str, Any]) -> dict[str, Any]:
    # Only NaN differs from itself, and JSON does not allow it.
    return {key: None if value != value else value for key, value in row.items()}
