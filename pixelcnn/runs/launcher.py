"""Starts training processes, immediately if a warm worker is waiting.

With several graphics cards, a run has one process for each (see `training/distributed.py`).

Loading PyTorch takes seconds. A warm worker has done so, and waits on standard input for the
directory of a run; if its server ends first, that input closes and the worker exits. Once it has a
run it is independent and outlives the server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import IO

from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.system.shipped import PACKAGE_PARENT

_REST_S = 20.0


class Launcher:
    """Keeps warm workers. Thread-safe; keep one for the whole server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[subprocess.Popen[bytes]] = []
        self._rest: threading.Timer | None = None

    def warm(self, count: int = 1) -> None:
        """Start workers until `count` are waiting; does not wait until they are ready."""
        with self._lock:
            self._waiting = [worker for worker in self._waiting if worker.poll() is None]
            while len(self._waiting) < count:
                self._waiting.append(
                    _start(worker_command(), stdin=subprocess.PIPE, output=subprocess.DEVNULL)
                )

    def launch(self, run: Run) -> None:
        """Give the run to a waiting worker or a new process, and later warm up the next worker.

        The delay keeps the next worker from slowing down the first seconds of this run.
        """
        with self._lock:
            alone = _processes(run.config) == 1
            while alone and self._waiting:
                if _hand_over(self._waiting.pop(0), run):
                    break
            else:
                start_cold(run)
            self._cancel_rest()
            self._rest = threading.Timer(_REST_S, self.warm)
            self._rest.daemon = True
            self._rest.start()

    def close(self) -> None:
        """Close idle workers; running trainings are not affected."""
        with self._lock:
            self._cancel_rest()
            for worker in self._waiting:
                if worker.stdin is not None:
                    worker.stdin.close()
            self._waiting = []

    def _cancel_rest(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None


def start_cold(run: Run) -> None:
    """Start a new process for the run; it needs some seconds to load PyTorch."""
    with (run.path / "log.txt").open("ab") as log:
        _start(worker_command(run), stdin=subprocess.DEVNULL, output=log)


def worker_command(run: Run | None = None) -> list[str]:
    """The command line of a worker, for this run or waiting for one."""
    worker = ["-m", "pixelcnn.runs.worker", *([] if run is None else [str(run.path)])]
    processes = 1 if run is None else _processes(run.config)
    if processes == 1:
        return [sys.executable, *worker]
    together = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return [sys.executable, *together, *worker]


def _processes(config: RunConfig) -> int:
    """One process per graphics card, if cards are used and the batch is large enough."""
    if config.train.device == "cpu":
        return 1
    import torch

    return max(1, min(torch.cuda.device_count(), config.train.batch_size))


def _hand_over(worker: subprocess.Popen[bytes], run: Run) -> bool:
    """Send a run to a waiting worker; False if the worker is gone."""
    if worker.poll() is not None or worker.stdin is None:
        return False
    try:
        with worker.stdin as stdin:
            stdin.write(json.dumps(str(run.path)).encode() + b"\n")
    except OSError:
        return False
    return True


def _start(command: list[str], *, stdin: int, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    package_parent = str(PACKAGE_PARENT)
    path = os.pathsep.join(filter(None, [package_parent, os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        command,
        stdin=stdin,
        stdout=output,
        stderr=output,
        env=os.environ | {"PYTHONPATH": path},
        # A session of its own, so that Ctrl-C in the server's terminal does not reach it.
        start_new_session=True,
    )
    # Reap the child, or it stays a zombie.
    threading.Thread(target=process.wait, daemon=True).start()
    return process
