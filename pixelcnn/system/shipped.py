"""Location of the shipped files: weights, films, scores, recorded runs."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The folder of `app.py`."""

CHECKPOINTS = ROOT / "checkpoints"
"""The folder of shipped files that were computed."""
