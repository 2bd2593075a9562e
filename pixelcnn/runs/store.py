"""A run is a directory: its configuration, its progress and its results.

    <root>/<id>/
        config.json          the RunConfig
        own.npz              the user's images, if it trains on these
        contact-sheet.png    the same as the network gets them, the odd ones first
        status.json          the latest status of the training process
        control              the request to it: pause, resume, stop, or train until a step
        speed                the limit in steps per second, if any
        metrics.jsonl        a row for each report, in the order of events
        samples/step-*.npy   samples, uint8 (n, C, H, W)
        samples/half-*.npy   a held-out image and the completion of its upper half
        moments/step-*       weight snapshots of a few early steps, at most twelve
        last.safetensors     the latest weights; best.safetensors: the best on held-out images
        state.safetensors    everything needed to resume exactly
        log.txt              the output of the training process
        lock                 held by the training process while it lives
        owner                the browser that started it, if any; written by the page

A run may wait in the queue first (see `queue.py`). It trains in a process of its own
(`pixelcnn.runs.worker`), the only one that writes, except for `control` and `speed`. Viewers read
the directory, so a run outlives the page, the browser and the server that started it.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from pixelcnn.data.names import CONTACT_SHEET, OWN, OWN_FILE
from pixelcnn.errors import RunError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.runs.status import RunStatus
from pixelcnn.system.atomic_files import atomic_write

RUNS = "PIXELCNN_RUNS"
"""Environment variable of the directory of all runs."""

_RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")


class Starter(Protocol):
    """Starts the training process of a run; see `launcher.Launcher`."""

    def launch(self, run: Run) -> None:
        """Start the process and return at once."""
        ...


def runs_root() -> Path:
    """The directory of all runs: PIXELCNN_RUNS, or `runs` in the working directory."""
    return Path(os.environ.get(RUNS) or "runs").absolute()


def writable_root() -> Path:
    """`runs_root()`, or a new temporary directory where that cannot be written to.

    Raises:
        RunError: no directory can be written to.
    """
    root = runs_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            return root
    except OSError:
        pass
    try:
        return Path(tempfile.mkdtemp(prefix="pixelcnn-runs-"))
    except OSError as error:
        raise RunError(
            f"Neither {root} nor a temporary directory can be written to ({error.strerror}). Set "
            "PIXELCNN_RUNS to a directory of your own."
        ) from error


def create_run(root: Path | str | None, config: RunConfig) -> Run:
    """Create a run's directory atomically, without starting a process.

    Args:
        root: directory of all runs; None for `runs_root()`.
        config: what to train. The user's images are copied into the directory.

    Raises:
        ConfigError: the configuration is invalid.
        DataError: the user's images are missing.
        RunError: the directory cannot be written.
    """
    config.check()
    own = picture = b""
    if config.data == OWN:
        from pixelcnn.runs.own_pictures import own_of_run

        options = dict(config.data_options)
        own, picture = own_of_run(options, conditional=config.conditional)
        for read_already in ("root", "form"):
            options.pop(read_already, None)
        config = replace(config, data_options=options)
    content = config.to_json()
    root = runs_root() if root is None else Path(root)
    name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"
    unfinished = Run(root / f".new-{name}")
    try:
        (unfinished.path / "samples").mkdir(parents=True)
        atomic_write(unfinished.path / "config.json", content)
        if own:
            atomic_write(unfinished.path / OWN_FILE, own)
            atomic_write(unfinished.path / CONTACT_SHEET, picture)
        unfinished.write_status(RunStatus("queued"))
        return Run(unfinished.path.rename(root / name))
    except OSError as error:
        shutil.rmtree(unfinished.path, ignore_errors=True)
        raise RunError(
            f"The run cannot be stored in {root}: {error.strerror}. Free some space there, or set "
            "PIXELCNN_RUNS to another directory."
        ) from error


def start_run(root: Path | str | None, config: RunConfig, *, starter: Starter | None = None) -> Run:
    """Create a run and start its training process.

    Args:
        root: directory of all runs; None for `runs_root()`.
        config: what to train.
        starter: starts the process; a `Launcher` has a warm one waiting.

    Raises:
        ConfigError: the configuration is invalid.
        RunError: the directory cannot be written.
    """
    run = create_run(root, config)
    launch(run, starter)
    return run


def launch(run: Run, starter: Starter | None) -> None:
    """Start the training process of a prepared run; None for `starter` starts a cold one."""
    run.write_status(replace(run.status(), state="queued", message=""))
    if starter is None:
        from pixelcnn.runs.launcher import start_cold

        start_cold(run)
    else:
        starter.launch(run)


def find_run(root: Path | str | None, run_id: str) -> Run:
    """The run with this id. Ids may come from anyone, so only well-formed ones are looked up.

    Raises:
        RunError: there is no such run.
    """
    root = runs_root() if root is None else Path(root)
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise RunError("This is not a run's id. Ids look like 20260102-153045-ab12.")
    run = Run(root / run_id)
    if not (run.path / "config.json").is_file():
        raise RunError(f"There is no run {run_id}; it may have been deleted.")
    return run


def list_runs(root: Path | str | None = None) -> list[Run]:
    """All runs, newest first."""
    root = runs_root() if root is None else Path(root)
    names = os.listdir(root) if root.is_dir() else []
    return [Run(root / name) for name in sorted(names, reverse=True) if _RUN_ID.fullmatch(name)]
