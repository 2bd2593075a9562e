"""Location of the app and of the shipped files: weights, films, scores, recorded runs."""

from pathlib import Path

PACKAGE_PARENT = Path(__file__).parents[2]
"""The folder from which `import pixelcnn` works."""

_INSTALLED = PACKAGE_PARENT / "pixelcnn" / "_lab"

ROOT = _INSTALLED if _INSTALLED.is_dir() else PACKAGE_PARENT
"""The folder of `app.py`: in the repository beside the package, once installed inside it."""

CHECKPOINTS = ROOT / "checkpoints"
"""The folder of shipped files that were computed."""

OPENING = CHECKPOINTS / "opening.npz"
RESULTS = CHECKPOINTS / "exhibits.npz"
RECORDS = CHECKPOINTS / "scores" / "recorded.npz"
CLASSIFIER = CHECKPOINTS / "scores" / "digit-classifier.safetensors"
UNSEEN = CHECKPOINTS / "scores" / "unseen-digits.npz"
NUMBER_KINDS = CHECKPOINTS / "scores" / "number-kinds.json"
BYTES = CHECKPOINTS / "scores" / "bytes.json"
BASELINES = CHECKPOINTS / "baselines"
