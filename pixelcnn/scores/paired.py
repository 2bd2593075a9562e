"""Two models on the same images: may they be compared, and by how much do they differ?"""

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
    """Why the scores of two models cannot be compared, a sentence each; empty if they can.

    Args:
        config, other_config: the options of the models.
        card, other_card: what their files say of them; without a word on the binarisation,
            `threshold` is taken for granted.
    """
    found = []
    sizes = [f"{one['height']} × {one['width']}" for one in (config, other_config)]
    if sizes[0] != sizes[1]:
        found.append(
            f"A reads pictures of {sizes[0]} pixels and B of {sizes[1]}. A small picture costs "
            "fewer nats because there is less of it, and its pixels are harder to guess."
        )
    if config["channels"] != other_config["channels"]:
        found.append("One of them reads colours and the other does not.")
    levels = [one["levels"] for one in (config, other_config)]
    if levels[0] != levels[1]:
        found.append(
            f"A bets on {levels[0]} levels and B on {levels[1]}. Among more levels it is harder to "
            "hit the right one."
        )
    made = [binarization(one) for one in (card, other_card)]
    if levels == [2, 2] and made[0] != made[1]:
        found.append(
            f"A learned from digits made black and white by *{made[0]}*, B by *{made[1]}*. A drawn "
            "edge is ragged and costs more nats than a clean one."
        )
    return found


def binarization(card: Mapping[str, Any]) -> str:
    """How the images were made black and white that a model learned from."""
    data = card.get("data")
    return str((data.get("binarize") if isinstance(data, Mapping) else None) or "threshold")


@dataclass(frozen=True, eq=False)
class PairedScores:
    """What the same images cost under two models.

    Attributes:
        ours, theirs: nats of each image, `(n,)`.
        dims: sub-pixels of an image.
        of: how many images there will be in the end.
        classes: how many labels each model was told one of; 0 for none.
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
        """Bits per sub-pixel that one nat per image is."""
        return 1 / (self.dims * math.log(2))

    @cached_property
    def alone(self) -> tuple[Interval, Interval]:
        """Mean nats of each model, with the interval that it has on its own."""
        return bootstrap_mean(self.ours), bootstrap_mean(self.theirs)

    @cached_property
    def difference(self) -> Interval:
        """The mean of ours - theirs in nats, image by image; below zero, ours is better."""
        return bootstrap_difference(self.ours, self.theirs)

    @property
    def label_worth(self) -> float:
        """The most, in nats, by which a label helped one model alone; below zero, ours.

        A told model gives p(x | y). Without the label it would give the mean of that over all
        classes y, which is at least p(x | y) / classes: so it would pay at most log(classes) more.
        """
        ours, theirs = (math.log(count) if count else 0.0 for count in self.classes)
        return theirs - ours

    @property
    def after_paying(self) -> float:
        """The mean difference in nats if who was told a label pays all that it may be worth."""
        return (self.ours.double() - self.theirs.double()).mean().item() - self.label_worth


def paired_scores(
    ours: AutoregressiveModel, theirs: AutoregressiveModel, split: Split, *, batch_size: int = 20
) -> Iterator[PairedScores]:
    """Score both models on a split, some images at a time; yields all that is known so far.

    Args:
        ours, theirs: in evaluation mode, for images of one form.
        split: images and labels; a model with classes is told the labels.
        batch_size: images between two results.

    Raises:
        DataError: images or labels that a model cannot read.
    """
    images, labels = split
    known: tuple[list[Tensor], list[Tensor]] = ([], [])
    classes = ours.config.classes, theirs.config.classes
    for start in range(0, len(images), batch_size):
        some = slice(start, start + batch_size)
        for model, nats in zip((ours, theirs), known, strict=True):
            with torch.inference_mode():
                told = labels[some] if model.config.classes else None
                nats.append(-model.log_prob(images[some], told))
        first, second = (torch.cat(nats) for nats in known)
        yield PairedScores(first, second, images[0].numel(), len(images), classes)
