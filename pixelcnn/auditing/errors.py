"""Where in somebody's file something went wrong."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

_LIBRARY = str(Path(__file__).resolve().parents[1])


def told(error: BaseException, path: Path) -> str:
    """What happened and where, such as "NameError: ... (line 3)." or "... (nets.py, line 3)."."""
    name = type(error).__name__
    says = str(error).splitlines()
    message = f"{name}{': ' + says[0] if says else ''}"
    where = _where(error)
    if where is None:
        return f"{message}."
    file, line = where
    same = Path(file).resolve() == path.resolve()
    at = f"line {line}" if same else f"{_short(file, path)}, line {line}"
    return f"{message} ({at})."


def _where(error: BaseException) -> tuple[str, int] | None:
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return error.filename, error.lineno
    theirs = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(("<", _LIBRARY, sys.prefix, sys.base_prefix))
        and "site-packages" not in frame.filename
    ]
    if not theirs or theirs[-1].lineno is None:
        return None
    return theirs[-1].filename, theirs[-1].lineno


def _short(file: str, path: Path) -> str:
    try:
        return str(Path(file).resolve().relative_to(path.resolve().parent))
    except ValueError:
        return file
