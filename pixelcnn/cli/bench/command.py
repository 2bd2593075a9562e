"""`python -m pixelcnn bench`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from pixelcnn.cli.bench.architectures import BenchArchitectures
from pixelcnn.cli.bench.classroom import BenchClassroom
from pixelcnn.cli.bench.executors import BenchExecutors
from pixelcnn.cli.bench.first import BenchFirst
from pixelcnn.cli.bench.kills import BenchKills
from pixelcnn.cli.bench.number_kinds import BenchNumbers
from pixelcnn.cli.bench.reach import BenchReach
from pixelcnn.cli.bench.report import OnSomeCores, report
from pixelcnn.cli.bench.size import BenchBytes
from pixelcnn.system.output import check_writable, save_json
from pixelcnn.system.progress import Progress

if TYPE_CHECKING:
    from pixelcnn.benchmarks.timing import SamplingTiming, TrainingTiming
    from pixelcnn.models.base import AutoregressiveModel

_MODELS = ("pixelcnn:notebook", "gated_pixelcnn")


@dataclass(frozen=True)
class BenchSampling(OnSomeCores):
    """Time every sampling engine against the reference and the bare arithmetic, in one run.

    Example: python -m pixelcnn bench sampling --models pixelcnn:notebook --batches 1 16

    Attributes:
        models: to time: ARCHITECTURE, ARCHITECTURE:PRESET, or a checkpoint.
        batches: images drawn together.
        rounds: timings of each engine; medians are compared.
        reference_rows: rows of an image that the reference draws; the time is scaled, since each
            of its pixels costs the same; 0 for all rows.
        device: to run on.
        threads: CPU cores to use; by default all.
        output: file for the figures as JSON.
    """

    models: tuple[str, ...] = _MODELS
    batches: tuple[int, ...] = (1, 16, 64)
    rounds: int = 3
    reference_rows: int = 2
    device: Literal["cpu", "cuda", "mps"] = "cpu"
    threads: int | None = None
    output: Path = Path("bench-sampling.json")

    def measure(self) -> int:
        check_writable(self.output, (".json",))
        from pixelcnn.benchmarks.timing import time_sampling
        from pixelcnn.system.devices import choose_device

        device = choose_device(self.device)
        timings: list[SamplingTiming] = []
        titles = f"{'ms/image':>10}{'x reference':>13}{'x floor':>9}"
        print(f"{'model':<28}{'batch':>6}  {'engine':<10}{titles}")
        for spec in self.models:
            with Progress(f"timing {spec}") as progress:
                for timing in time_sampling(
                    spec,
                    _model(spec).to(device),
                    batches=self.batches,
                    rounds=self.rounds,
                    reference_rows=self.reference_rows,
                    progress=progress.rows,
                ):
                    timings.append(timing)
                    progress.clear()
                    print(_sampling_row(timing), flush=True)
        save_json(self.output, report(self.device, timings))
        return 0


@dataclass(frozen=True)
class BenchTraining(OnSomeCores):
    """Time the tuned training step against the textbook's, alternating, in one run.

    Example: python -m pixelcnn bench training --models pixelcnn:notebook --batch 64

    Attributes:
        models: to time: ARCHITECTURE, ARCHITECTURE:PRESET, or a checkpoint.
        batch: images per step.
        rounds: timings of each; medians are compared.
        steps: training steps per timing.
        device: to run on.
        threads: CPU cores to use; by default all.
        output: file for the figures as JSON.
    """

    models: tuple[str, ...] = _MODELS
    batch: int = 64
    rounds: int = 5
    steps: int = 2
    device: Literal["cpu", "cuda", "mps"] = "cpu"
    threads: int | None = None
    output: Path = Path("bench-training.json")

    def measure(self) -> int:
        check_writable(self.output, (".json",))
        from pixelcnn.benchmarks.timing import time_training

        timings: list[TrainingTiming] = []
        print(f"{'model':<28}{'batch':>6}  {'step':<10}{'images/s':>10}{'x plain':>13}")
        for spec in self.models:
            with Progress(f"timing {spec}") as progress:
                measured = time_training(
                    spec,
                    _model(spec),
                    batch=self.batch,
                    rounds=self.rounds,
                    steps=self.steps,
                    device=self.device,
                    progress=progress.rows,
                )
            timings += measured
            for timing in measured:
                print(_training_row(timing), flush=True)
        save_json(self.output, report(self.device, timings))
        return 0


@dataclass(frozen=True)
class Bench:
    """Measure speed and bytes an image, compare architectures, load the server, kill trainings.

    Example: python -m pixelcnn bench sampling
    """

    what: tyro.conf.OmitSubcommandPrefixes[
        tyro.conf.OmitArgPrefixes[
            Annotated[BenchSampling, tyro.conf.subcommand("sampling")]
            | Annotated[BenchTraining, tyro.conf.subcommand("training")]
            | Annotated[BenchArchitectures, tyro.conf.subcommand("architectures")]
            | Annotated[BenchFirst, tyro.conf.subcommand("first")]
            | Annotated[BenchExecutors, tyro.conf.subcommand("executors")]
            | Annotated[BenchNumbers, tyro.conf.subcommand("numbers")]
            | Annotated[BenchReach, tyro.conf.subcommand("reach")]
            | Annotated[BenchBytes, tyro.conf.subcommand("bytes")]
            | Annotated[BenchClassroom, tyro.conf.subcommand("classroom")]
            | Annotated[BenchKills, tyro.conf.subcommand("kills")]
        ]
    ]

    def run(self) -> int:
        """Run the chosen benchmark; returns the exit status."""
        return self.what.run()


def _model(spec: str) -> AutoregressiveModel:
    """A model by ARCHITECTURE, ARCHITECTURE:PRESET or checkpoint."""
    from pixelcnn.checkpoints.files import load_checkpoint
    from pixelcnn.cli.options import ModelOptions
    from pixelcnn.models.registry import model_names

    name, _, preset = spec.partition(":")
    if name in model_names():
        return ModelOptions(name, preset or "none").build()
    return load_checkpoint(spec)[0]


def _sampling_row(timing: SamplingTiming) -> str:
    start = f"{timing.model:<28}{timing.batch:>6}  {timing.engine:<10}"
    if timing.error:
        return f"{start}  {timing.error}"
    figures = f"{timing.ms_per_image:>10.2f}{timing.times_reference:>13.1f}"
    return f"{start}{figures}{timing.times_floor:>9.2f}"


def _training_row(timing: TrainingTiming) -> str:
    start = f"{timing.model:<28}{timing.batch:>6}  {timing.step:<10}"
    return f"{start}{timing.images_per_second:>10.1f}{timing.times_plain:>13.2f}"
