"""What the player and the race refuse, and what a request for a branch tells Python."""

from collections.abc import Callable

import numpy as np
import pytest

from widgets.player.widget import PlayerEvent, _event, player
from widgets.player_race.widget import player_race

IMAGES = np.zeros((2, 1, 4, 5), np.uint8)
RACE = {"levels": 2, "names": ("a", "b"), "measured_rows": (1, 4), "key": "k"}


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: player(IMAGES, levels=2, captions=["one"], key="k"), "captions must have 2"),
        (lambda: player(IMAGES, levels=2, names=["one"], key="k"), "names must have 2"),
        (lambda: player(IMAGES, levels=2, changed=[None], key="k"), "changed must have 2"),
        (lambda: player(IMAGES, levels=2, start=(4, 0), key="k"), "outside the 4 x 5 grid"),
        (lambda: player_race(IMAGES[0], seconds=(1.0, 0.0), **RACE), "seconds must be above 0"),
        (lambda: player_race(IMAGES, seconds=(1.0, 1.0), **RACE), "image must have shape"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call: Callable[[], object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        call()


@pytest.mark.parametrize("level", [None, 3, 4, -1, "3", 1e9])
def test_only_a_level_of_the_model_asks_for_a_branch(level: object) -> None:
    meta = {"n": 2, "height": 4, "width": 5, "channels": 3, "levels": 4}
    sent = {"image": 1, "row": 3, "column": 4, "channel": 2, "level": level, "digest": "this"}
    expected = PlayerEvent(1, 3, 4, 2, level if level == 3 else None)
    assert _event(sent, "this", meta) == expected
