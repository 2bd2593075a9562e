"""Serialises calls to Python's own parser, for a server with many threads.

Up to versions 3.11.7 and 3.12.1, CPython counts the depth of the syntax tree in one place for all
threads: of two that parse at once, one may raise "SystemError: AST constructor recursion depth
mismatch" (github.com/python/cpython/issues/106905). It affects more than source code: NumPy parses
the header of every array file, and `inspect.signature`, which PyTorch and numba call, parses the
signatures of C functions.
"""

from __future__ import annotations

import ast
import functools
import threading
from typing import Any

# Re-entrant: the garbage collector may run finalizers, and so the parser, at any time.
_turn = threading.RLock()


def take_turns_at_parsing() -> None:
    """Put a lock around `ast.parse`, which all of them use; call once.

    Affects the whole process, so it is for programs, not for libraries.
    """
    parse = ast.parse
    if hasattr(parse, "__wrapped__"):
        return

    @functools.wraps(parse)
    def in_turn(*args: Any, **kwargs: Any) -> ast.AST:
        with _turn:
            return parse(*args, **kwargs)

    ast.parse = in_turn  # type: ignore[assignment]
