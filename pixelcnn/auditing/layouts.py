"""Which axis of a network's output is which: recognised by its sizes, and by trying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# `P`: numbers for each (sub-)pixel. In brackets, axes that share one: the first varies slowest.
# With colours, what is written first is preferred where several fit without a leak.
_PATTERNS = (
    "P C H W",
    "C P H W",
    "(C P) H W",
    "(P C) H W",
    "C H W",
    "H W C",
    "H W C P",
    "H W P C",
    "H W (C P)",
    "H W (P C)",
    "C H W P",
    "P H W C",
    "(H W) C P",
    "(H W) P C",
    "(H W) (C P)",
    "(H W) (P C)",
    "(H W C) P",
    "P (H W C)",
    "(C H W) P",
    "P (C H W)",
    "C P (H W)",
    "P C (H W)",
    "(C P) (H W)",
    "(P C) (H W)",
    "(H W C)",
    "(C H W)",
    "(H W C P)",
    "(C H W P)",
)
_WHOLE = ("P H W", "H W P", "(H W) P", "P (H W)", "H W", "(H W)", "P Q H W", "H W P Q", "P H W Q")


@dataclass(frozen=True)
class Layout:
    """How the axes of an output, without the batch, are to be read.

    Attributes:
        pattern: such as `(C P) H W`.
        sizes: what the output is reshaped to.
        axes: the letters of these sizes.
        before: positions that a sequence lacks at its beginning: 1 if it begins at the second
            pixel.
        after: positions that a sequence has too many, at its end.
    """

    pattern: str
    sizes: tuple[int, ...]
    axes: tuple[str, ...]
    before: int = 0
    after: int = 0

    @property
    def whole(self) -> bool:
        """Whether its numbers are for a pixel with all its colours."""
        return "C" not in self.axes

    def in_words(self) -> str:
        """Such as `(batch, R G B one after the other x 4, rows, columns)`."""
        names = {
            "P": "numbers",
            "Q": "numbers",
            "C": "colours",
            "H": "rows",
            "W": "columns",
        }
        parts = ["batch"]
        for token in _tokens(self.pattern):
            parts.append(" x ".join(names[axis] for axis in token))
        return f"({', '.join(parts)})"

    def arrange(self, array: NDArray[Any]) -> NDArray[Any]:
        """`(..., *output)` to `(..., P, C or 1, H, W)`; what a sequence lacks is 0."""
        lead = array.shape[: array.ndim - self._rank]
        if self.before or self.after:
            axis = array.ndim - self._rank + (0 if self.pattern.startswith("(") else 1)
            kept = array.shape[axis] - self.after
            array = np.take(array, range(kept), axis)
            shape = list(array.shape)
            shape[axis] = self.before
            array = np.concatenate([np.zeros(shape, array.dtype), array], axis)
        split = array.reshape(*lead, *self.sizes)
        order = [axis for letter in "PQCHW" for axis, one in enumerate(self.axes) if one == letter]
        moved = split.transpose(*range(len(lead)), *(len(lead) + axis for axis in order))
        sizes = dict(zip(self.axes, self.sizes, strict=True))
        height, width = sizes["H"], sizes["W"]
        return moved.reshape(*lead, -1, sizes.get("C", 1), height, width)

    @property
    def _rank(self) -> int:
        return len(_tokens(self.pattern))


def layouts(
    output: Sequence[int], shape: tuple[int, int, int], wanted: str | None = None
) -> list[Layout]:
    """Every way to read an output of this shape (without its batch), the likeliest first.

    Args:
        output: sizes of the axes.
        shape: channels, height and width of the image.
        wanted: a pattern such as `(C P) H W`, the only one to consider.
    """
    channels = shape[0]
    patterns: Sequence[str] = _WHOLE if channels == 1 else (*_PATTERNS, *_WHOLE)
    if wanted is not None:
        patterns = [wanted]
    elif channels == 1:
        patterns = (*_WHOLE, "P C H W", "C P H W")
    found: list[Layout] = []
    for pattern in patterns:
        layout = _fitted(pattern, tuple(output), shape)
        if layout is not None and (channels > 1 or "C" not in layout.axes or len(output) == 4):
            found.append(layout)
    if not found and wanted is None:
        for pattern in ("(H W) P", "(H W)", "P (H W)", "(H W C) P"):
            for before, after in ((0, 1), (1, 0)):
                layout = _fitted(pattern, tuple(output), shape, before, after)
                if layout is not None:
                    found.append(layout)
    return list(dict.fromkeys(found))


def pattern_error(pattern: str) -> str | None:
    """What is wrong with a pattern that somebody has written; None if nothing is."""
    letters = [letter for token in _tokens(pattern) for letter in token]
    if len(set(letters)) != len(letters) or not set(letters) <= set("PQCHW"):
        return "each of P, C, H and W may stand once"
    if not {"H", "W"} <= set(letters):
        return "H and W must stand in it"
    return None


def _tokens(pattern: str) -> list[str]:
    tokens: list[str] = []
    inside = False
    for letter in pattern:
        if letter == "(":
            tokens.append("")
            inside = True
        elif letter == ")":
            inside = False
        elif letter != " ":
            if inside:
                tokens[-1] += letter
            else:
                tokens.append(letter)
    return tokens


def _fitted(
    pattern: str,
    output: tuple[int, ...],
    shape: tuple[int, int, int],
    before: int = 0,
    after: int = 0,
) -> Layout | None:
    tokens = _tokens(pattern)
    if len(tokens) != len(output):
        return None
    known = dict(zip("CHW", shape, strict=True))
    sizes: list[int] = []
    axes: list[str] = []
    for token, size in zip(tokens, output, strict=True):
        if "H" in token and "W" in token:
            size += before - after
        fixed = int(np.prod([known[axis] for axis in token if axis in known], dtype=int))
        if "P" in token or "Q" in token:
            if size % fixed or size < fixed:
                return None
            rest = size // fixed
        elif size != fixed:
            return None
        else:
            rest = 1
        for axis in token:
            sizes.append(known.get(axis, rest))
            axes.append(axis)
    return Layout(pattern, tuple(sizes), tuple(axes), before, after)
