"""From what each output depends on to who sees whom: the axes, the order, the step predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pixelcnn.auditing.cells import Cells, Ids, any_along
from pixelcnn.auditing.layouts import Layout
from pixelcnn.auditing.orders import Order, leaks_in, named_orders, next_pixel
from pixelcnn.causality.reach import BoolArray

Predicts = Literal["auto", "same", "next"]
Relations = Mapping[Layout, BoolArray]
"""One output, read in several ways: bool `(C or 1, H, W, C or 1, H, W)` each."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One way to read all outputs.

    Attributes:
        layouts: of each output.
        order_name: in which order the pixels are generated.
        order: the step of each pixel.
        following: output i predicts the pixel of step i + 1.
        relation: target, then source.
        leaks: pairs that look at the target itself or ahead.
        notes: other ways to read it that come to another verdict.
    """

    layouts: tuple[Layout, ...]
    order_name: str
    order: Order
    following: bool
    relation: BoolArray
    leaks: int
    notes: tuple[str, ...] = ()

    def read(self, heads: Sequence[Relations]) -> BoolArray:
        """Other relations of the same outputs, read in this way."""
        return _joined([head[one] for head, one in zip(heads, self.layouts, strict=True)], self)


def relation_of(cells: Cells, ids: Ids, layout: Layout, shape: tuple[int, int, int]) -> BoolArray:
    """Who sees whom by the cells of one output, without its batch."""
    arranged = layout.arrange(ids)  # (P, C or 1, H, W)
    lines = arranged.reshape(len(arranged), -1).T
    bits = np.zeros((len(lines), cells.sources), bool)
    known: dict[bytes, NDArray[np.bool_]] = {}
    for index, line in enumerate(np.ascontiguousarray(lines)):
        key = line.tobytes()
        if key not in known:
            rows = np.bitwise_or.reduce(cells.rows[np.unique(line)], axis=0)
            octets = rows.view(np.uint8)
            known[key] = np.unpackbits(octets, count=cells.sources, bitorder="little").astype(bool)
        bits[index] = known[key]
    return finished(bits.reshape(*arranged.shape[1:], *shape), layout)


def finished(relation: BoolArray, layout: Layout) -> BoolArray:
    """Where a pixel is predicted as a whole, its colours count as one source too."""
    return any_along(relation, 3)[:, :, :, None] if layout.whole else relation


def read(
    heads: Sequence[Relations],
    *,
    order: tuple[str, Order] | None,
    predicts: Predicts,
    sequence: bool,
) -> Reading:
    """The reading in which least looks ahead, the usual ones first.

    Args:
        heads: each output in every way that fits it.
        order: the only order to consider; by default raster, and the others where that leaks.
        predicts: `next` if output i is compared with the pixel of step i + 1.
        sequence: the input is a sequence, of which that is usual.
    """
    height, width = next(iter(heads[0].values())).shape[1:3]
    orders = dict([order]) if order else dict(named_orders(height, width))
    first = next(iter(orders.items()))
    best = _best(heads, *first, predicts == "next")
    if best.leaks == 0:
        return _with_doubts(best, heads)
    if predicts == "auto" and sequence:
        following = _best(heads, *first, True)
        if following.leaks == 0:
            return following
    for name, steps in list(orders.items())[1:]:
        other = _best(heads, name, np.ascontiguousarray(steps), predicts == "next")
        if other.leaks == 0:
            return other
    return best


def _best(heads: Sequence[Relations], name: str, order: Order, following: bool) -> Reading:
    chosen = []
    for head in heads:
        counted = {
            layout: leaks_in(_shifted(relation, order, following), order)
            for layout, relation in head.items()
        }
        chosen.append(min(counted, key=lambda one: counted[one]))
    reading = Reading(tuple(chosen), name, order, following, np.zeros(0, bool), 0)
    relation = reading.read(heads)
    return Reading(tuple(chosen), name, order, following, relation, leaks_in(relation, order))


def _shifted(relation: BoolArray, order: Order, following: bool) -> BoolArray:
    return next_pixel(relation, order) if following else relation


def _joined(relations: Sequence[BoolArray], reading: Reading) -> BoolArray:
    if len({one.shape for one in relations}) > 1:
        relations = [any_along(one, (0, 3))[None, :, :, None] for one in relations]
    joined = np.logical_or.reduce(list(relations))
    return _shifted(joined, reading.order, reading.following)


def _with_doubts(best: Reading, heads: Sequence[Relations]) -> Reading:
    """With colours: tell if the axes, read in another usual way, would look ahead."""
    notes = []
    for head, layout in zip(heads, best.layouts, strict=True):
        if layout.whole or not head[layout].any():
            continue
        for other, relation in head.items():
            count = leaks_in(_shifted(relation, best.order, best.following), best.order)
            if count and not other.whole:
                notes.append(
                    f"Read as {other.in_words()}, it would leak {count:,} pairs; if that is how "
                    f'your loss reads it, say --layout "{other.pattern}".'
                )
                break
    return Reading(
        best.layouts,
        best.order_name,
        best.order,
        best.following,
        best.relation,
        best.leaks,
        tuple(dict.fromkeys(notes)),
    )
