from .classifier import (
    ClassifierConfig as ClassifierConfig,
)
from .classifier import (
    DigitClassifier as DigitClassifier,
)
from .classifier import (
    load_classifier as load_classifier,
)
from .classifier import (
    save_classifier as save_classifier,
)
from .classifier import (
    train_classifier as train_classifier,
)
from .distances import (
    class_score as class_score,
)
from .distances import (
    frechet_distance as frechet_distance,
)
from .distances import (
    nearest_images as nearest_images,
)
from .distances import (
    precision_and_recall as precision_and_recall,
)
from .intervals import (
    Interval as Interval,
)
from .intervals import (
    bootstrap_difference as bootstrap_difference,
)
from .intervals import (
    bootstrap_mean as bootstrap_mean,
)
from .intervals import (
    share_interval as share_interval,
)
from .two_sample import (
    TwoSample as TwoSample,
)
from .two_sample import (
    two_sample_test as two_sample_test,
)
