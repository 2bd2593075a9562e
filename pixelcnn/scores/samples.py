"""Scores of a model's samples beside test images, for its card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from pixelcnn.data.levels import dequantize, quantize
from pixelcnn.errors import DataError
from pixelcnn.scores.distances import class_score, frechet_distance, precision_and_recall
from pixelcnn.scores.intervals import Interval
from pixelcnn.scores.two_sample import two_sample_test

if TYPE_CHECKING:
    from pixelcnn.data.dataset import Split
    from pixelcnn.models.base import AutoregressiveModel
    from pixelcnn.scores.classifier import DigitClassifier


@dataclass(frozen=True, kw_only=True)
class SampleScores:
    """How samples compare with test images; JSON-able.

    Attributes:
        images: number of samples, and of test images.
        seed: of the samples, the choice of test images and the discriminator.
        two_sample_accuracy: accuracy of a discriminator trained for this purpose, on held-out
            images, with its 95 % interval; 0.5 means indistinguishable.
        frechet_distance: in the features of the digit classifier; None for images that it does not
            support.
        frechet_distance_of_data: the same between other test images and these: what a perfect model
            would reach with so few.
        class_score: see `pixelcnn.scores.class_score`.
        precision: share of samples among the test images.
        recall: share of test images among the samples.
        classifier_accuracy: the digit classifier's accuracy on the test images, in its own number
            of levels, which tells what its features are worth here. None without labels.
    """

    images: int
    seed: int
    two_sample_accuracy: Interval
    frechet_distance: float | None = None
    frechet_distance_of_data: float | None = None
    class_score: float | None = None
    precision: float | None = None
    recall: float | None = None
    classifier_accuracy: float | None = None


def judge_samples(
    model: AutoregressiveModel,
    test: Split,
    classifier: DigitClassifier | None = None,
    *,
    images: int = 1000,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> SampleScores:
    """Draw from a model and compare with test images, with the same labels.

    Args:
        model: any.
        test: twice as many images as are judged, of the model's kind.
        classifier: trained on images of this size; it gets all images at its own number of levels
            (two levels of 256: ink above half).
        images: number to draw, and to compare with.
        seed: of all random numbers.
        progress: called with (rows drawn, rows in all).

    Raises:
        DataError: too few test images, or images that do not fit.
    """
    from pixelcnn.sampling.drawing import sample

    if len(test.images) < 2 * images:
        raise DataError(
            f"{images} samples need {2 * images} test images for comparison, and there are "
            f"{len(test.images)}; judge fewer."
        )
    # Chosen at random: the first half of MNIST's test digits is easier than the second.
    order = torch.randperm(len(test.images), generator=torch.Generator().manual_seed(seed))
    chosen, others = order[:images], order[images : 2 * images]
    real = test.images[chosen]
    labels = test.labels[chosen] if model.config.classes else None
    samples = sample(model, images, labels=labels, seed=seed, progress=progress)
    verdict = two_sample_test(samples, real, levels=model.config.levels, seed=seed)
    common = {"images": images, "seed": seed}
    if classifier is None:
        return SampleScores(**common, two_sample_accuracy=verdict.accuracy)
    samples, real, further = (
        quantize(dequantize(images, model.config.levels), classifier.config.levels)
        for images in (samples, real, test.images[others])
    )
    features, real_features = classifier.features(samples), classifier.features(real)
    right = classifier.probabilities(real).argmax(dim=1) == test.labels[chosen]
    among = precision_and_recall(real_features, features)
    return SampleScores(
        **common,
        two_sample_accuracy=verdict.accuracy,
        frechet_distance=frechet_distance(features, real_features),
        frechet_distance_of_data=frechet_distance(classifier.features(further), real_features),
        class_score=class_score(classifier.probabilities(samples)),
        precision=among.precision,
        recall=among.recall,
        classifier_accuracy=right.float().mean().item() if test.labels.any() else None,
    )
