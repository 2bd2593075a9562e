"""`python -m pixelcnn evaluate`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

from pixelcnn.cli.options import Binarization, DataOptions
from pixelcnn.errors import ConfigError
from pixelcnn.system.checks import check_whole
from pixelcnn.system.progress import Progress

if TYPE_CHECKING:
    from pixelcnn.models.config import ModelConfig


@dataclass(frozen=True)
class Evaluate:
    """Measure how well a checkpoint predicts images: the exact negative log-likelihood.

    Example: python -m pixelcnn evaluate mnist-threshold-gated --data mnist5k --split test

    Attributes:
        checkpoint: a file, or the name of a shipped checkpoint.
        data: name of the data set; by default that of the checkpoint's card.
        binarize: method for two levels; by default that of the card.
        data_root: folder of downloaded data sets; by default $PIXELCNN_DATA, or data.
        split: the held-out images, or those for training.
        limit: number of images, from the first one on; by default all.
        batch_size: affects speed and memory, not the result.
        json: print JSON instead of text.
    """

    checkpoint: tyro.conf.Positional[str]
    data: str | None = None
    binarize: Binarization | None = None
    data_root: Path | None = None
    split: Literal["test", "train"] = "test"
    limit: int | None = None
    batch_size: int = 100
    json: bool = False

    def run(self) -> int:
        """Measure and print; returns the exit status."""
        if self.limit is not None:
            check_whole("--limit", self.limit, 1)
        check_whole("--batch-size", self.batch_size, 1)
        from pixelcnn.checkpoints.files import load_checkpoint
        from pixelcnn.metrics import evaluate

        model, card = load_checkpoint(self.checkpoint)
        options = data_options(card, model.config, self.data, self.binarize, self.data_root)
        data = options.load()
        if model.config.classes not in (0, data.classes):
            raise ConfigError(
                f"This model has {model.config.classes} classes, but {data.name} has "
                f"{data.classes or 'no labels'}. Evaluate it on data with its classes."
            )
        split = getattr(data, self.split)
        labels = split.labels[: self.limit] if model.config.classes else None
        with Progress("scoring") as progress:
            scored = evaluate(
                model,
                split.images[: self.limit],
                labels,
                batch_size=self.batch_size,
                progress=progress.rows,
            )
        if self.json:
            about = {"data": options.data, "split": self.split, "levels": options.levels}
            about |= {"binarize": options.binarize if options.levels == 2 else None}
            about |= {"size": options.size} | asdict(scored)
            if scored.images == 1:
                about["nats_stderr"] = None  # JSON has no NaN
            print(json.dumps(about))
            return 0
        print(f"{scored.images:,} {self.split} images of {self._describe(options)}")
        print(f"  {scored.nats:.2f} ± {scored.nats_stderr:.2f} nats per image (standard error)")
        print(f"  {scored.bits_per_dim:.4f} bits per dimension")
        print(f"  {scored.perplexity_per_pixel:.4f} perplexity per pixel")
        return 0

    def _describe(self, options: DataOptions) -> str:
        kind = options.binarize if options.levels == 2 else f"{options.levels} levels"
        return f"{options.data}, {options.size} x {options.size}, {kind}"


def data_options(
    card: Mapping[str, Any],
    config: ModelConfig,
    name: str | None = None,
    binarize: Binarization | None = None,
    root: Path | None = None,
) -> DataOptions:
    """The data of a model's training, in the same form, unless the arguments differ.

    Raises:
        ConfigError: neither the card nor the arguments name a data set.
    """
    stated = card.get("data")
    trained_on = stated if isinstance(stated, Mapping) else {}
    name = name or trained_on.get("name")
    if not isinstance(name, str):
        raise ConfigError("This checkpoint's card names no data set; use --data.")
    binarize = binarize or trained_on.get("binarize") or "threshold"
    return DataOptions(name, config.levels, binarize, config.height, root)
