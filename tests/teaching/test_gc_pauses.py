"""Collections skip survivors, but no garbage is kept forever."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from pixelcnn.teaching.gc_pauses import SparedSurvivors, spare_survivors


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Ring:
    """Refers to itself, so that only the collector can free it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def clock() -> Iterator[Clock]:
    """A collector that skips survivors for 300 of these seconds."""
    others, clock = gc.callbacks[:], Clock()
    gc.unfreeze()
    gc.callbacks[:] = [SparedSurvivors(300, clock)]
    yield clock
    gc.callbacks[:] = others
    gc.unfreeze()


@pytest.mark.usefixtures("clock")
def test_survivors_are_not_visited_again() -> None:
    gc.collect()
    frozen = gc.get_freeze_count()
    assert frozen > 10_000
    assert len(gc.get_objects()) < frozen / 10


@pytest.mark.usefixtures("clock")
def test_young_garbage_is_removed_at_once() -> None:
    gc.collect()
    ring = Ring()
    gone = weakref.ref(ring)
    del ring
    gc.collect()
    assert gone() is None


def test_old_garbage_is_removed_by_the_next_full_collection(clock: Clock) -> None:
    ring = Ring()
    gone = weakref.ref(ring)
    gc.collect()
    del ring
    clock.now = 299
    gc.collect()
    assert gone() is not None
    clock.now = 300
    gc.collect()
    assert gone() is None


@pytest.mark.usefixtures("clock")
def test_a_second_call_changes_nothing() -> None:
    spare_survivors()
    assert len(gc.callbacks) == 1
