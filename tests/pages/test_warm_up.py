"""What a server prepares in the background ends with it, quietly; till then its errors are told."""

import subprocess
import sys
import threading
from pathlib import Path

from pixelcnn.sampling.numba import tiles as numba_tiles

_FAILING = """
import atexit, threading, time
from unittest import mock

from pages.shared import common

at_the_end = {at_the_end}
begun = threading.Event()


def fail() -> None:
    begun.set()
    while at_the_end and threading.main_thread().is_alive():
        time.sleep(0.01)
    raise RuntimeError("not compiled")


atexit.register(time.sleep, 1)  # the time for it to fail in: a daemon is stopped only after this
with mock.patch("pixelcnn.sampling.engines.warm_up", fail):
    warming = common.warm_up()
    begun.wait()
    if not at_the_end:
        warming.join()
"""


def _run(at_the_end: bool) -> str:
    program = [sys.executable, "-c", _FAILING.format(at_the_end=at_the_end)]
    root = Path(__file__).parents[2]
    done = subprocess.run(program, cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_an_error_while_the_server_runs_is_reported() -> None:
    assert "RuntimeError: not compiled" in _run(at_the_end=False)


def test_a_server_that_ends_while_it_still_compiles_says_nothing() -> None:
    assert "Traceback" not in _run(at_the_end=True)


def test_while_one_compiles_the_sampler_others_wait_for_what_it_makes() -> None:
    begun = threading.Event()

    def compile_too() -> None:
        with numba_tiles._one_process_compiles():
            begun.set()

    other = threading.Thread(target=compile_too)
    with numba_tiles._one_process_compiles():
        other.start()
        assert not begun.wait(0.5)
    other.join()
    assert begun.is_set()
