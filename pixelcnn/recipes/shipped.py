"""The recipes of the shipped checkpoints, as data: `python -m pixelcnn train --recipe NAME`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pixelcnn.recipes.config import RunConfig
from pixelcnn.system.checks import check_name
from pixelcnn.training.config import TrainConfig

_GATED = {"hidden_channels": 32, "blocks": 6, "kernel_size": 5, "position": True}
_TWO_STREAMS = {"hidden_channels": 16, "blocks": 1, "position": True}
_BOTTLENECK = {"block": "bottleneck", "norm": "layer", "kernel_size": 7, "position": True}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One complete training.

    Attributes:
        name: also of its checkpoint.
        about: the purpose of the checkpoint, in a sentence.
        config: the training.
    """

    name: str
    about: str
    config: RunConfig


def recipes() -> Mapping[str, Recipe]:
    """All recipes by name. Budgets are in steps, so that every machine trains the same model."""
    headline = (
        Recipe(
            name="mnist-threshold-gated",
            about="Gated PixelCNN, told the digit: what the pages draw and complete with.",
            config=_digits("gated_pixelcnn", _GATED, steps=3000),
        ),
        Recipe(
            name="mnist-threshold-pixelcnn",
            about="PixelCNN with its blind spot, not told the digit.",
            # About as many weights as the gated one.
            config=_digits(
                "pixelcnn",
                {"hidden_channels": 88, "blocks": 4, **_BOTTLENECK},
                steps=2000,
                conditional=False,
                optimizer="muon",
            ),
        ),
        Recipe(
            name="mnist-threshold-pixelcnnpp",
            about="PixelCNN++, told the digit: the one with the fewest nats.",
            config=_digits("pixelcnnpp", _TWO_STREAMS, steps=6000),
        ),
        Recipe(
            name="mnist-threshold-eight-orders",
            about="One gated model for all eight corners and directions to begin with.",
            # The shipped one reached this step within a budget of 5,000 seconds.
            config=_digits("gated_pixelcnn", _GATED | {"orders": 8}, steps=5337),
        ),
    )
    every = (*headline, *_other_levels(), *_in_colour(), *_equal_budget())
    return {recipe.name: recipe for recipe in every}


def find_recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        ConfigError: it is unknown.
    """
    known = recipes()
    check_name("recipe", name, known)
    return known[name]


def _other_levels() -> list[Recipe]:
    """The published static binarisation, to compare with the literature, and 256 grey levels."""
    return [
        Recipe(
            name="mnist-static-pixelcnnpp",
            about="Larochelle's published binary digits, on which the literature is compared.",
            config=_digits(
                "pixelcnnpp",
                _TWO_STREAMS | {"hidden_channels": 24},
                steps=7000,
                binarize="static",
                conditional=False,
                optimizer="muon",
                # At twice this rate it diverges after 1,500 steps.
                learning_rate=2.5e-3,
            ),
        ),
        Recipe(
            name="mnist-256-gated",
            about="All 256 levels of grey, each with a probability of its own.",
            # The shipped one got its budget in parts (6,000 steps, 8,000 from step 1,891 on,
            # 20,000 from 8,000 on, then 23,000 and 21,000), so its learning rate rose once more.
            config=_digits(
                "gated_pixelcnn",
                _GATED | {"blocks": 5, "level_features": 24},
                steps=21000,
                levels=256,
                conditional=False,
            ),
        ),
        Recipe(
            name="mnist-256-pixelcnnpp",
            about="All 256 levels of grey, each with a probability of its own: the fewest nats.",
            # The shipped one began with budgets of 10,000 and 9,000 steps, up to steps 438 and
            # 1,827, so its learning rate rose a little more slowly.
            config=_digits(
                "pixelcnnpp",
                _TWO_STREAMS
                | {"hidden_channels": 32, "level_features": 24, "likelihood": "softmax"},
                steps=7500,
                levels=256,
                conditional=False,
                optimizer="muon",
                learning_rate=5e-3,
            ),
        ),
        Recipe(
            name="mnist-256-logistic",
            about="All 256 levels of grey, as a mixture of five bells (logistics).",
            config=_digits(
                "pixelcnnpp",
                _TWO_STREAMS | {"likelihood": "logistic_mixture"},
                steps=5000,
                levels=256,
                conditional=False,
            ),
        ),
    ]


def _in_colour() -> list[Recipe]:
    """Small colour images of four levels per channel; digits with and without coupled channels."""
    small = {"hidden_channels": 24, "blocks": 3, "position": True}
    train = TrainConfig(steps=1500, evaluate_every=500, sample_every=0, save_every=250, threads=1)

    def colour(name: str, about: str, data: str, size: int | None, **options: Any) -> Recipe:
        config = RunConfig(
            model="gated_pixelcnn",
            model_options=small | options,
            conditional=True,
            data=data,
            data_options={"levels": 4, "binarize": "threshold", "size": size},
            train=train,
        )
        return Recipe(name=name, about=about, config=config)

    return [
        colour(
            "coloured-digits",
            "Digits in colour: green sees the red of its pixel, blue sees both.",
            "coloured5k",
            14,
        ),
        colour(
            "coloured-digits-apart",
            "The same, but the three colours of a pixel do not see one another.",
            "coloured5k",
            14,
            independent_channels=True,
        ),
        colour("photographs", "Pieces of two photographs, in colour.", "photographs", None),
    ]


def _equal_budget() -> list[Recipe]:
    """Each architecture, small, on the same 48,000 digits, for comparison."""
    from pixelcnn.models.preset_configs import presets
    from pixelcnn.models.registry import model_names

    return [
        Recipe(
            name=f"mnist-threshold-tiny-{model}",
            about=f"The preset tiny of {model}, trained as long as that of every other.",
            config=_digits(model, presets(model)["tiny"] | {"position": True}, steps=1500),
        )
        for model in model_names()
    ]


def _digits(
    model: str,
    options: Mapping[str, Any],
    *,
    steps: int,
    conditional: bool = True,
    levels: int = 2,
    binarize: str = "threshold",
    **training: Any,
) -> RunConfig:
    """A training on all 60,000 MNIST digits; on 50,000 for the published static binarisation."""
    return RunConfig(
        model=model,
        model_options=options,
        conditional=conditional,
        data="mnist",
        data_options={"levels": levels, "binarize": binarize, "size": None},
        train=TrainConfig(
            steps=steps,
            evaluate_every=500,
            sample_every=0,
            save_every=250,
            threads=1,
            **training,
        ),
    )
