"""Which source sub-pixels each number inside a network depends on, one bit each.

Thousands of numbers depend on the same sources (all feature channels of a pixel, say). So each
distinct set is kept once, as a *cell*, and a tensor's dependences are a tensor of cell numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Bits = NDArray[np.uint64]

_AT_ONCE = 1 << 22  # 64-bit words gathered at a time: 32 MB
NOWHERE = -1
"""The place of a number that belongs to no pixel, such as a padding."""


class Cells:
    """Distinct pairs of a set of sources and a place, numbered; number 0 is the empty set.

    Args:
        sources: how many sub-pixels there are.

    Attributes:
        rows: uint64 `(cells, words)`, one bit for each source.
        places: int64 `(cells,)`: the step at which the pixel is generated that the number belongs
            to, or `NOWHERE`. Kept only where a layer is to be located.
    """

    def __init__(self, sources: int) -> None:
        self.sources = sources
        self.words = -(-sources // 64)
        self.rows: Bits = np.zeros((256, self.words), np.uint64)
        self.places: Ids = np.full(256, NOWHERE, np.int64)
        self.count = 1
        self._known = {(self.rows[0].tobytes(), NOWHERE): 0}

    def of_sources(self, places: Ids | None = None) -> Ids:
        """A cell for each source, which depends on this source alone: int64 `(sources,)`."""
        rows = np.zeros((self.sources, self.words), np.uint64)
        number = np.arange(self.sources)
        rows[number, number // 64] = np.uint64(1) << (number % 64).astype(np.uint64)
        return self.intern(rows, places)

    def intern(self, rows: Bits, places: Ids | None = None) -> Ids:
        """The cell of each row; a new set becomes a new cell.

        Args:
            rows: uint64 `(n, words)`.
            places: int64 `(n,)`, `NOWHERE` by default. What depends on nothing is nowhere.
        """
        ids = np.empty(len(rows), np.int64)
        rows = np.ascontiguousarray(rows)
        where = [NOWHERE] * len(rows) if places is None else places.tolist()
        filled = np.asarray(rows.any(axis=1)).tolist()
        for index, place in enumerate(where):
            if not filled[index]:
                ids[index] = 0
                continue
            key = (rows[index].tobytes(), place)
            known = self._known.get(key)
            if known is None:
                known = self._known[key] = self._append(rows[index], place)
            ids[index] = known
        return ids

    def _append(self, row: Bits, place: int) -> int:
        if self.count == len(self.rows):
            self.rows = np.concatenate([self.rows, np.zeros_like(self.rows)])
            self.places = np.concatenate([self.places, np.full_like(self.places, NOWHERE)])
        self.rows[self.count], self.places[self.count] = row, place
        self.count += 1
        return self.count - 1

    def union(self, ids: Ids, places: Ids | None = None) -> Ids:
        """The cell of all sources in each line: `(n, k)` to `(n,)`."""
        if ids.shape[1] == 0:
            return np.zeros(len(ids), np.int64)
        lines, inverse = distinct_columns(ids.T if places is None else [*ids.T, places])
        members = lines[: ids.shape[1]].T  # (distinct, k)
        chosen = None if places is None else lines[-1]
        size = max(1, _AT_ONCE // max(1, self.words * ids.shape[1]))
        found = []
        for start in range(0, len(members), size):
            part = members[start : start + size]
            rows = np.bitwise_or.reduce(self.rows[part], axis=1)
            found.append(self.intern(rows, None if chosen is None else chosen[start:][: len(part)]))
        united = np.concatenate(found) if found else np.zeros(0, np.int64)
        return united[inverse]

    def bits(self, ids: Ids) -> NDArray[np.bool_]:
        """Bool `(n, sources)`."""
        octets = np.ascontiguousarray(self.rows[ids]).view(np.uint8).reshape(len(ids), -1)
        return np.unpackbits(octets, axis=1, count=self.sources, bitorder="little").astype(bool)


def any_along(array: NDArray[np.bool_], axes: int | tuple[int, ...]) -> NDArray[np.bool_]:
    """Whether any along some axes is True; the others stay."""
    result: NDArray[np.bool_] = np.logical_or.reduce(array, axis=axes)
    return result


def distinct_columns(lines: Sequence[Ids] | Ids) -> tuple[Ids, Ids]:
    """The distinct columns of several lines of equal length, and where each column is among them.

    Returns:
        int64 `(lines, distinct)` and int64 `(columns,)`.
    """
    keys = np.zeros(len(lines[0]), np.int64)
    first = True
    for line in lines:
        low = int(line.min(initial=0))
        values = line - low
        span = int(values.max(initial=0)) + 1
        if first:
            keys, first = values.astype(np.int64), False
            continue
        if span > 1:
            if int(keys.max(initial=0)) > (2**62) // span:
                keys = np.unique(keys, return_inverse=True)[1].astype(np.int64)
            keys = keys * span + values
    _, index, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return np.stack([line[index] for line in lines]), inverse.reshape(-1)
