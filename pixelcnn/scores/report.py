"""All scores of drawn images at once, each beside that of real ones.

A score says little on its own: a Fréchet distance of 20 may be as near as 500 images can come. So
real images, others than those that all are measured against, are scored like the drawn ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from pixelcnn.scores.classifier import DigitClassifier
from pixelcnn.scores.distances import (
    PrecisionRecall,
    class_score,
    frechet_distance,
    nearest_images,
    precision_and_recall,
)
from pixelcnn.scores.two_sample import TwoSample, two_sample_test


@dataclass(frozen=True, eq=False)
class SetScores:
    """What the scores say of one set of images.

    Attributes:
        images: uint8 `(n, 1, H, W)`.
        frechet: see `frechet_distance`, against the real images.
        classes: see `class_score`.
        among: see `precision_and_recall`.
        verdict: of the two-sample test against the real images.
        nearest: the most similar training image of each, by index, int64 `(n,)`.
        differ: how many pixels differ from it, for two levels, float32 `(n,)`.
    """

    images: Tensor
    frechet: float
    classes: float
    among: PrecisionRecall
    verdict: TwoSample
    nearest: Tensor
    differ: Tensor

    @property
    def typical(self) -> float:
        """Half of the images are nearer than this, in pixels, to a training image."""
        return self.differ.median().item()

    def closest(self, labels: Tensor, count: int) -> Tensor:
        """The images nearest to a training image, one for each class of these: indices `(k,)`.

        Args:
            labels: of the training images.
            count: the most images.
        """
        order = self.differ.argsort()
        classes = labels[self.nearest[order]]
        firsts = [int((classes == one).nonzero()[0]) for one in classes.unique()]
        return order[torch.tensor(sorted(firsts)[:count])]


def score_set(
    images: Tensor, real: Tensor, training: Tensor, classifier: DigitClassifier
) -> SetScores:
    """Every score of `images`, uint8 `(n, 1, H, W)` of two levels.

    Args:
        images: drawn, or real ones to compare with; as many as `real`, since small sets seem
            further away than large ones.
        real: what all are measured against.
        training: where to look for the nearest.
        classifier: whose features stand for what a person looks at.

    Raises:
        DataError: images of another size, or too few.
    """
    features = classifier.features(images)
    others = classifier.features(real)
    nearest, distances = nearest_images(images, training)
    return SetScores(
        images=images,
        frechet=frechet_distance(features, others),
        classes=class_score(classifier.probabilities(images)),
        among=precision_and_recall(others, features),
        verdict=two_sample_test(images, real),
        nearest=nearest,
        differ=distances.square(),
    )


def score_sets(
    sets: Mapping[str, Tensor], real: Tensor, training: Tensor, classifier: DigitClassifier
) -> Iterator[dict[str, SetScores]]:
    """`score_set` for one set after the other; yields all that is known so far."""
    found: dict[str, SetScores] = {}
    for name, images in sets.items():
        found = found | {name: score_set(images, real, training, classifier)}
        yield found
