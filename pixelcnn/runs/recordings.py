"""Finished runs that are shipped, so that there is something to see before the first click.

A recording is a run's directory without its weights (except early snapshots, where wanted), so
whatever shows a run shows a recording too.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pixelcnn.errors import RunError
from pixelcnn.runs.directory import Run
from pixelcnn.system.atomic_files import to_json
from pixelcnn.system.shipped import CHECKPOINTS

RECORDED = CHECKPOINTS / "recorded"

_ROWS = 150
_AVERAGED = ("nats", "bits_per_dim", "gradient_norm")


def recorded_run(name: str, folder: Path = RECORDED) -> Run:
    """The recording of this name.

    Raises:
        RunError: it is missing.
    """
    run = Run(folder / name)
    if not (run.path / "config.json").is_file():
        raise RunError(f"There is no recording {name!r}. Get the complete project again.")
    return run


def record_run(
    run: Run, name: str, folder: Path = RECORDED, *, with_snapshots: bool = False
) -> Run:
    """Record a finished run, replacing the recording of the same name.

    Rows of steps are averaged to about 150, enough for a curve.

    Args:
        run: to copy.
        name: of the recording.
        folder: of all recordings.
        with_snapshots: also copy its weight snapshots and the last weights.

    Raises:
        RunError: the run is not finished.
    """
    if run.status().state != "finished":
        raise RunError(f"Run {run.id} is not finished yet, so it cannot be recorded.")
    copy = Run(folder / name)
    shutil.rmtree(copy.path, ignore_errors=True)
    shutil.copytree(run.path / "samples", copy.path / "samples")
    shutil.copy(run.path / "config.json", copy.path)
    shutil.copy(run.path / "status.json", copy.path)
    if with_snapshots:
        shutil.copytree(run.path / "moments", copy.path / "moments")
        shutil.copy(run.checkpoint("last"), copy.path)
    rows = _thinned(run.metrics())
    (copy.path / "metrics.jsonl").write_bytes(b"".join(to_json(row) for row in rows))
    return copy


def _thinned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    steps = [row for row in rows if row["event"] == "step"]
    size = max(1, -(-len(steps) // _ROWS))
    merged = [_mean(steps[at : at + size]) for at in range(0, len(steps), size)]
    others = [row for row in rows if row["event"] != "step"]
    return sorted([*merged, *others], key=lambda row: (row["step"], row["event"] != "step"))


def _mean(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The mean of several rows, weighted by the steps of each."""
    total = sum(row["steps"] for row in rows)
    means = {name: sum(row[name] * row["steps"] for row in rows) / total for name in _AVERAGED}
    return rows[-1] | {name: round(mean, 5) for name, mean in means.items()} | {"steps": total}
