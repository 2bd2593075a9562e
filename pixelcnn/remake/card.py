"""What a file says of how it was made."""

from __future__ import annotations

from typing import Any

from torch import nn

from pixelcnn.data.dataset import DataSet
from pixelcnn.system.hardware import describe_hardware


def command(what: str, **options: object) -> str:
    """The command that makes it again: `python -m pixelcnn remake opening --seed 0`, say."""
    given = [f"--{name} {value}" for name, value in options.items()]
    return " ".join(["python -m pixelcnn remake", what, *given])


def card_of(model: nn.Module, digits: DataSet, what: str, **options: Any) -> dict[str, Any]:
    """The facts about a model trained on black-and-white digits, but for its scores.

    Args:
        model: with its trained weights.
        digits: what it learned from.
        what: the word after `remake`.
        options: of the command, `seed` among them.
    """
    return {
        "data": {"name": digits.name, "levels": 2, "binarize": "threshold", "size": digits.height},
        "test_images": len(digits.test.images),
        "parameters": sum(weights.numel() for weights in model.parameters()),
        "hardware": describe_hardware(),
        "seed": options["seed"],
        "command": command(what, **options),
    }
