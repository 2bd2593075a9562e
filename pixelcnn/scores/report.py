"""All scores of drawn images at once, each beside that of real ones.

A score alone says little: a Fréchet distance of 20 may be the best that 500 images can reach. So
another set of real images is scored in the same way.
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
    """The scores of one set of images.

    Attributes:
        images: uint8 `(n, 1, H, W)`.
        frechet: see `frechet_distance`, to the real images.
        classes: see `class_score`.
        among: see `precision_and_recall`.
        verdict: of the two-sample test against the real images.
        nearest: index of the most similar training image of each, int64 `(n,)`.
        differ: number of pixels that differ from it, for two levels, float32 `(n,)`.
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
        """The median distance to a training image, in pixels."""
        return self.differ.median().item()

    def closest(self, labels: Tensor, count: int) -> Tensor:
        """The images nearest to a training image, one per class of that: indices `(k,)`.

        Args:
            labels: of the training images.
            count: maximum number of images.
        """
        order = self.differ.argsort()
        classes = labels[self.nearest[order]]
        firsts = [int((classes == label).nonzero()[0]) for label in classes.unique()]
        return order[torch.tensor(sorted(firsts)[:count])]


def score_set(
    images: Tensor, real: Tensor, training: Tensor, classifier: DigitClassifier
) -> SetScores:
    """All scores of `images`, uint8 `(n, 1, H, W)` of two levels.

    Args:
        images: drawn, or real ones to compare with; as many as `real`, since smaller sets seem
            further away.
        real: reference images.
        training: in which to look for the nearest.
        classifier: provides the features.

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
    """`score_set` for several sets; yields all results so far."""
    results: dict[str, SetScores] = {}
    for name, images in sets.items():
        results = results | {name: score_set(images, real, training, classifier)}
        yield results
