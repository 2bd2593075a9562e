"""Location of the shipped files: weights, films, scores, recorded runs."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The folder of `app.py`."""

CHECKPOINTS = ROOT / "checkpoints"
"""The folder of shipped files that were computed."""

OPENING = CHECKPOINTS / "opening.npz"
RESULTS = CHECKPOINTS / "exhibits.npz"
RECORDS = CHECKPOINTS / "scores" / "recorded.npz"
CLASSIFIER = CHECKPOINTS / "scores" / "digit-classifier.safetensors"
UNSEEN = CHECKPOINTS / "scores" / "unseen-digits.npz"
BASELINES = CHECKPOINTS / "baselines"
