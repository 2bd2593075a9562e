"""What an experiment is: trainings that differ in one thing, and what a source says about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import sha256
from typing import Any, Literal

from pixelcnn.recipes.config import RunConfig
from pixelcnn.training.config import TrainConfig

_ONLY_LOOKED_AT = ("evaluate_every", "sample_every", "save_every", "samples")

Measure = Literal["nats", "share"]


@dataclass(frozen=True)
class Variant:
    """One side of a comparison.

    Attributes:
        name: for people, such as `8 blocks`.
        changes: what it sets in the configuration that all variants share, by the path of the
            option: `model`, `conditional`, `model_options.norm`, `data_options.levels`,
            `train.optimizer`.
    """

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reported:
    """What a source found.

    Attributes:
        found: in a sentence; empty where no source reports it.
        source: who reports it, and where.
        figures: (what, how much), as printed there.
        unit: of the figures.
    """

    found: str = ""
    source: str = ""
    figures: tuple[tuple[str, str], ...] = ()
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Trainings with equal budgets, in steps and images, that differ in one thing.

    Attributes:
        name: for commands and addresses.
        title: for people.
        question: what it asks.
        base: the configuration that all variants share.
        variants: the first one is the reference, which the others are compared with.
        differs_in: the path of the one option that differs.
        along: paths of options that have to follow it, such as the width of a network of another
            kind that is to have as many parameters.
        note: what else to know before believing the result.
        reported: what a source says.
        seeds: how many repetitions the complete run has. Repetition 0 has seed 0, and so on; a seed
            decides the initial weights and the order of the images, the same for all variants.
        measure: what is compared. `nats` for nats per image; `share` where the variants see
            different pixels, whose nats cannot be compared: nats in percent of those of somebody
            who knows how often each pixel has each level, and nothing else.
    """

    name: str
    title: str
    question: str
    base: RunConfig
    variants: tuple[Variant, ...]
    differs_in: str
    reported: Reported
    along: tuple[str, ...] = ()
    note: str = ""
    seeds: int = 5
    measure: Measure = "nats"

    @property
    def reference(self) -> Variant:
        """What the others are compared with."""
        return self.variants[0]

    @property
    def images(self) -> int:
        """Images that each training sees, repetitions counted."""
        return (self.base.train.steps or 0) * self.base.train.batch_size

    def config(self, variant: Variant, seed: int) -> RunConfig:
        """The training of one variant with one seed."""
        values: dict[str, Any] = asdict(self.base)
        for path, value in {**variant.changes, "train.seed": seed}.items():
            *parents, last = path.split(".")
            place = values
            for parent in parents:
                place = place[parent]
            place[last] = value
        return RunConfig(**values | {"train": TrainConfig(**values["train"])})

    def with_steps(self, steps: int) -> Experiment:
        """The same with another budget: its results do not mix with those of the complete run."""
        return replace(self, base=replace(self.base, train=replace(self.base.train, steps=steps)))


def settings(config: RunConfig) -> dict[str, Any]:
    """Every option by its path, those of the model that were left alone included."""
    from pixelcnn.models.registry import config_class

    model = config_class(config.model)(**config.model_options, classes=int(config.conditional))
    flat: dict[str, Any] = {"model": config.model, "data": config.data}
    flat["conditional"] = config.conditional
    flat |= {f"model_options.{name}": value for name, value in asdict(model).items()}
    # The model is told its number of classes by these two.
    del flat["model_options.classes"]
    flat |= {f"data_options.{name}": value for name, value in config.data_options.items()}
    flat |= {f"train.{name}": value for name, value in asdict(config.train).items()}
    return flat


def fingerprint(config: RunConfig) -> str:
    """A short name for all that decides a training's result.

    Notes do not count, nor what is only looked at on the way, nor options that are left as they
    are: a new option of the lab makes no old result void.
    """
    usual = {option.name: option.default for option in fields(TrainConfig)}
    decisive = {
        "model": config.model,
        "model_options": config.model_options,
        "conditional": config.conditional,
        "data": config.data,
        "data_options": config.data_options,
        "train": {
            name: value
            for name, value in asdict(config.train).items()
            if value != usual[name] and name not in _ONLY_LOOKED_AT
        },
    }
    content = json.dumps(decisive, sort_keys=True, default=list)
    return sha256(content.encode()).hexdigest()[:12]
