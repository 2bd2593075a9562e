"""Which layer looks ahead, and which makes a blind spot.

Both are found by following the network again with one thing changed. For a leak: from which step
on must nothing be read that lies ahead, so that the leak is gone? The last step before that is the
first one that looks ahead and is not put right later. A vertical stack, which reads its own row in
full and is shifted down afterwards, is not blamed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pixelcnn.auditing.cells import any_along
from pixelcnn.auditing.orders import Order, legal_in
from pixelcnn.auditing.report import Culprit, Kernel
from pixelcnn.auditing.steps import MOVED, Lens, Step
from pixelcnn.auditing.tracing import Trace
from pixelcnn.causality.mask_stack import offset_in_words
from pixelcnn.causality.reach import BoolArray

Through = Callable[[Lens], tuple[Trace, BoolArray] | None]
_MOST_OPENINGS = 120
_PATIENCE_S = 30.0


class TakesTooLongError(Exception):
    """The layer has not been found in time."""


@dataclass(frozen=True, eq=False)
class Located:
    """A network followed with places.

    Attributes:
        trace: as it is.
        relation: of this trace.
        order: the step of each pixel.
        through: follows it again through a lens.
    """

    trace: Trace
    relation: BoolArray
    order: Order
    through: Through
    until: float = field(default_factory=lambda: time.monotonic() + _PATIENCE_S)

    def leaks(self, lens: Lens) -> int:
        """Pairs that look at the target itself or ahead, seen through a lens."""
        seen = self.look(lens)
        return 0 if seen is None else self.count(seen[1])

    def look(self, lens: Lens) -> tuple[Trace, BoolArray] | None:
        """Follow it again through a lens.

        Raises:
            TakesTooLongError: the time for it is over.
        """
        if time.monotonic() > self.until:
            raise TakesTooLongError
        return self.through(lens)

    def count(self, relation: BoolArray) -> int:
        """Pairs of a relation that look at the target itself or ahead."""
        return int((relation & ~legal_in(self.order, relation.shape[0])).sum())


def find_culprit(located: Located) -> Culprit | None:
    """The first operation that looks ahead, None if none can be named."""
    if not located.count(located.relation):
        return None
    steps = {step.index: step for step in located.trace.steps}
    causal = Lens(causal_from=0)
    if not located.leaks(causal):
        indices = sorted(steps)
        low, high = 0, len(indices) - 1
        while low < high:  # the first step such that a leak is there with all after it causal
            middle = (low + high) // 2
            if located.leaks(Lens(causal_from=indices[middle] + 1)):
                high = middle
            else:
                low = middle + 1
        return _looks_ahead(steps[indices[low]], located)
    return _shows_itself(list(steps.values()), located)


def _looks_ahead(step: Step, located: Located) -> Culprit:
    taps = {
        position: offset
        for position, offset in _open_taps(step).items()
        if _ahead(offset, located.order)
    }
    if not taps:
        return _culprit(step, _without_kernel(step))
    nearest = min(taps, key=lambda position: (sum(map(abs, taps[position])), taps[position]))
    return _named(step, nearest, taps[nearest], located.order)


def _shows_itself(steps: list[Step], located: Located) -> Culprit | None:
    """Nothing is read from ahead, but the pixel itself arrives: who should have left it out?"""
    base = located.leaks(Lens(causal_from=0))
    best: tuple[int, Step] | None = None
    for step in steps:
        seen = located.look(Lens(causal_from=0, without_own=frozenset([step.index])))
        # One that all else depends on is where the image comes in, and not to blame.
        if seen is None or not seen[1].any():
            continue
        left = located.count(seen[1])
        if left == 0:
            best = (0, step)
            break
        if left < base and (best is None or left < best[0]):
            best = (left, step)
    if best is None:
        wide = [step for step in steps if _extent(step) > 1]
        if not wide:
            return Culprit("", "", "a sum or a copy", "passes the image on to the output as it is")
        best = (base, wide[0])
    chosen = best[1]
    for position, offset in _open_taps(chosen).items():
        if offset == (0, 0):
            return _named(chosen, position, offset, located.order)
    return _culprit(chosen, "reads the pixel itself")


def find_blind_layer(located: Located) -> Culprit | None:
    """The first layer that, reading more of what it may, would show pixels never seen."""
    missed = blind_pairs(located.relation, located.order)
    if not missed.any():
        return None
    best: tuple[int, Step, NDArray[np.bool_]] | None = None
    tries = 0
    for step in located.trace.steps:
        for opened in _openings(step):
            tries += 1
            if tries > _MOST_OPENINGS:
                break
            seen = located.look(Lens(opened={step.index: opened}))
            if seen is None or located.count(seen[1]):
                continue
            gained = int((seen[1] & missed).sum())
            if gained and (best is None or gained > 1.5 * best[0]):
                best = (gained, step, opened)
    if best is None:
        return None
    gained, step, opened = best
    positions = np.argwhere(any_along(opened, (0, 1)))
    position = (int(positions[0][0]), int(positions[0][1]))
    offset = step.taps.get(position, (0, 0))
    where = offset_in_words(offset)
    pairs = "1 pair stays" if gained == 1 else f"{gained:,} pairs stay"
    hidden = (
        "an earlier colour"
        if offset == (0, 0)
        and step.weight_open is not None
        and opened[(slice(None), slice(None), *position)].sum() < opened.shape[0] * opened.shape[1]
        else where
    )
    return Culprit(
        step.module,
        step.kind,
        step.operation,
        f"does not read {hidden}, which it may: {pairs} unseen that it would show",
        _kernel(step, position, offset, located.order, wanted=opened),
        step.code,
    )


def blind_pairs(relation: BoolArray, order: Order) -> BoolArray:
    """Legal pairs that are not seen though what surrounds them is: bool, as `relation`.

    Of each target, within the rows and columns from which it sees anything, and its own row.
    """
    legal = legal_in(order, relation.shape[0])
    height, width = order.shape
    spatial = any_along(relation, (0, 3))  # (H, W, H, W)
    row, column = height // 2, width // 2
    seen = np.argwhere(spatial[row, column])
    if len(seen) == 0:
        return np.zeros_like(relation)
    low = np.minimum(seen.min(axis=0), [row, column - 1 if column else 0])
    high = np.maximum(seen.max(axis=0), [row, column])
    inside = np.zeros_like(relation)
    inside[:, row, column, :, low[0] : high[0] + 1, low[1] : high[1] + 1] = True
    return legal & ~relation & inside


def _openings(step: Step) -> list[NDArray[np.bool_]]:
    """Sets of masked weights to be read on trial: by where they lie, and by kinds of channels."""
    if step.weight_open is None or step.weight_open.ndim != 4 or not step.taps:
        return []
    open_ = step.weight_open
    found = []
    masked = ~any_along(open_, (0, 1))
    own = {p: o for p, o in step.taps.items() if o[0] == 0}
    groups = {
        "above": [p for p, o in step.taps.items() if o[0] < 0 and masked[p]],
        "left": [p for p, o in own.items() if o[1] < 0 and masked[p]],
        "centre": [p for p, o in own.items() if o[1] == 0 and masked[p]],
    }
    if any(masked[p] for p, o in own.items() if o[1] < 0):  # the whole row is hidden
        groups["right"] = [p for p, o in own.items() if o[1] > 0 and masked[p]]
    for positions in groups.values():
        if positions:
            opened = np.zeros_like(open_)
            for position in positions:
                opened[(slice(None), slice(None), *position)] = True
            found.append(opened)
    return found + _colour_openings(step)


def _colour_openings(step: Step) -> list[NDArray[np.bool_]]:
    """Where only some channels are read: pairs of kinds of channels, at the centre."""
    assert step.weight_open is not None
    found = []
    for position, offset in step.taps.items():
        if offset != (0, 0):
            continue
        centre = step.weight_open[(slice(None), slice(None), *position)]
        if centre.all():
            continue
        rows = np.unique(centre, axis=0, return_inverse=True)[1].ravel()
        columns = np.unique(centre, axis=1, return_inverse=True)[1].ravel()
        if len(set(rows)) * len(set(columns)) > 16 or len(set(rows)) * len(set(columns)) == 1:
            continue
        for row in sorted(set(rows)):
            for column in sorted(set(columns)):
                pair = np.outer(rows == row, columns == column)
                if not (centre & pair).any():
                    opened = np.zeros_like(step.weight_open)
                    opened[(slice(None), slice(None), *position)] = pair
                    found.append(opened)
    return found


def _extent(step: Step) -> int:
    return 1 if step.weight_open is None else int(np.prod(step.weight_open.shape[2:], dtype=int))


def _open_taps(step: Step) -> dict[tuple[int, int], tuple[int, int]]:
    if step.weight_open is None:
        return {}
    read = any_along(step.weight_open, (0, 1))
    return {position: offset for position, offset in step.taps.items() if read[position]}


def _ahead(offset: tuple[int, int], order: Order) -> bool:
    """Whether the pixel at an offset from the middle comes after it."""
    height, width = order.shape
    row, column = height // 2 + offset[0], width // 2 + offset[1]
    if not (0 <= row < height and 0 <= column < width):
        return offset > (0, 0)
    return bool(order[row, column] > order[height // 2, width // 2])


def _named(step: Step, position: tuple[int, int], offset: tuple[int, int], order: Order) -> Culprit:
    where = offset_in_words(offset)
    says = f"reads {where}; its weight [.., {position[0]}, {position[1]}] is not masked"
    return _culprit(step, says, _kernel(step, position, offset, order))


def _culprit(step: Step, says: str, kernel: Kernel | None = None) -> Culprit:
    return Culprit(step.module, step.kind, step.operation, says, kernel, step.code)


def _without_kernel(step: Step) -> str:
    if step.operation == MOVED:
        return "is given what was moved up or to the left: a shift, flip or padding the wrong way"
    if step.operation in ("mm", "bmm", "addmm", "baddbmm", "_softmax", "_safe_softmax"):
        return "mixes positions, later ones among them (a causal mask that is missing or wrong)"
    if "norm" in step.operation or step.operation in ("mean", "sum", "var", "std", "var_mean"):
        return "takes its statistics over several positions, later ones among them"
    return f"brings later pixels to earlier places (`{step.operation}`: a shift, flip or padding)"


def _kernel(
    step: Step,
    position: tuple[int, int],
    offset: tuple[int, int],
    order: Order,
    wanted: NDArray[np.bool_] | None = None,
) -> Kernel | None:
    if step.weight_open is None or step.weight_open.ndim != 4:
        return None
    read = any_along(step.weight_open, (0, 1))
    if wanted is not None:
        read = read & ~any_along(wanted, (0, 1))
    rows = []
    for row in range(read.shape[0]):
        line = ""
        for column in range(read.shape[1]):
            at = step.taps.get((row, column))
            if wanted is not None and wanted[:, :, row, column].any():
                line += "?"
            elif not read[row, column]:
                line += "."
            elif (at is not None and _ahead(at, order)) or (row, column) == position:
                line += "X"
            elif at == (0, 0):
                line += "o"
            else:
                line += "#"
        rows.append(line)
    return Kernel(tuple(rows), offset, position)
