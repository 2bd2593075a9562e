"""Trainings that fit into a lesson, as data: what to train, for how long, what to expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pixelcnn.data.names import OWN
from pixelcnn.recipes.config import RunConfig
from pixelcnn.training.config import TrainConfig

_BOTTLENECK = {"block": "bottleneck", "norm": "layer", "kernel_size": 7, "position": True}


@dataclass(frozen=True)
class LivePreset:
    """A training and what to expect of it.

    Attributes:
        name: short, for addresses and for its recording (see `recordings.py`).
        title: what it learns.
        promise: what to expect, and when.
        config: the training.
    """

    name: str
    title: str
    promise: str
    config: RunConfig


def live_presets() -> Mapping[str, LivePreset]:
    """All presets by name, in the order of display.

    Promises hold for two CPU cores, counted from the click; budgets are a little shorter. The high
    learning rate suits so short a training; with minutes to spend, 0.003 learns more.
    """
    presets = (
        LivePreset(
            "digits14",
            "14 × 14 digits",
            "readable in about 30 s on a laptop",
            RunConfig(
                model="pixelcnn",
                model_options={"hidden_channels": 32, "blocks": 3, **_BOTTLENECK},
                conditional=True,
                data="mnist5k",
                data_options={"size": 14},
                train=_lesson(seconds=25, sample_every=50, evaluate_every=150),
            ),
        ),
        LivePreset(
            "digits28",
            "28 × 28 digits",
            "readable in about 90 s",
            RunConfig(
                model="pixelcnn",
                model_options={"hidden_channels": 32, "blocks": 4, **_BOTTLENECK},
                conditional=True,
                data="mnist5k",
                data_options={"size": 28},
                train=_lesson(seconds=80, sample_every=40, evaluate_every=160, seed=2),
            ),
        ),
        LivePreset(
            "digits8",
            "8 × 8 digits",
            "in 10 s, but hard to read",
            RunConfig(
                model="pixelcnn",
                model_options={"hidden_channels": 32, "blocks": 3, **_BOTTLENECK},
                conditional=True,
                data="digits8x8",
                train=_lesson(seconds=8, sample_every=30, evaluate_every=90),
            ),
        ),
        LivePreset(
            "gated14",
            "14 × 14 digits, gated",
            "no blind spot; readable in about 45 s",
            RunConfig(
                model="gated_pixelcnn",
                model_options={"hidden_channels": 32, "blocks": 4, "position": True},
                conditional=True,
                data="mnist5k",
                data_options={"size": 14},
                train=_lesson(seconds=42, sample_every=40, evaluate_every=120),
            ),
        ),
    )
    return {preset.name: preset for preset in presets}


def own_preset(root: str, *, classes: int, pictures: int) -> LivePreset:
    """A training on the user's own images.

    Args:
        root: of the images; see `pixelcnn.data.own`.
        classes: their number of classes; 0 for none.
        pictures: their number.
    """
    return LivePreset(
        "own",
        f"{pictures:,} pictures of your own, 14 × 14",
        "in about a minute",
        RunConfig(
            model="pixelcnn",
            model_options={"hidden_channels": 32, "blocks": 3, **_BOTTLENECK},
            conditional=classes > 1,
            data=OWN,
            data_options={"root": root, "size": 14},
            train=_lesson(seconds=45, sample_every=40, evaluate_every=80),
        ),
    )


def _lesson(
    *, seconds: float, sample_every: int, evaluate_every: int, seed: int = 0
) -> TrainConfig:
    return TrainConfig(
        seed=seed,
        seconds=seconds,
        batch_size=16,
        learning_rate=8e-3,
        sample_every=sample_every,
        evaluate_every=evaluate_every,
        held_out=250,
    )
