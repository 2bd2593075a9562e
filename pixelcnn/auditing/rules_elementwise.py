"""Operations that make each number of the numbers at the same place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils._pytree import tree_leaves

from pixelcnn.auditing.cells import NOWHERE, Ids, distinct_columns
from pixelcnn.auditing.steps import Call


def elementwise(call: Call) -> None:
    """Each result depends on all operands at its place."""
    _write(call, _operands(call))


def product(call: Call) -> None:
    """As `elementwise`, but what is multiplied with a constant 0 is 0 whatever it was."""
    shape = tuple(call.made[0].shape)
    dead = np.zeros(shape, bool)
    for one in call.args[:2]:
        if isinstance(one, Tensor):
            dead |= np.broadcast_to(constant_zeros(call, one), shape)
        elif one == 0:
            dead[...] = True
    _write(call, [np.where(dead, 0, ids) for ids in _operands(call)])


def quotient(call: Call) -> None:
    """A constant 0 divided by anything is 0."""
    shape = tuple(call.made[0].shape)
    dead = np.broadcast_to(constant_zeros(call, call.args[0]), shape)
    _write(call, [np.where(dead, 0, ids) for ids in _operands(call)])


def masked_fill(call: Call) -> None:
    """Where the mask is set, the filling; elsewhere what was there."""
    source, mask, filling = call.args[:3]
    shape = tuple(call.made[0].shape)
    chosen = np.broadcast_to(mask.numpy(), shape)
    kept = np.where(chosen, 0, _shaped(call, source, shape))
    filled = np.where(chosen, _shaped(call, filling, shape), 0)
    _write(call, [kept, filled, *_given(call, mask, shape)])


def where(call: Call) -> None:
    """One of two, by a condition."""
    condition, yes, no = call.args[:3]
    shape = tuple(call.made[0].shape)
    chosen = np.broadcast_to(condition.numpy(), shape)
    kept = np.where(chosen, _shaped(call, yes, shape), _shaped(call, no, shape))
    depends = _given(call, condition, shape)
    if depends:
        kept = _shaped(call, yes, shape)
        depends.append(_shaped(call, no, shape))
    _write(call, [kept, *depends])


def overwritten(call: Call) -> None:
    """`copy_`, `fill_` and `zero_`: nothing stays of what was there."""
    target = call.made[0]
    source = call.args[1] if len(call.args) > 1 else None
    call.put(target, _shaped(call, source, tuple(target.shape)))


def same(call: Call) -> None:
    """A copy, or another type of number."""
    ids = call.of(call.args[0])
    call.put(call.made[0], np.zeros(1, np.int64) if ids is None else ids)


def constant_zeros(call: Call, tensor: Any) -> NDArray[np.bool_]:
    """Which numbers are 0 and depend on nothing."""
    if not isinstance(tensor, Tensor):
        return np.array(tensor == 0)
    zero = (tensor == 0).numpy()
    ids = call.of(tensor)
    return zero if ids is None else zero & (ids == 0)


def _shaped(call: Call, tensor: Any, shape: tuple[int, ...]) -> Ids:
    ids = call.of(tensor)
    return np.broadcast_to(np.zeros(1, np.int64) if ids is None else ids, shape)


def _given(call: Call, tensor: Any, shape: tuple[int, ...]) -> list[Ids]:
    ids = call.of(tensor)
    return [] if ids is None else [np.broadcast_to(ids, shape)]


def _operands(call: Call) -> list[Ids]:
    leaves = tree_leaves((call.args, dict(call.kwargs)))
    found = [call.of(leaf) for leaf in leaves]
    shape = tuple(call.made[0].shape)
    return [np.broadcast_to(ids, shape) for ids in found if ids is not None]


def _write(call: Call, operands: list[Ids]) -> None:
    shape = tuple(call.made[0].shape)
    united = unite(call, operands, shape)
    for made in call.made:
        if tuple(made.shape) == shape:
            call.put(made, united)


def unite(call: Call, operands: list[Ids], shape: tuple[int, ...]) -> Ids:
    """The union of several tensors' cells, place by place; all of `shape`."""
    tracer = call.tracer
    if not operands:
        return np.zeros(shape, np.int64)
    own = tracer.own_places(shape)
    if len(operands) == 1 and own is None:
        return operands[0]
    lines = list(operands)
    if tracer.located:
        lines.append(np.broadcast_to(NOWHERE if own is None else own, shape))
    # Feature channels are mostly alike: each kind is united once.
    lead = int(np.prod(shape[:2])) if len(shape) > 2 else 1
    flat = [np.ascontiguousarray(line).reshape(lead, -1) for line in lines]
    known: dict[bytes, int] = {}
    kind = np.empty(lead, np.int64)
    kept: list[int] = []
    for index in range(lead):
        key = b"".join(line[index].tobytes() for line in flat)
        if key not in known:
            known[key] = len(kept)
            kept.append(index)
        kind[index] = known[key]
    columns = [line[kept].ravel() for line in flat]
    distinct, inverse = distinct_columns(columns)
    if not tracer.located:
        united = tracer.cells.union(distinct.T)
    else:
        united = _placed(call, distinct[:-1], distinct[-1], shape)
    return united[inverse].reshape(len(kept), -1)[kind].reshape(shape)


def _placed(call: Call, operands: Ids, own: Ids, shape: tuple[int, ...]) -> Ids:
    """The union `(n,)` of operands `(k, n)` of places, seen through the lens."""
    tracer = call.tracer
    places = tracer.cells.places[operands]  # (k, n)
    if (own != NOWHERE).any() and ((places > own) & (operands > 0)).any():
        step = tracer.begin(call.name, shape)
        if tracer.causal(step):
            operands = np.where((places > own) & (own != NOWHERE), 0, operands)
    latest = np.where(own == NOWHERE, places.max(axis=0, initial=NOWHERE), own)
    return tracer.cells.union(operands.T, latest)


def draws(call: Call) -> None:
    """Random numbers written over what was there."""
    for made in call.made:
        call.put(made, np.zeros(1, np.int64))


def looked_up(call: Call) -> None:
    """`embedding`: a row of a table for each index."""
    ids = call.of(call.args[1])
    if ids is None or call.of(call.args[0]) is not None:
        call.tracer.unknown[call.name] = None
        return
    call.put(call.made[0], ids[..., None])


def by_second(call: Call) -> None:
    """`searchsorted` and the like: a number for each of those looked up."""
    ids = [call.of(one) for one in call.args[:2] if isinstance(one, Tensor)]
    found = [one for one in ids if one is not None and one.shape == tuple(call.made[0].shape)]
    call.put(call.made[0], unite(call, found, tuple(call.made[0].shape)))


def nothing(call: Call) -> None:
    """Something that is not followed on purpose."""


def escapes(call: Call) -> None:
    """A number that leaves for Python, where nobody can follow it."""
    call.tracer.unknown[call.name] = None


def range_checked(call: Call) -> None:
    """`aminmax`, by which `one_hot` checks whole numbers; of fractions it is a reduction."""
    if call.args[0].is_floating_point():
        call.tracer.unknown[call.name] = None
        mixed(call)


def mixed(call: Call) -> None:
    """All of it may depend on all of what was given."""
    cells = call.tracer.cells
    given = [np.unique(ids) for ids in call.ids.values() if ids is not None]
    place = np.array([NOWHERE])
    if call.tracer.located:
        call.tracer.begin(call.name, tuple(call.made[0].shape) if call.made else ())
    every = cells.union(np.unique(np.concatenate(given))[None], place)
    for made in call.made:
        call.put(made, every)
