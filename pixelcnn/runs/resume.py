"""How a stopped or failed run resumes."""

from __future__ import annotations

from dataclasses import replace

from pixelcnn.errors import RunError
from pixelcnn.runs.directory import Run
from pixelcnn.runs.store import Starter, launch


def prepare_resume(run: Run) -> None:
    """Make a stopped or failed run ready to go on from its last saved step.

    Raises:
        RunError: it is still at work, or has used up its budget.
    """
    status = run.status()
    if status.active:
        raise RunError(f"Run {run.id} is {status.state}; stop it before you resume it.")
    if status.state == "finished":
        raise RunError(f"Run {run.id} has used up its budget; start a new run with a larger one.")
    (run.path / "control").unlink(missing_ok=True)
    run.write_status(replace(status, state="queued", message="", pid=None))


def resume_run(run: Run, *, starter: Starter | None = None) -> Run:
    """Let a stopped or failed run go on from its last saved step, in a process of its own.

    Raises:
        RunError: it is still at work, or has used up its budget.
    """
    prepare_resume(run)
    launch(run, starter)
    return run
