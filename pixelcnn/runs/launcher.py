"""Starts training processes, at once if one is waiting with everything loaded.

Where there are several graphics cards, a run has a process for each (see `distributed`).

Loading PyTorch takes seconds. A warm worker has done so already and waits on its standard input
for the directory of a run; when its server ends, that input ends, and so does the worker. From the
moment it has a run it is on its own, and outlives the server.
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
from pixelcnn.system.shipped import ROOT

_REST_S = 20.0


class Launcher:
    """Keeps warm workers; any number of threads may use it. Keep one for the whole server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[subprocess.Popen[bytes]] = []
        self._rest: threading.Timer | None = None

    def warm(self, count: int = 1) -> None:
        """Have so many workers waiting; returns before they have loaded everything."""
        with self._lock:
            self._waiting = [worker for worker in self._waiting if worker.poll() is None]
            while len(self._waiting) < count:
                self._waiting.append(
                    _start(worker_command(), stdin=subprocess.PIPE, output=subprocess.DEVNULL)
                )

    def launch(self, run: Run) -> None:
        """Give the run to a waiting worker, or to a new process, and warm the next one.

        The next one waits a little, so as not to slow down the first seconds of this run.
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
        """Send the waiting workers home; runs go on."""
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
    """Start a new process for the run; it needs some seconds to load PyTorch first."""
    with (run.path / "log.txt").open("ab") as log:
        _start(worker_command(run), stdin=subprocess.DEVNULL, output=log)


def worker_command(run: Run | None = None) -> list[str]:
    """The command that trains this run, or that waits for one."""
    worker = ["-m", "pixelcnn.runs.worker", *([] if run is None else [str(run.path)])]
    processes = 1 if run is None else _processes(run.config)
    if processes == 1:
        return [sys.executable, *worker]
    together = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return [sys.executable, *together, *worker]


def _processes(config: RunConfig) -> int:
    """One for each graphics card, if they are to be used and there is work for all."""
    if config.train.device == "cpu":
        return 1
    import torch

    return max(1, min(torch.cuda.device_count(), config.train.batch_size))


def _hand_over(worker: subprocess.Popen[bytes], run: Run) -> bool:
    """Tell a waiting worker its run; False if the worker is gone."""
    if worker.poll() is not None or worker.stdin is None:
        return False
    try:
        with worker.stdin as stdin:
            stdin.write(json.dumps(str(run.path)).encode() + b"\n")
    except OSError:
        return False
    return True


def _start(command: list[str], *, stdin: int, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    package_parent = str(ROOT)
    path = os.pathsep.join(filter(None, [package_parent, os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        command,
        stdin=stdin,
        stdout=output,
        stderr=output,
        env=os.environ | {"PYTHONPATH": path},
        # Out of reach of a Ctrl-C in the server's terminal.
        start_new_session=True,
    )
    # Somebody has to take note of its end, or it stays in the process table.
    threading.Thread(target=process.wait, daemon=True).start()
    return process
