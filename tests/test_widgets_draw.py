"""The widgets of the page Draw & complete refuse, with a sentence, what does not fit."""

from typing import Any

import numpy as np
import pytest

from widgets.bars import bars
from widgets.endings import endings


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"images": np.zeros((9, 3, 4, 5), np.uint8)}, "images must have shape"),
        ({"images": np.zeros((9, 1, 4, 5))}, "images must be uint8"),
        ({"images": np.full((9, 1, 4, 5), 2, np.uint8)}, "level 2"),
        ({"known_mask": np.zeros((5, 4), bool)}, "known_mask must have shape"),
        ({"known_mask": np.zeros((4, 5), np.uint8)}, "known_mask must be bool"),
        ({"captions": ["7"]}, "captions must have 9 entries"),
        ({"columns": 0}, "columns must be at least 1"),
        ({"levels": 1}, "levels must lie between"),
    ],
)
def test_endings_that_do_not_fit_are_told(changes: dict[str, Any], says: str) -> None:
    fitting = {
        "images": np.zeros((9, 1, 4, 5), np.uint8),
        "known_mask": np.zeros((4, 5), bool),
        "levels": 2,
    }
    with pytest.raises(ValueError, match=says):
        endings(**{**fitting, **changes}, key="endings")


@pytest.mark.parametrize(
    ("shares", "names", "says"),
    [
        ([0.5, 0.5], ["a"], "names must have 2 entries"),
        ([0.5, 1.5], ["a", "b"], "between 0 and 1"),
        ([0.5, float("nan")], ["a", "b"], "between 0 and 1"),
        ([[0.5], [0.5]], ["a", "b"], "shares must have shape"),
    ],
)
def test_bars_that_do_not_fit_are_told(shares: Any, names: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        bars(shares, names, key="bars")
