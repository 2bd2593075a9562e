"""Describes the machine of a timing, without identifying it."""

from __future__ import annotations

import platform
from pathlib import Path

import torch


def describe_hardware(device: str = "cpu") -> str:
    """Such as `AMD EPYC 7763` or `NVIDIA H100`; `device` may have details after its name."""
    if device.startswith("cuda") and torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return "Apple GPU" if device.startswith("mps") else _processor()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
