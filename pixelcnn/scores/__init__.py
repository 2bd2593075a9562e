"""How good are samples? Scores that look at the images alone, whatever drew them.

    from pixelcnn.scores import load_classifier, frechet_distance, two_sample_test

    classifier, _ = load_classifier("checkpoints/scores/digit-classifier.safetensors")
    distance = frechet_distance(classifier.features(samples), classifier.features(test_digits))
    verdict = two_sample_test(samples, test_digits)   # accuracy 0.5: it cannot tell them apart

The likelihood (`pixelcnn.metrics`) asks how well a model expects real images; these ask how real
its own look. A model can do well at one and badly at the other.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
