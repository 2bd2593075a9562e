"""Summarises results: means, paired differences, and a sentence computed from them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pixelcnn.experiments.definition import Experiment, Variant
from pixelcnn.experiments.results import Result, measured

UNITS = {"nats": "nats per image", "share": "percentage points"}


@dataclass(frozen=True)
class Summary:
    """One variant over its seeds.

    Attributes:
        variant: its name.
        values: (seed, the experiment's measure), by seed.
        mean: of the values.
        stderr: standard error of that mean over the seeds; NaN for one seed.
        nats: mean nats per held-out image.
        bits_per_dim: mean bits per sub-pixel.
        images_per_second: median training speed.
        parameters: number of weights, without masked ones.
        blind_share: share of (sub-pixel, earlier sub-pixel) pairs unseen at any depth.
    """

    variant: str
    values: tuple[tuple[int, float], ...]
    mean: float
    stderr: float
    nats: float
    bits_per_dim: float
    images_per_second: float
    parameters: int
    blind_share: float


@dataclass(frozen=True)
class Difference:
    """A variant minus the reference, seed by seed.

    Both have the same initial seed and see the same images in the same order, so chance affects
    them alike: the differences vary less than the scores.

    Attributes:
        variant: its name.
        reference: name of the reference.
        mean: of the differences; negative if the variant is better.
        half: half the width of the 95 % interval of that mean.
        seeds: number of seeds.
        percent: the mean in percent of the reference's score.
        percent_half: half the width in percent of it.
    """

    variant: str
    reference: str
    mean: float
    half: float
    seeds: int
    percent: float
    percent_half: float

    @property
    def visible(self) -> bool:
        """Whether the interval excludes zero."""
        return abs(self.mean) > self.half


def summarise(experiment: Experiment, results: Iterable[Result]) -> list[Summary]:
    """Each variant that has results, in the experiment's order."""
    rows = list(results)
    summaries = []
    for variant in experiment.variants:
        own = sorted((row for row in rows if row.variant == variant.name), key=lambda r: r.seed)
        if not own:
            continue
        values = [(row.seed, measured(experiment, row.nats, row.per_pixel_nats)) for row in own]
        scores = [value for _, value in values]
        spread = statistics.stdev(scores) if len(scores) > 1 else math.nan
        summaries.append(
            Summary(
                variant=variant.name,
                values=tuple(values),
                mean=statistics.fmean(scores),
                stderr=spread / math.sqrt(len(scores)),
                nats=statistics.fmean(row.nats for row in own),
                bits_per_dim=statistics.fmean(row.bits_per_dim for row in own),
                images_per_second=statistics.median(row.images_per_second for row in own),
                parameters=own[-1].parameters,
                blind_share=own[-1].blind_share,
            )
        )
    return summaries


def differences(experiment: Experiment, results: Iterable[Result]) -> list[Difference]:
    """Each other variant minus the reference, over common seeds, of which at least two."""
    by_name = {summary.variant: dict(summary.values) for summary in summarise(experiment, results)}
    reference = by_name.get(experiment.reference.name, {})
    differing = []
    for variant in experiment.variants[1:]:
        own = by_name.get(variant.name, {})
        seeds = sorted(own.keys() & reference.keys())
        if len(seeds) > 1:
            pairs = [(own[seed], reference[seed]) for seed in seeds]
            differing.append(_difference(variant, experiment.reference, pairs))
    return differing


def _difference(
    variant: Variant, reference: Variant, pairs: Sequence[tuple[float, float]]
) -> Difference:
    apart = [ours - theirs for ours, theirs in pairs]
    half = student(len(apart) - 1) * statistics.stdev(apart) / math.sqrt(len(apart))
    scale = 100 / statistics.fmean(theirs for _, theirs in pairs)
    mean = statistics.fmean(apart)
    return Difference(
        variant=variant.name,
        reference=reference.name,
        mean=mean,
        half=half,
        seeds=len(apart),
        percent=mean * scale,
        percent_half=half * scale,
    )


def student(freedom: int) -> float:
    """Standard errors on each side that hold 95 % (Student 1908).

    With few seeds the spread itself is uncertain, and the interval has to be wider for it.
    """
    from scipy.stats import t  # takes half a second to import

    return float(t.ppf(0.975, freedom))


def conclusion(experiment: Experiment, results: Iterable[Result]) -> str:
    """A sentence computed from the intervals."""
    differing = differences(experiment, results)
    if not differing:
        return "A conclusion needs at least two seeds of each variant."
    unit = UNITS[experiment.measure]
    return "; ".join(_clause(difference, unit) for difference in differing) + "."


def _clause(difference: Difference, unit: str) -> str:
    if not difference.visible:
        return (
            f"**{difference.variant}**: no difference from **{difference.reference}** is visible "
            f"at this budget ({signed(difference.mean)} ± {difference.half:.2f} {unit})"
        )
    size = f"{abs(difference.mean):.2f} ± {difference.half:.2f} {unit}"
    verdict = "better" if difference.mean < 0 else "worse"
    return f"**{difference.variant}**: {verdict} than **{difference.reference}** by {size}"


def signed(value: float, digits: int = 2) -> str:
    """A difference with its sign, as a typographic minus or a plus."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")
