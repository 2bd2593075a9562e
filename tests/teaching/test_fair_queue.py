"""The queue for jobs that keep a processor busy: bounded, fair, with a position."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from pixelcnn.teaching.fair_queue import BusyError, Superseded, WorkQueue


class Crowd:
    """Threads that want turns of one slot, which a first job holds until `let_go`."""

    def __init__(self, queue: WorkQueue, pool: ThreadPoolExecutor) -> None:
        self.queue, self._pool = queue, pool
        self.served: list[str] = []
        self.told: dict[str, list[int]] = {}
        self._free = threading.Event()
        began = threading.Event()
        self._first = pool.submit(self._hold, began)
        began.wait(10)

    def _hold(self, began: threading.Event) -> None:
        with self.queue.turn("first"):
            began.set()
            self._free.wait(30)

    def join(self, who: str, name: str = "") -> "Future[None]":
        """Queue up, and return after the first call with a position, so that the order is known."""
        name, heard = name or who, threading.Event()
        self.told[name] = []

        def tell(before: int) -> None:
            self.told[name].append(before)
            heard.set()

        def work() -> None:
            with self.queue.turn(who, tell):
                self.served.append(name)

        future = self._pool.submit(work)
        heard.wait(10)
        return future

    def let_go(self) -> None:
        self._free.set()


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    with ThreadPoolExecutor(12) as pool:
        crowd = Crowd(WorkQueue(1, places=3), pool)
        yield crowd
        crowd.let_go()


def test_waiting_jobs_know_their_position_and_run_in_order(crowd: Crowd) -> None:
    futures = [crowd.join(name) for name in ("anna", "ben", "cleo")]
    assert [crowd.told[name][0] for name in ("anna", "ben", "cleo")] == [0, 1, 2]
    crowd.let_go()
    for future in futures:
        future.result(10)
    assert crowd.served == ["anna", "ben", "cleo"]


def test_recently_served_sessions_come_last(crowd: Crowd) -> None:
    again = crowd.join("first", "first again")
    newcomer = crowd.join("anna")
    crowd.let_go()
    again.result(10)
    newcomer.result(10)
    assert crowd.served == ["anna", "first again"]


def test_a_newer_job_of_a_session_replaces_the_older(crowd: Crowd) -> None:
    old, other = crowd.join("anna", "old stroke"), crowd.join("ben")
    new = crowd.join("anna", "new stroke")
    with pytest.raises(Superseded):
        old.result(10)
    crowd.let_go()
    new.result(10)
    other.result(10)
    assert crowd.served == ["new stroke", "ben"]


def test_a_full_queue_refuses_new_jobs_and_keeps_the_waiting_ones(crowd: Crowd) -> None:
    futures = [crowd.join(name) for name in ("anna", "ben", "cleo")]
    with pytest.raises(BusyError, match="3 other requests"), crowd.queue.turn("dora"):
        pass
    crowd.let_go()
    for future in futures:
        future.result(10)


@pytest.mark.parametrize("error", [RuntimeError("gone"), KeyboardInterrupt()])
def test_an_abandoned_job_frees_its_place(error: BaseException) -> None:
    queue = WorkQueue(1)

    def leave(before: int) -> None:
        raise error

    holding, free = threading.Event(), threading.Event()

    def hold() -> None:
        with queue.turn("first"):
            holding.set()
            free.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(10)
    with pytest.raises(type(error)), queue.turn("anna", leave):
        pass
    free.set()
    thread.join(10)
    with queue.turn("ben"):  # would wait forever behind a forgotten place
        pass


def test_a_failing_job_frees_its_slot() -> None:
    queue = WorkQueue(1, patience_s=5)
    with pytest.raises(ZeroDivisionError), queue.turn("anna"):
        raise ZeroDivisionError
    with queue.turn("ben"):
        pass


def test_no_job_waits_forever() -> None:
    queue = WorkQueue(1, patience_s=0.0)
    with (
        queue.turn("first"),
        ThreadPoolExecutor(1) as pool,
        pytest.raises(BusyError, match="too busy"),
    ):
        pool.submit(_take, queue).result(10)


def _take(queue: WorkQueue) -> None:
    with queue.turn("anna"):
        pass


def test_no_more_than_the_slots_run_at_once() -> None:
    queue, lock = WorkQueue(2), threading.Lock()
    running, most = 0, 0

    def work(number: int) -> None:
        nonlocal running, most
        with queue.turn(number):
            with lock:
                running += 1
                most = max(most, running)
            threading.Event().wait(0.01)
            with lock:
                running -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(16)))
    assert most == 2
