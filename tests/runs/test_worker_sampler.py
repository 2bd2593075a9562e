"""A training process draws its samples with the fast engine, once that is compiled."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

_WAIT_FOR_NOTHING = """
import sys, threading
from pixelcnn.runs import worker
from pixelcnn.sampling import engines
assert worker.main([]) == 0  # its input is empty: there is no run to train
for thread in threading.enumerate():
    if thread.name == "compile-sampler":
        thread.join()
sys.exit(0 if engines._compiled() else 3)
"""


def test_a_waiting_process_compiles_the_fast_sampler() -> None:
    command = [sys.executable, "-c", _WAIT_FOR_NOTHING]
    ended = subprocess.run(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, check=False)
    assert ended.returncode == 0
