"""`python -m pixelcnn card`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from pixelcnn.cli.evaluate import data_options
from pixelcnn.cli.options import check_seed
from pixelcnn.system.checks import check_whole
from pixelcnn.system.output import write_output
from pixelcnn.system.progress import Progress
from pixelcnn.system.shipped import CHECKPOINTS, CLASSIFIER, NUMBER_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pixelcnn.cli.options import DataOptions
    from pixelcnn.models.base import AutoregressiveModel
    from pixelcnn.scores.classifier import DigitClassifier

CARDS = CHECKPOINTS / "cards"

_ON_A_SHEET = 64
_MEASURED = 50


@dataclass(frozen=True)
class Card:
    """Judge a checkpoint's samples, and write its card: a page of Markdown and a sheet of 64.

    Example: python -m pixelcnn card mnist-threshold-gated

    Attributes:
        checkpoint: a file, or the name of a shipped checkpoint.
        images: number of samples to judge, beside as many test images.
        seed: of the samples.
        data_root: folder of downloaded data sets; by default $PIXELCNN_DATA, or data.
        output: folder to write to; by default that of the shipped cards.
    """

    checkpoint: tyro.conf.Positional[str]
    images: int = 1000
    seed: int = 0
    data_root: Path | None = None
    output: Path = CARDS

    def run(self) -> int:
        """Judge and write; returns the exit status."""
        check_seed(self.seed)
        check_whole("--images", self.images, 1)
        from pixelcnn.checkpoints.files import find_checkpoint, load_checkpoint, read_header
        from pixelcnn.data.images import save_image, sheet
        from pixelcnn.models.parameters import count_parameters
        from pixelcnn.recipes.shipped import recipes
        from pixelcnn.sampling.drawing import sample
        from pixelcnn.scores.model_card import model_card
        from pixelcnn.scores.samples import judge_samples

        path = find_checkpoint(self.checkpoint)
        model, card = load_checkpoint(path)
        options = data_options(card, model.config, root=self.data_root)
        with Progress("sampling") as progress:
            scores = judge_samples(
                model,
                options.load().test,
                _classifier_for(options),
                images=self.images,
                seed=self.seed,
                progress=progress.rows,
            )
        labels = model.labels_in_turn(_ON_A_SHEET)
        samples = sample(model, _ON_A_SHEET, labels=labels, seed=self.seed)
        recipe = recipes().get(path.stem)
        text = model_card(
            path.stem,
            read_header(path),
            count_parameters(model),
            scores,
            about=recipe.about if recipe else "",
            command=f"python -m pixelcnn card {path.stem} --images {self.images} "
            f"--seed {self.seed}",
            sheet=f"{path.stem}.png",
            kinds=json.loads(NUMBER_KINDS.read_text()).get(path.stem),
            size=_size(model, card),
        )
        write_output(self.output / f"{path.stem}.md", text.encode())
        save_image(self.output / f"{path.stem}.png", sheet(samples, model.config.levels, scale=2))
        print(text)
        return 0


def _size(model: AutoregressiveModel, card: Mapping[str, Any]) -> str:
    """Bytes of an image's file, in words; empty for a network that the executor cannot run."""
    from pixelcnn.cli.bench.size import unseen_images
    from pixelcnn.compression.recorded import file_sizes, in_words
    from pixelcnn.errors import ConfigError

    try:
        _, split = unseen_images(model, card, _MEASURED)
        labels = split.labels if model.config.classes else None
        return in_words(file_sizes(model, split.images, labels))
    except ConfigError:
        return ""


def _classifier_for(options: DataOptions) -> DigitClassifier | None:
    """The digit classifier, if it was trained on digits of this size."""
    from pixelcnn.scores.classifier import load_classifier

    classifier, _ = load_classifier(CLASSIFIER)
    knows = options.size == classifier.config.size and options.data in ("mnist", "mnist5k")
    return classifier if knows else None
