"""Results of trainings, stored as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from pixelcnn.errors import RunError
from pixelcnn.experiments.definition import Experiment, fingerprint
from pixelcnn.system.atomic_files import atomic_write
from pixelcnn.system.shipped import CHECKPOINTS

COMMITTED = CHECKPOINTS / "experiments"
"""The shipped results of the complete runs, one file per experiment."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of one training.

    Attributes:
        variant: name of the variant.
        seed: of the initial weights and of the images' order.
        fingerprint: of the configuration; see `definition.fingerprint`.
        nats: mean negative log-likelihood of a held-out image.
        nats_stderr: standard error of that mean, from the spread between images.
        bits_per_dim: the same in bits per sub-pixel.
        per_pixel_nats: score of the per-pixel baseline, which knows the level frequencies of each
            pixel; see `metrics.bernoulli_baseline`.
        held_out: number of images scored.
        steps: of the optimiser.
        images: training images seen, repetitions counted.
        images_per_second: training speed, the median of the steps.
        seconds: of training and scoring.
        parameters: number of weights, without masked ones.
        seen_share: share of (sub-pixel, earlier sub-pixel) pairs that the network uses, 0 to 1.
        blind_share: share of these that it could not use at any depth: the blind spot.
        device: such as `cpu, bfloat16, 1 thread`.
        hardware: the processor's name.
        torch: PyTorch's version.
        date: as YYYY-MM-DD.
    """

    variant: str
    seed: int
    fingerprint: str
    nats: float
    nats_stderr: float
    bits_per_dim: float
    per_pixel_nats: float
    held_out: int
    steps: int
    images: int
    images_per_second: float
    seconds: float
    parameters: int
    seen_share: float
    blind_share: float
    device: str
    hardware: str
    torch: str
    date: str


def measured(experiment: Experiment, nats: float, per_pixel_nats: float) -> float:
    """The quantity that an experiment compares; lower is better. See `Experiment.measure`."""
    return nats if experiment.measure == "nats" else 100 * nats / per_pixel_nats


def read_results(path: Path, experiment: Experiment) -> list[Result]:
    """The results in a file that match the experiment as defined now; empty without a file.

    Raises:
        RunError: the file cannot be read.
    """
    known = {field.name for field in fields(Result)}
    try:
        rows = json.loads(path.read_bytes())["results"]
        results = [Result(**{key: row[key] for key in known}) for row in rows]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RunError(
            f"{path.name} holds no results that can be read ({error!r}); move it away and run the "
            "experiment again."
        ) from error
    return [result for result in results if _is_current(result, experiment)]


def committed(experiment: Experiment) -> list[Result]:
    """The shipped results; empty if there are none.

    Raises:
        RunError: their file cannot be read.
    """
    return read_results(COMMITTED / f"{experiment.name}.json", experiment)


def write_results(path: Path, experiment: Experiment, results: Iterable[Result]) -> None:
    """Write these results, and what is needed to repeat them, replacing the file.

    Raises:
        RunError: it cannot be written.
    """
    order = {variant.name: index for index, variant in enumerate(experiment.variants)}
    rows = sorted(results, key=lambda result: (result.seed, order[result.variant]))
    seeds = sorted({row.seed for row in rows})
    base = experiment.base
    content: dict[str, Any] = {
        "experiment": experiment.name,
        "question": experiment.question,
        "command": command(experiment, seeds=len(seeds)),
        "seeds": seeds,
        "data": {"name": base.data, **base.data_options},
        "budget": {
            "steps": base.train.steps,
            "batch_size": base.train.batch_size,
            "images": experiment.images,
        },
        "hardware": sorted({f"{row.hardware}; {row.device}" for row in rows}),
        "date": max((row.date for row in rows), default=""),
        "variants": {variant.name: dict(variant.changes) for variant in experiment.variants},
        "results": [asdict(row) for row in rows],
    }
    try:
        atomic_write(path, (json.dumps(content, indent=1) + "\n").encode())
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}.") from error


def command(experiment: Experiment, *, seeds: int | None = None, commit: bool = False) -> str:
    """The command that repeats an experiment.

    Args:
        experiment: to repeat.
        seeds: repetitions; by default those of the complete run.
        commit: write the results where the page reads them.
    """
    count = experiment.seeds if seeds is None else seeds
    words = f"python -m pixelcnn experiment {experiment.name} --seeds {count}"
    place = COMMITTED.relative_to(COMMITTED.parents[1]) / f"{experiment.name}.json"
    return f"{words} --output {place.as_posix()}" if commit else words


def _is_current(result: Result, experiment: Experiment) -> bool:
    for variant in experiment.variants:
        if variant.name == result.variant:
            config = experiment.config(variant, result.seed)
            return fingerprint(config) == result.fingerprint
    return False
