"""One thread at a time in Python's own parser, for a server with many of them.

CPython counts how deep it is inside a syntax tree in one place for all threads, up to versions
3.11.7 and 3.12.1: of two that parse at once, one may end with "SystemError: AST constructor
recursion depth mismatch" (github.com/python/cpython/issues/106905). Nobody has to write code for
it to happen: NumPy parses the header of every array that it reads from a file, and
`inspect.signature`, which PyTorch and numba call, parses what C functions say of themselves.
"""

from __future__ import annotations

import ast
import functools
import threading
from typing import Any

# The thread that parses may begin again: the garbage collector runs finalizers at any moment.
_turn = threading.RLock()


def take_turns_at_parsing() -> None:
    """Let `ast.parse`, through which all of them go, wait for its turn; once is enough.

    It changes Python for the whole process, so it is for a program to call, not for a library.
    """
    parse = ast.parse
    if hasattr(parse, "__wrapped__"):
        return

    @functools.wraps(parse)
    def in_turn(*given: Any, **named: Any) -> ast.AST:
        with _turn:
            return parse(*given, **named)

    ast.parse = in_turn  # type: ignore[assignment]
