"""Operations that make numbers of many along a dimension: sums, softmax, norms, running sums."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from pixelcnn.auditing.cells import NOWHERE, Ids
from pixelcnn.auditing.rules_elementwise import unite
from pixelcnn.auditing.steps import Call


def reduction(call: Call) -> None:
    """Sums, means, extremes: all along some dimensions."""
    ids = call.of(call.args[0])
    if ids is None:
        return
    dims = _dims(call, ids.ndim)
    united = _united(call, ids, dims)
    if call.made[0].dim() == ids.ndim:
        united = np.expand_dims(united, dims)
    for made in call.made:
        call.put(made, united)


def softmax(call: Call) -> None:
    """Each number of all along the dimension, but for those that came out as exactly 0: hidden."""
    ids = call.of(call.args[0])
    assert ids is not None
    dim = int(call.args[1]) % ids.ndim
    made = call.made[0]
    value = made.exp() if "log" in call.name else made
    hidden = (value == 0).numpy()
    seen = np.where(hidden, 0, ids)
    united = np.expand_dims(_united(call, seen, (dim,)), dim)
    both = unite_along(call, [ids, np.broadcast_to(united, ids.shape)], ids)
    call.put(made, both if "log" in call.name else np.where(hidden, 0, both))


def running(call: Call) -> None:
    """Sums, products and maxima so far, along one dimension."""
    ids = call.of(call.args[0])
    assert ids is not None
    dim = int(call.args[1]) % ids.ndim
    cells = call.tracer.cells
    lines = np.moveaxis(ids, dim, -1).reshape(-1, ids.shape[dim])
    found = np.stack(
        [
            cells.intern(
                np.bitwise_or.accumulate(cells.rows[line], axis=0),
                np.maximum.accumulate(cells.places[line]),
            )
            for line in lines
        ]
    )
    shape = np.moveaxis(ids, dim, -1).shape
    result = np.moveaxis(found.reshape(shape), -1, dim)
    for made in call.made:
        call.put(made, result)


def sorting(call: Call) -> None:
    """Anything along the dimension may come to stand anywhere."""
    ids = call.of(call.args[0])
    assert ids is not None
    last = call.args[-1] if call.name == "sort" and isinstance(call.args[-1], int) else -1
    dim = (last if not isinstance(last, bool) else -1) % max(ids.ndim, 1)
    united = np.expand_dims(_united(call, ids, (dim,)), dim)
    for made in call.made:
        call.put(made, united)


def layer_norm(call: Call) -> None:
    """Over the last dimensions."""
    ids = call.of(call.args[0])
    if ids is None:
        return
    size = len(call.args[1])
    _normalised(call, ids, tuple(range(ids.ndim - size, ids.ndim)))


def rms_norm(call: Call) -> None:
    """Over the last dimensions, without their mean."""
    layer_norm(call)


def group_norm(call: Call) -> None:
    """Over the channels of a group and all positions."""
    ids = call.of(call.args[0])
    if ids is None:
        return
    groups = int(call.args[6])
    split = ids.reshape(ids.shape[0], groups, -1)
    united = _united(call, split, (2,))[..., None]
    every = np.broadcast_to(united, split.shape).reshape(ids.shape)
    call.put(call.made[0], unite_along(call, [ids, every], ids))


def batch_norm(call: Call) -> None:
    """Over all images and positions, where it counts itself; else number by number."""
    ids = call.of(call.args[0])
    if ids is None:
        return
    if not _counts(call):
        call.put(call.made[0], unite(call, [ids], ids.shape))
        return
    _normalised(call, ids, (0, *range(2, ids.ndim)))


def _counts(call: Call) -> bool:
    if "no_training" in call.name:
        return False
    flags = [one for one in call.args[3:] if isinstance(one, bool)]
    return flags[0] if flags else "with_update" in call.name


def _normalised(call: Call, ids: Ids, dims: tuple[int, ...]) -> None:
    united = np.expand_dims(_united(call, ids, dims), dims)
    call.put(call.made[0], unite_along(call, [ids, np.broadcast_to(united, ids.shape)], ids))


def unite_along(call: Call, operands: list[Ids], own: Ids) -> Ids:
    """The union of what stands at a place and of what was gathered around it.

    Seen through the lens, what was gathered from further on is left out.
    """
    tracer = call.tracer
    if not tracer.located:
        return unite(call, operands, own.shape)
    places = tracer.cells.places
    known = np.where(own > 0, places[own], NOWHERE)
    kept = [operands[0]]
    for gathered in operands[1:]:
        ahead = (places[gathered] > known) & (known != NOWHERE) & (gathered > 0)
        if ahead.any():
            step = tracer.begin(call.name, own.shape)
            if tracer.causal(step):
                gathered = np.where(ahead, 0, gathered)
        kept.append(gathered)
    flat = np.stack([one.ravel() for one in kept], axis=1)
    latest = places[flat].max(axis=1)
    return tracer.cells.union(
        flat, np.where(known.ravel() == NOWHERE, latest, known.ravel())
    ).reshape(own.shape)


def _united(call: Call, ids: Ids, dims: tuple[int, ...]) -> Ids:
    """The union along dimensions, which are left out."""
    kept = [dim for dim in range(ids.ndim) if dim not in dims]
    lines = np.transpose(ids, (*kept, *dims)).reshape(
        int(np.prod([ids.shape[dim] for dim in kept], dtype=int)), -1
    )
    cells = call.tracer.cells
    # Lines are mostly alike, and have the same cell over and over.
    known: dict[bytes, int] = {}
    found = np.empty(len(lines), np.int64)
    for index, line in enumerate(np.ascontiguousarray(lines)):
        key = line.tobytes()
        if key not in known:
            one = np.unique(line)
            place = np.array([cells.places[one].max(initial=NOWHERE)])
            known[key] = int(cells.union(one[None], place if call.tracer.located else None)[0])
        found[index] = known[key]
    return found.reshape([ids.shape[dim] for dim in kept])


def _dims(call: Call, size: int) -> tuple[int, ...]:
    """Along which dimensions; all of them where none is named."""
    names = [argument.name for argument in call.func._schema.arguments]
    given: Any = call.kwargs.get("dim")
    if "dim" in names and names.index("dim") < len(call.args):
        given = call.args[names.index("dim")]
    if given is None or (isinstance(given, list | tuple) and not given):
        return tuple(range(size))
    several = given if isinstance(given, list | tuple) else [given]
    return tuple(int(one) % size for one in several) if size else ()


def native_dropout(call: Call) -> None:
    """The numbers and which were kept; only the first depends on anything."""
    ids = call.of(call.args[0])
    if ids is not None and isinstance(call.made[0], Tensor):
        call.put(call.made[0], ids)
