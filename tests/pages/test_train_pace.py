"""The more of a class look at a training, the longer each waits between two looks."""

import pytest

from pages.train.pace import Pace, interval


@pytest.mark.parametrize(
    ("viewers", "seconds"), [(1, 0.5), (3, 0.5), (4, 1), (6, 1), (7, 2), (12, 2), (13, 4), (30, 4)]
)
def test_all_together_look_some_six_times_a_second(viewers: int, seconds: float) -> None:
    assert interval(viewers) == seconds


def test_who_does_not_look_any_more_is_forgotten() -> None:
    pace = Pace()
    assert [pace.viewers(name, now=0.0) for name in ("a", "b", "a", "c")] == [1, 2, 2, 3]
    assert pace.viewers("a", now=9.0) == 3
    assert pace.viewers("b", now=11.0) == 2
