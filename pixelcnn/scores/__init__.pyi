from .classifier import (
    ClassifierConfig as ClassifierConfig,
    DigitClassifier as DigitClassifier,
    load_classifier as load_classifier,
    save_classifier as save_classifier,
    train_classifier as train_classifier,
)
from .distances import (
    class_score as class_score,
    frechet_distance as frechet_distance,
    nearest_images as nearest_images,
    precision_and_recall as precision_and_recall,
)
from .intervals import (
    Interval as Interval,
    bootstrap_difference as bootstrap_difference,
    bootstrap_mean as bootstrap_mean,
    share_interval as share_interval,
)
from .two_sample import (
    TwoSample as TwoSample,
    two_sample_test as two_sample_test,
)
