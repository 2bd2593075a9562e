"""How good are samples? Scores that look at the images alone, whatever drew them.

    from pixelcnn.scores import load_classifier, frechet_distance, two_sample_test

    classifier, _ = load_classifier("checkpoints/scores/digit-classifier.safetensors")
    distance = frechet_distance(classifier.features(samples), classifier.features(test_digits))
    verdict = two_sample_test(samples, test_digits)   # accuracy 0.5: it cannot tell them apart

The likelihood (`pixelcnn.metrics`) asks how well a model expects real images; these ask how real
its own look. A model can do well at one and badly at the other.
"""

from pixelcnn.scores.classifier import (
    ClassifierConfig,
    DigitClassifier,
    load_classifier,
    save_classifier,
    train_classifier,
)
from pixelcnn.scores.distances import (
    class_score,
    frechet_distance,
    nearest_images,
    precision_and_recall,
)
from pixelcnn.scores.intervals import Interval, bootstrap_difference, bootstrap_mean, share_interval
from pixelcnn.scores.two_sample import TwoSample, two_sample_test

__all__ = [
    "ClassifierConfig",
    "DigitClassifier",
    "Interval",
    "TwoSample",
    "bootstrap_difference",
    "bootstrap_mean",
    "class_score",
    "frechet_distance",
    "load_classifier",
    "nearest_images",
    "precision_and_recall",
    "save_classifier",
    "share_interval",
    "train_classifier",
    "two_sample_test",
]
