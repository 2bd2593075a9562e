"""Where the files that come with the lab lie: weights, films, scores, recorded runs."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The folder of `app.py`."""

CHECKPOINTS = ROOT / "checkpoints"
"""Everything that is shipped and was computed, not written."""
