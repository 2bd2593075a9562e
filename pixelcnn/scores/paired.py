"""Two models on the same images: whether their scores are comparable, and their difference."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from pixelcnn.data.dataset import Split
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.scores.intervals import Interval, bootstrap_difference, bootstrap_mean


def obstacles(
    config: Mapping[str, Any],
    card: Mapping[str, Any],
    other_config: Mapping[str, Any],
    other_card: Mapping[str, Any],
) -> list[str]:
    """The reasons why two models' scores are not comparable, a sentence each; empty if they are.

    Args:
        config, other_config: the options of the models.
        card, other_card: of their files; `threshold` is assumed where they name no binarisation.
    """
    reasons = []
    sizes = [f"{options['height']} × {options['width']}" for options in (config, other_config)]
    if sizes[0] != sizes[1]:
        reasons.append(
            f"A reads images of {sizes[0]} pixels and B of {sizes[1]}. A small image costs "
            "fewer nats because it has fewer pixels, and each is harder to predict."
        )
    if config["channels"] != other_config["channels"]:
        reasons.append("One of them reads colours and the other does not.")
    levels = [options["levels"] for options in (config, other_config)]
    if levels[0] != levels[1]:
        reasons.append(
            f"A predicts {levels[0]} levels and B {levels[1]}. With more levels the right one is "
            "harder to hit."
        )
    methods = [binarization(facts) for facts in (card, other_card)]
    if levels == [2, 2] and methods[0] != methods[1]:
        reasons.append(
            f"A learned from digits binarised by *{methods[0]}*, B by *{methods[1]}*. A randomly "
            "drawn edge is ragged and costs more nats than a clean one."
        )
    for which, facts in (("A", card), ("B", other_card)):
        if not _of_digits(facts):
            reasons.append(
                f"{which} learned from other pictures than digits, but the test pictures are "
                "digits: their scores would say nothing about it."
            )
    return reasons


def _of_digits(card: Mapping[str, Any]) -> bool:
    """Whether a model learned digits; that is assumed where its card names no data."""
    data = card.get("data")
    name = data.get("name") if isinstance(data, Mapping) else None
    return name not in ("own", "photographs")


def binarization(card: Mapping[str, Any]) -> str:
    """The binarisation of a model's training images."""
    data = card.get("data")
    return str((data.get("binarize") if isinstance(data, Mapping) else None) or "threshold")


@dataclass(frozen=True, eq=False)
class PairedScores:
    """The scores of the same images under two models.

    Attributes:
        ours, theirs: nats of each image, `(n,)`.
        dims: sub-pixels of an image.
        of: number of images in the end.
        classes: number of classes of each conditional model; 0 for none.
    """

    ours: Tensor
    theirs: Tensor
    dims: int
    of: int
    classes: tuple[int, int]

    @property
    def done(self) -> bool:
        """Whether all images were scored."""
        return len(self.ours) == self.of

    @property
    def bits(self) -> float:
        """Bits per sub-pixel for one nat per image."""
        return 1 / (self.dims * math.log(2))

    @cached_property
    def alone(self) -> tuple[Interval, Interval]:
        """Mean nats of each model with its own interval."""
        return bootstrap_mean(self.ours), bootstrap_mean(self.theirs)

    @cached_property
    def difference(self) -> Interval:
        """The mean of ours - theirs in nats, image by image; negative if ours is better."""
        return bootstrap_difference(self.ours, self.theirs)

    @property
    def label_worth(self) -> float:
        """The most, in nats, that a label can help one of the models; negative for ours.

        A conditional model gives p(x | y). Without the label it would give the mean over all
        classes y, which is at least p(x | y) / classes: it costs at most log(classes) more.
        """
        ours, theirs = (math.log(count) if count else 0.0 for count in self.classes)
        return theirs - ours

    @property
    def after_paying(self) -> float:
        """The mean difference in nats if the conditional model pays the most a label is worth."""
        return (self.ours.double() - self.theirs.double()).mean().item() - self.label_worth


def paired_scores(
    ours: AutoregressiveModel, theirs: AutoregressiveModel, split: Split, *, batch_size: int = 20
) -> Iterator[PairedScores]:
    """Score both models on a split, batch by batch; yields the result so far.

    Args:
        ours, theirs: in evaluation mode, for images of the same kind.
        split: images and labels; conditional models get the labels.
        batch_size: images between two results.

    Raises:
        DataError: images or labels that do not fit a model.
    """
    images, labels = split
    known: tuple[list[Tensor], list[Tensor]] = ([], [])
    classes = ours.config.classes, theirs.config.classes
    for start in range(0, len(images), batch_size):
        part = slice(start, start + batch_size)
        for model, nats in zip((ours, theirs), known, strict=True):
            with torch.inference_mode():
                part_labels = labels[part] if model.config.classes else None
                nats.append(-model.log_prob(images[part], part_labels))
        first, second = (torch.cat(nats) for nats in known)
        yield PairedScores(first, second, images[0].numel(), len(images), classes)
