"""Experiments: trainings that differ in one thing, and what a source reports about it."""

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
        name: for display, such as `8 blocks`.
        changes: its changes to the shared configuration, by option path: `model`, `conditional`,
            `model_options.norm`, `data_options.levels`, `train.optimizer`.
    """

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reported:
    """The result in a source.

    Attributes:
        found: in a sentence; empty if no source reports it.
        source: the reference.
        figures: (what, value), as printed there.
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
        title: for display.
        question: that it answers.
        base: the configuration that all variants share.
        variants: the first one is the reference, to which the others are compared.
        differs_in: the path of the option that differs.
        along: paths of options that depend on it, such as the width that keeps the number of
            parameters equal.
        note: caveats.
        reported: the result in a source.
        seeds: number of repetitions of the complete run, from seed 0 on; a seed decides the initial
            weights and the order of the images, the same for all variants.
        measure: the quantity to compare: `nats` per image, or `share` where the variants have
            different pixels, whose nats are not comparable: nats in percent of the per-pixel
            baseline's (level frequencies of each pixel).
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
        """The variant to which the others are compared."""
        return self.variants[0]

    @property
    def images(self) -> int:
        """Images seen by each training, repetitions counted."""
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
        """The same with another budget; its results do not mix with those of the complete run."""
        return replace(self, base=replace(self.base, train=replace(self.base.train, steps=steps)))


def settings(config: RunConfig) -> dict[str, Any]:
    """Every option by its path, including defaults of the model."""
    from pixelcnn.models.registry import config_class

    model = config_class(config.model)(**config.model_options, classes=int(config.conditional))
    flat: dict[str, Any] = {"model": config.model, "data": config.data}
    flat["conditional"] = config.conditional
    flat |= {f"model_options.{name}": value for name, value in asdict(model).items()}
    # These two give the model its number of classes.
    del flat["model_options.classes"]
    flat |= {f"data_options.{name}": value for name, value in config.data_options.items()}
    flat |= {f"train.{name}": value for name, value in asdict(config.train).items()}
    return flat


def fingerprint(config: RunConfig) -> str:
    """A hash of everything that decides a training's result.

    Ignores notes, options of reporting, and options at their default, so that a new option of the
    lab invalidates no old result.
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
