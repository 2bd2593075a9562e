"""Runs commands in this process, and a short training."""

from __future__ import annotations

import shlex
from pathlib import Path

from pixelcnn.cli import main

TRAIN = "train --data digits8x8 --preset tiny --set hidden_channels=8 blocks=1 --threads 1"
SHORT = "--evaluate-every 10 --sample-every 0 --held-out 50 --precision float32"


def run(command: str, *paths: Path) -> int:
    """Run a command in this process; `{}` is replaced by a path."""
    return main(shlex.split(command.format(*(shlex.quote(str(path)) for path in paths))))


def trained(folder: Path) -> Path:
    """A conditional model for 8 x 8 digits, trained by the command."""
    path = folder / "digits.safetensors"
    assert run(f"{TRAIN} {SHORT} --conditional --steps 20 --output {{}}", path) == 0
    return path
