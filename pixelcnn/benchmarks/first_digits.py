"""How long a new Python process takes until it has its first digits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pixelcnn.errors import LabError

_SCRIPT = """
import json, sys, time
start = time.perf_counter()
import torch, pixelcnn
imported = time.perf_counter()
model, _ = pixelcnn.load_checkpoint(sys.argv[1])
loaded = time.perf_counter()
n = int(sys.argv[2])
classes = model.config.classes
pixelcnn.sample(model, n, labels=torch.arange(n) % classes if classes else None, seed=0)
print(json.dumps([imported - start, loaded - imported, time.perf_counter() - loaded]))
"""


@dataclass(frozen=True)
class FirstDigits:
    """Seconds of a new process; medians over the rounds.

    Attributes:
        tree: folder of the library that was used.
        model: the checkpoint.
        cold: with nothing compiled before on this machine.
        imported: for `import torch, pixelcnn`.
        loaded: for the checkpoint.
        sampled: for the images.
    """

    tree: str
    model: str
    cold: bool
    imported: float
    loaded: float
    sampled: float


def time_first_digits(
    checkpoint: Path, trees: Sequence[Path], *, images: int, rounds: int, cold: bool
) -> list[FirstDigits]:
    """Time new processes of one or more versions of this library, one after the other.

    Args:
        checkpoint: file of the model.
        trees: folders that have `pixelcnn` in them.
        images: to draw.
        rounds: processes of each; medians are given.
        cold: give every process an empty folder for what numba compiles. Otherwise it may use
            what an earlier one has compiled, and an uncounted first process does that.

    Raises:
        LabError: a process failed.
    """
    seconds: dict[Path, list[list[float]]] = {tree: [] for tree in trees}
    for number in range(rounds if cold else rounds + 1):
        for tree in trees:
            with tempfile.TemporaryDirectory() as empty:
                more = {"NUMBA_CACHE_DIR": empty} if cold else {}
                parts = _in_a_new_process(checkpoint, tree, images, more)
            if cold or number > 0:
                seconds[tree].append(parts)
    return [
        FirstDigits(
            str(tree), checkpoint.stem, cold, *(median(part) for part in zip(*parts, strict=True))
        )
        for tree, parts in seconds.items()
    ]


def _in_a_new_process(
    checkpoint: Path, tree: Path, images: int, more: dict[str, str]
) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(checkpoint.resolve()), str(images)],
        cwd=tree,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise LabError(f"{tree} cannot draw from {checkpoint.name}: {done.stderr[-600:]}")
    parts: list[float] = json.loads(done.stdout)
    return parts
