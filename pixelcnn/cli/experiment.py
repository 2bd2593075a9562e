"""`python -m pixelcnn experiment`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from pixelcnn.errors import ConfigError
from pixelcnn.system.checks import check_whole
from pixelcnn.system.output import check_writable
from pixelcnn.system.progress import Progress

if TYPE_CHECKING:
    from pixelcnn.experiments.definition import Experiment, Variant
    from pixelcnn.experiments.results import Result
    from pixelcnn.training.events import Event

_FOLDER = Path("experiments")


@dataclass(frozen=True)
class Repeat:
    """Repeat an experiment: trainings that differ in one thing, over several seeds.

    Example: python -m pixelcnn experiment layer_norm --seeds 3

    Each result is saved at once: after Ctrl-C, the same command continues. Trainings that the file
    of results already contains are skipped.

    Attributes:
        name: of the experiment; leave it out to list all.
        all: run all experiments.
        seeds: repetitions of each training; by default as many as in the complete run.
        steps: another budget, for a quick look.
        output: file of results, experiments/NAME.json by default; with --all, the folder of
            these files.
        list: only list the trainings.
    """

    name: tyro.conf.Positional[str] = ""
    all: bool = False
    seeds: int | None = None
    steps: int | None = None
    output: Path | None = None
    list: bool = False

    def run(self) -> int:
        """Run the missing trainings, and print the conclusion; returns the exit status."""
        from pixelcnn.experiments.catalogue import EXPERIMENTS, find_experiment

        if self.seeds is not None:
            check_whole("--seeds", self.seeds, 1)
        if self.all and self.name:
            raise ConfigError("--all runs every experiment; leave out the name, or --all.")
        if not self.all and not self.name:
            _print_titles(EXPERIMENTS.values())
            return 0
        chosen = list(EXPERIMENTS.values()) if self.all else [find_experiment(self.name)]
        if self.steps is not None:
            chosen = [experiment.with_steps(self.steps) for experiment in chosen]
        if self.list:
            for experiment in chosen:
                _print_trainings(experiment)
            return 0
        paths = [self._path(experiment) for experiment in chosen]
        from pixelcnn.runs.worker import prepare_process

        prepare_process()
        for experiment, path in zip(chosen, paths, strict=True):
            self._run_variants(experiment, path)
        return 0

    def _path(self, experiment: Experiment) -> Path:
        """The file of its results; creates the folder."""
        if self.all:
            path = (self.output or _FOLDER) / f"{experiment.name}.json"
        else:
            path = self.output or _FOLDER / f"{experiment.name}.json"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"The folder {path.parent} cannot be created ({error.strerror}); use another one "
                "with --output."
            ) from error
        check_writable(path, (".json",))
        return path

    def _run_variants(self, experiment: Experiment, path: Path) -> None:
        from pixelcnn.experiments.results import read_results
        from pixelcnn.experiments.running import run_experiment
        from pixelcnn.experiments.summary import conclusion

        seeds = self.seeds or experiment.seeds
        print(f"{experiment.name}: {experiment.question}")
        with Progress(experiment.name) as progress:

            def watch(variant: Variant, seed: int, event: Event) -> None:
                share = event.step / (experiment.base.train.steps or 1)
                progress.share(share, f"{variant.name}, seed {seed}")

            for result in run_experiment(experiment, path, seeds, watch=watch):
                progress.clear()
                _print_result(result)
        print(f"  {conclusion(experiment, read_results(path, experiment)).replace('**', '')}")
        print(f"  {path}")


def _print_titles(experiments: Iterable[Experiment]) -> None:
    for experiment in experiments:
        print(f"  {experiment.name:<21}{experiment.question}")
    print("\npython -m pixelcnn experiment NAME repeats one of them, --all all of them.")


def _print_trainings(experiment: Experiment) -> None:
    train = experiment.base.train
    budget = f"{train.steps} steps of {train.batch_size} images, {experiment.images:,} in all"
    print(f"{experiment.name}: {experiment.question}")
    print(f"  each training: {budget}; {experiment.seeds} seeds")
    for variant in experiment.variants:
        changes = ", ".join(f"{path} = {value}" for path, value in variant.changes.items())
        print(f"  {variant.name}: {changes}")
    reported = experiment.reported
    print(f"  reported: {reported.found or 'not reported'}")
    if reported.source:
        print(f"    {reported.source}")
    for what, how_much in reported.figures:
        print(f"    {what}: {how_much} {reported.unit.partition(';')[0]}")


def _print_result(result: Result) -> None:
    print(
        f"  {result.variant}, seed {result.seed}: {result.nats:.2f} nats per image, "
        f"{result.images_per_second:.0f} images/s",
        flush=True,
    )
