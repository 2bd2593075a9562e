"""An experiment repeated while the user watches: each training is a run.

These repetitions use seeds beyond those of the complete run, so that each adds information.
Everything is read from the runs' directories, so points survive a reload and a restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pixelcnn.experiments.definition import Experiment, Variant, fingerprint
from pixelcnn.experiments.results import measured
from pixelcnn.experiments.running import missing
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run

FIRST_SEED = 100
_SCORES = 20


@dataclass(frozen=True)
class LivePoint:
    """The progress of a run.

    Attributes:
        run: the run.
        variant: name of its variant.
        seed: its seed.
        state: see `RunStatus`.
        progress: share of the budget used up, 0 to 1.
        curve: (steps, the experiment's measure) of each score so far.
    """

    run: Run
    variant: str
    seed: int
    state: str
    progress: float
    curve: tuple[tuple[int, float], ...]

    @property
    def active(self) -> bool:
        """Whether it is queued or at work."""
        return self.state in ("queued", "starting", "running", "paused")

    @property
    def finished(self) -> bool:
        """Whether its budget is used up, so that its last score counts."""
        return self.state == "finished" and bool(self.curve)


def live_config(experiment: Experiment, variant: Variant, seed: int) -> RunConfig:
    """A run's configuration: as in the complete run, but scored more often."""
    config = experiment.config(variant, seed)
    steps = config.train.steps or 1
    train = replace(config.train, evaluate_every=max(1, steps // _SCORES))
    notes = {"experiment": experiment.name, "variant": variant.name}
    return replace(config, train=train, notes=notes)


def belongs(config: RunConfig, experiment: Experiment) -> bool:
    """Whether a run repeats this experiment, as defined now."""
    if config.notes.get("experiment") != experiment.name:
        return False
    seed = config.train.seed
    return any(
        variant.name == config.notes.get("variant")
        and fingerprint(experiment.config(variant, seed)) == fingerprint(config)
        for variant in experiment.variants
    )


def live_point(
    experiment: Experiment, run: Run, config: RunConfig, per_pixel: Mapping[str, float]
) -> LivePoint:
    """Read the progress of a run of this experiment.

    Args:
        experiment: that the run repeats, according to `belongs`.
        run: the run.
        config: its configuration.
        per_pixel: {variant: nats of the per-pixel baseline}, needed if a share is measured.

    Raises:
        RunError: the directory cannot be read.
    """
    variant = str(config.notes["variant"])
    status = run.status()
    baseline = per_pixel.get(variant, 1.0)
    scores = [row for row in run.metrics() if row.get("event") == "evaluated"]
    curve = [
        (int(row["step"]), measured(experiment, float(row["nats"]), baseline))
        for row in scores
        if row.get("nats") is not None
    ]
    return LivePoint(run, variant, config.train.seed, status.state, status.progress, tuple(curve))


def next_trainings(
    experiment: Experiment, points: Iterable[LivePoint]
) -> list[tuple[Variant, int]]:
    """The trainings of the next repetition: those missing for the latest seed, or a new seed."""
    kept = [point for point in points if point.active or point.finished]
    last = max((point.seed for point in kept), default=FIRST_SEED)
    done = [(point.variant, point.seed) for point in kept]
    return missing(experiment, done, [last]) or missing(experiment, done, [last + 1])
