"""Trains the variants of an experiment, and saves each result at once."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelcnn.experiments.definition import Experiment, Variant, fingerprint
from pixelcnn.experiments.results import Result, read_results, write_results
from pixelcnn.models.parameters import count_parameters

if TYPE_CHECKING:
    from pixelcnn.data.dataset import DataSet
    from pixelcnn.recipes.preview import Preview
    from pixelcnn.training.events import Event

Watch = Callable[[Variant, int, "Event"], None]


def missing(
    experiment: Experiment, done: Iterable[tuple[str, int]], seeds: Iterable[int]
) -> list[tuple[Variant, int]]:
    """The trainings still to do, seed by seed.

    Args:
        experiment: to run.
        done: (variant's name, seed) of each finished training.
        seeds: of the trainings wanted.
    """
    finished = set(done)
    every = [(variant, seed) for seed in seeds for variant in experiment.variants]
    return [(variant, seed) for variant, seed in every if (variant.name, seed) not in finished]


def run_experiment(
    experiment: Experiment, path: Path, seeds: int, *, watch: Watch | None = None
) -> Iterator[Result]:
    """Run the trainings that a file of results lacks; each result is saved before it is yielded.

    An interruption loses only the current training; the next call continues.

    Args:
        experiment: to run.
        path: of the results; need not exist yet. Results of an earlier definition are dropped.
        seeds: repetitions of each variant.
        watch: called with each event of a training.

    Raises:
        LabError: a training failed, or the file cannot be read or written.
    """
    results = read_results(path, experiment)
    done = [(result.variant, result.seed) for result in results]
    for variant, seed in missing(experiment, done, range(seeds)):
        results.append(run_one(experiment, variant, seed, watch=watch))
        write_results(path, experiment, results)
        yield results[-1]


def run_one(
    experiment: Experiment, variant: Variant, seed: int, *, watch: Watch | None = None
) -> Result:
    """Train and score one variant with one seed, in this process.

    Raises:
        LabError: the configuration is invalid, or training failed.
    """
    import torch

    from pixelcnn.recipes.build import build_run_model
    from pixelcnn.system.hardware import describe_hardware
    from pixelcnn.training.events import Evaluated, Step
    from pixelcnn.training.trainer import Trainer

    config = experiment.config(variant, seed)
    data = _load(config.data, tuple(config.data_options.items()))
    facts = _facts(experiment.config(variant, 0).to_json())
    trainer = Trainer(build_run_model(config, data), data, config.train)
    speeds = []
    scored: Evaluated | None = None
    for event in trainer:
        if watch is not None:
            watch(variant, seed, event)
        if isinstance(event, Step):
            speeds.append(event.images_per_second)
        elif isinstance(event, Evaluated):
            scored = event
    assert scored is not None  # a training always ends with a score
    return Result(
        variant=variant.name,
        seed=seed,
        fingerprint=fingerprint(config),
        nats=round(scored.nats, 5),
        nats_stderr=round(scored.nats_stderr, 5),
        bits_per_dim=round(scored.bits_per_dim, 6),
        per_pixel_nats=round(facts.per_pixel.nats, 5),
        held_out=scored.images,
        steps=trainer.step,
        images=experiment.images,
        images_per_second=round(statistics.median(speeds), 1),
        seconds=round(trainer.elapsed_s, 1),
        parameters=count_parameters(trainer.model).used,
        seen_share=round(facts.seen_share, 5),
        blind_share=round(1 - facts.reachable_share, 5),
        device=trainer.description,
        hardware=describe_hardware(trainer.description),
        torch=torch.__version__,
        date=time.strftime("%Y-%m-%d", time.gmtime()),
    )


@cache
def _load(name: str, options: tuple[tuple[str, Any], ...]) -> DataSet:
    from pixelcnn.data.registry import load_data

    return load_data(name, **dict(options))


@cache
def _facts(config_json: bytes) -> Preview:
    """Facts shared by all seeds: the receptive field and the per-pixel baseline."""
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.recipes.preview import preview

    config = RunConfig.from_json(config_json)
    return preview(config, _load(config.data, tuple(config.data_options.items())))
