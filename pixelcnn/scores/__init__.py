"""Scores of samples, which look at the images alone, whatever drew them.

    from pixelcnn.scores import load_classifier, frechet_distance, two_sample_test

    classifier, _ = load_classifier("checkpoints/scores/digit-classifier.safetensors")
    distance = frechet_distance(classifier.features(samples), classifier.features(test_digits))
    verdict = two_sample_test(samples, test_digits)   # accuracy 0.5: indistinguishable

The likelihood (`pixelcnn.metrics`) measures how well a model predicts real images; these scores
measure how real its samples look. A model can be good at one and bad at the other.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
