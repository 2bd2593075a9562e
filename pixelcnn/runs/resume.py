"""How a stopped or failed run resumes."""

from __future__ import annotations

from dataclasses import replace

from pixelcnn.errors import RunError
from pixelcnn.runs.directory import Run
from pixelcnn.runs.store import Starter, launch


def prepare_resume(run: Run) -> None:
    """Prepare a stopped or failed run to resume from its last saved step.

    Raises:
        RunError: it is still active, or its budget is used up.
    """
    status = run.status()
    if status.active:
        raise RunError(f"Run {run.id} is {status.state}. Stop it before you resume it.")
    if status.state == "finished":
        raise RunError(f"Run {run.id} has used up its budget. Start a new run with a larger one.")
    (run.path / "control").unlink(missing_ok=True)
    run.write_status(replace(status, state="queued", message="", pid=None))


def resume_run(run: Run, *, starter: Starter | None = None) -> Run:
    """Resume a stopped or failed run from its last saved step, in a process of its own.

    Raises:
        RunError: it is still active, or its budget is used up.
    """
    prepare_resume(run)
    launch(run, starter)
    return run
