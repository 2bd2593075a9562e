"""The best shipped score on the images of a run, drawn as a line to compare with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pixelcnn.checkpoints.files import Shipped
from pixelcnn.errors import RunError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.recipes.live import live_presets
from pixelcnn.runs.recordings import recorded_run
from pixelcnn.runs.view import RunView

# The 5,000 digits are from MNIST; only the held-out images differ.
_SAME_IMAGES = {"mnist5k": "mnist"}


@dataclass(frozen=True)
class BestKnown:
    """A score on held-out images, in bits per sub-pixel, and the model it belongs to."""

    bits_per_dim: float
    name: str


def best_known(config: RunConfig, models: Iterable[Shipped]) -> BestKnown | None:
    """The best score of `models` and the recordings on the same kind of images; None if none.

    Scores are comparable only if data set, size, levels and binarisation agree. The held-out
    images may still differ.
    """
    images_of_run = _images(config.data, config.data_options)
    candidates = [
        BestKnown(float(model.card["bits_per_dim"]), model.name)
        for model in models
        if "bits_per_dim" in model.card and _images_of(model.card) == images_of_run
    ]
    for preset in live_presets().values():
        if _images(preset.config.data, preset.config.data_options) != images_of_run:
            continue
        try:
            held_out = RunView(recorded_run(preset.name)).held_out
        except RunError:  # an incomplete copy of the project
            continue
        if held_out is not None:
            candidates.append(BestKnown(held_out.bits_per_dim, f"the recording of {preset.title}"))
    return min(candidates, key=lambda candidate: candidate.bits_per_dim, default=None)


def _images_of(card: dict[str, Any]) -> tuple[Any, ...] | None:
    data = card.get("data")
    return _images(data.get("name"), data) if isinstance(data, dict) else None


def _images(name: Any, options: Any) -> tuple[Any, ...]:
    size = options.get("size") or (8 if name == "digits8x8" else 28)
    levels = options.get("levels", 2)
    binarize = options.get("binarize", "threshold") if levels == 2 else None
    return _SAME_IMAGES.get(name, name), size, levels, binarize
