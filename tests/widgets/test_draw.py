"""The widgets of the page Draw & complete refuse, with a sentence, what does not fit."""

from typing import Any

import numpy as np
import pytest

from widgets.bars.widget import bars
from widgets.endings.widget import endings
from widgets.painter.widget import Drawing, drawing_from, link_text, painter


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
def test_endings_that_do_not_fit_are_refused(changes: dict[str, Any], says: str) -> None:
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
def test_bars_that_do_not_fit_are_refused(shares: Any, names: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        bars(shares, names, key="bars")


@pytest.mark.parametrize("seed", range(5))
def test_a_drawing_survives_the_way_through_a_link(seed: int) -> None:
    rng = np.random.default_rng(seed)
    known = rng.random((5, 9)) < seed / 4  # from nothing given to everything
    image = np.where(known, rng.integers(0, 2, (5, 9)), 0).astype(np.uint8)
    text = link_text(Drawing(image, known))
    back = drawing_from(text, (5, 9))
    assert back is not None
    np.testing.assert_array_equal(back.image, image)
    np.testing.assert_array_equal(back.known_mask, known)
    assert drawing_from(text, (9, 5)) is None
    assert drawing_from(text + "A", (5, 9)) is None
    assert drawing_from(text[:-1], (5, 9)) is None


@pytest.mark.parametrize("ghost", [np.full((4, 5), 1.5), np.full((4, 5), np.nan), np.zeros((5, 4))])
def test_a_ghost_that_does_not_fit_is_refused(ghost: Any) -> None:
    paper, known = np.zeros((4, 5), np.uint8), np.zeros((4, 5), bool)
    with pytest.raises(ValueError, match="ghost must"):
        painter(paper, known, ghost=ghost, key="painter")
