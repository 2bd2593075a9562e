"""Operations that only move numbers: the same is done to their cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from pixelcnn.auditing.rules_elementwise import mixed, unite
from pixelcnn.auditing.steps import Call

_FILLING = {"constant_pad_nd": 2}  # the argument that is a constant, and depends on nothing


def moved(call: Call) -> None:
    """`cat`, `flip`, `roll`, padding and the like, and what reads at constant places."""
    indices = [
        one
        for one in _tensors(call.args[1:])
        if not one.is_floating_point() and call.of(one) is not None
    ]
    if indices and call.name not in ("cat", "stack"):
        _read_anywhere(call, indices)
        return
    result = _done_to_cells(call)
    call.put(call.made[0], np.rint(result.numpy()).astype(np.int64))


def split_up(call: Call) -> None:
    """One tensor as several new ones."""
    results = call.func(*_as_cells(call), **call.kwargs)
    for made, cells in zip(call.made, results, strict=True):
        call.put(made, np.rint(cells.numpy()).astype(np.int64))


def scattered(call: Call) -> None:
    """Numbers written at places that an index says."""
    target, dim, index, source = call.args[:4]
    shape = tuple(call.made[0].shape)
    of_index = call.of(index)
    if of_index is None:
        cells = [_cells(call, one) for one in (target, source)]
        result = cells[0].clone().scatter_(dim, index, cells[1].expand_as(index).to(cells[0]))
        call.put(call.made[0], np.rint(result.numpy()).astype(np.int64))
        return
    if any(
        size != shape[axis] for axis, size in enumerate(index.shape) if axis != dim % len(shape)
    ):
        call.tracer.unknown[call.name] = None
        mixed(call)
        return
    axis = dim % len(shape)
    parts = [np.broadcast_to(np.take(of_index, [0], axis), shape)]
    parts += [
        np.broadcast_to(np.take(of_index, [place], axis), shape)
        for place in range(1, of_index.shape[axis])
    ]
    for one in (target, source):
        ids = call.of(one)
        if ids is not None:
            call.tracer.unknown[call.name] = None
            parts.append(np.broadcast_to(ids, shape))
    call.put(call.made[0], unite(call, parts, shape))


def index_put(call: Call) -> None:
    """`x[index] = values`."""
    target, indices, values = call.args[:3]
    if any(call.of(one) is not None for one in _tensors(indices)):
        call.tracer.unknown[call.name] = None
        mixed(call)
        return
    cells = _cells(call, target).clone()
    result = torch.ops.aten.index_put_(cells, indices, _cells(call, values).to(cells), False)
    if len(call.args) > 3 and call.args[3] and call.of(target) is not None:
        call.tracer.unknown[call.name] = None
    call.put(call.made[0], np.rint(result.numpy()).astype(np.int64))


def resampled(call: Call) -> None:
    """Bilinear and bicubic resizing: each result of some numbers near it, found by trying."""
    ids = call.of(call.args[0])
    assert ids is not None
    source = call.args[0]
    height, width = source.shape[-2:]
    # A resizing is linear, and the same for all channels: one picture with a single 1 for each
    # place shows what reads there.
    single = torch.eye(height * width, dtype=torch.float64).reshape(-1, 1, height, width)
    shown = call.func(single, *call.args[1:], **call.kwargs).abs() > 1e-9
    reads = shown.flatten(1).T.numpy()  # (results, sources)
    cells = call.tracer.cells
    flat = ids.reshape(-1, height * width)
    most = max(1, int(reads.sum(axis=1).max(initial=0)))
    order = np.argsort(~reads, axis=1, kind="stable")[:, :most]
    kept = np.take_along_axis(reads, order, axis=1)
    found = []
    for line in flat:
        members = np.where(kept, line[order], 0)
        places = cells.places[members].max(axis=1) if call.tracer.located else None
        found.append(cells.union(members, places))
    call.put(call.made[0], np.stack(found).reshape(tuple(call.made[0].shape)))


def _read_anywhere(call: Call, indices: list[Tensor]) -> None:
    """Reading at places that the image decides: of a constant table, a number for each index."""
    source = call.args[0]
    shape = tuple(call.made[0].shape)
    if call.of(source) is None and call.name == "index":
        wanted = [one for one in call.args[1] if one is not None]
        ids = [call.of(one) for one in wanted]
        around = len(shape) - max(one.dim() for one in wanted)
        if len(call.args[1]) == len(wanted) and around >= 0:
            parts = [one.reshape(*one.shape, *[1] * around) for one in ids if one is not None]
            call.put(call.made[0], unite(call, [np.broadcast_to(p, shape) for p in parts], shape))
            return
    chosen = call.of(indices[0])
    if call.of(source) is None and chosen is not None:
        if call.name == "gather":
            call.put(call.made[0], chosen)
            return
        if call.name == "index_select" and call.args[1] % source.dim() == 0:
            call.put(call.made[0], chosen.reshape(-1, *[1] * (len(shape) - 1)))
            return
    call.tracer.unknown[call.name] = None
    mixed(call)


def _tensors(value: Any) -> list[Tensor]:
    return [one for one in torch.utils._pytree.tree_leaves(value) if isinstance(one, Tensor)]


def _cells(call: Call, tensor: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        return torch.zeros((), dtype=torch.float64)
    ids = call.of(tensor)
    if ids is None:
        return torch.zeros(tuple(tensor.shape), dtype=torch.float64)
    return torch.from_numpy(np.ascontiguousarray(ids)).double()


def _as_cells(call: Call) -> tuple[Any, ...]:
    """The arguments with cells, as whole float64, in place of whatever may depend.

    What indexes, such as the second argument of `gather`, stays: it depends on nothing here.
    """

    def turned(one: Any) -> Any:
        if not isinstance(one, Tensor):
            return one
        if call.of(one) is not None or one.is_floating_point():
            return _cells(call, one)
        return one

    first = call.args[0]
    listed = isinstance(first, list | tuple)
    head = [_cells(call, one) for one in first] if listed else _cells(call, first)
    return (head, *tree_map(turned, call.args[1:]))


def _done_to_cells(call: Call) -> Tensor:
    args = list(_as_cells(call))
    filled = _FILLING.get(call.name)
    if filled is not None and len(args) > filled:
        args[filled] = 0
    result: Tensor = call.func(*args, **call.kwargs)
    return result
