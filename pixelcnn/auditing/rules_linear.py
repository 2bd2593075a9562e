"""Convolutions and matrix products: which weights are zero decides what is read."""

from __future__ import annotations

from dataclasses import replace
from itertools import product as every
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelcnn.auditing.cells import NOWHERE, Ids
from pixelcnn.auditing.rules_elementwise import constant_zeros, mixed, unite
from pixelcnn.auditing.steps import Call

Kernel = tuple[int, ...]


def convolution(call: Call) -> None:
    """`convolution(input, weight, bias, stride, padding, dilation, transposed, ...)`."""
    image, weight, bias, stride, padding, dilation, transposed, _, groups = call.args[:9]
    ids = call.of(image)
    if ids is None or call.of(weight) is not None or call.of(bias) is not None:
        call.tracer.unknown[call.name] = None
        mixed(call)
        return
    pattern = (weight != 0).numpy()
    size = pattern.ndim - 2
    stride, padding, dilation = (_each(one, size) for one in (stride, padding, dilation))
    if transposed:
        ids, pattern, padding = _untransposed(ids, pattern, stride, padding, dilation, groups)
        stride = (1,) * size
    out = call.made[0]
    _through(call, ids, pattern, stride, padding, dilation, groups, tuple(out.shape))


def pooling(call: Call) -> None:
    """Average and maximum over a window, channel by channel."""
    image, kernel = call.args[:2]
    size = len(_each(kernel, 1)) if not isinstance(kernel, int) else image.dim() - 2
    kernel = _each(kernel, size)
    rest = list(call.args[2:])
    stride = _each(rest[0], size) if rest and rest[0] else kernel
    padding = _each(rest[1], size) if len(rest) > 1 else (0,) * size
    is_max = call.name.startswith("max")
    dilation = _each(rest[2], size) if is_max and len(rest) > 2 else (1,) * size
    ids = call.of(image)
    assert ids is not None
    channels = ids.shape[1]
    pattern = np.ones((channels, 1, *kernel), bool)
    # With `ceil_mode` the last window may reach past the padding: there is nothing there.
    shape = tuple(call.made[0].shape)
    reach = [
        (n - 1) * s + (k - 1) * d + 1 - (i + 2 * p)
        for n, s, k, d, i, p in zip(
            shape[2:], stride, kernel, dilation, ids.shape[2:], padding, strict=True
        )
    ]
    ids = np.pad(ids, [(0, 0), (0, 0), *((0, max(0, more)) for more in reach)])
    _through(call, ids, pattern, stride, padding, dilation, channels, shape)


def _through(
    call: Call,
    ids: Ids,
    pattern: NDArray[np.bool_],
    stride: Kernel,
    padding: Kernel,
    dilation: Kernel,
    groups: int,
    shape: tuple[int, ...],
) -> None:
    tracer = call.tracer
    spatial = shape[2:]
    own = tracer.own_places(shape)
    places = None if own is None else np.broadcast_to(own, shape)[0, 0].ravel()
    step = tracer.begin(call.name, shape)
    opened = tracer.lens.opened.get(step)
    if opened is not None:
        pattern = pattern | opened
    ids = np.pad(ids, [(0, 0), (0, 0), *((p, p) for p in padding)])
    found = np.zeros((ids.shape[0], pattern.shape[0], int(np.prod(spatial))), np.int64)
    inputs, outputs = pattern.shape[1], pattern.shape[0] // groups
    known: dict[bytes, Ids] = {}
    for image, group in every(range(ids.shape[0]), range(groups)):
        inside = ids[image, group * inputs : (group + 1) * inputs]
        if not inside.any():
            continue
        chosen = slice(group * outputs, (group + 1) * outputs)
        found[image, chosen] = _sums(
            call, step, inside, pattern[chosen], (stride, dilation), spatial, places, known
        )
    taps = _taps(call, ids, pattern, (stride, dilation), spatial, places)
    tracer.steps[step] = replace(
        tracer.steps[step], weight_open=pattern, taps=taps, dilation=dilation
    )
    call.put(call.made[0], found.reshape(ids.shape[0], pattern.shape[0], *spatial))
    for extra in call.made[1:]:  # where the maxima were
        call.put(extra, found.reshape(ids.shape[0], pattern.shape[0], *spatial))


def _sums(
    call: Call,
    step: int,
    ids: Ids,
    pattern: NDArray[np.bool_],
    strides: tuple[Kernel, Kernel],
    spatial: Kernel,
    places: Ids | None,
    known: dict[bytes, Ids],
) -> Ids:
    """What each output `(out, positions)` depends on, for one image and group of channels."""
    # Input channels with the same cells are one kind, outputs with the same open weights another.
    channel_kind, maps = _kinds(ids)
    merged = np.stack(
        [pattern[:, channel_kind == kind].any(axis=1) for kind in range(len(maps))], axis=1
    )  # (out, kinds, *kernel)
    output_kind, patterns = _kinds(merged)
    results = []
    for one in patterns:
        key = b"".join([one.tobytes(), *(chosen.tobytes() for chosen in maps)])
        if key not in known:
            known[key] = _sum(call, step, maps, one, strides, spatial, places)
        results.append(known[key])
    return np.stack(results)[output_kind]


def _sum(
    call: Call,
    step: int,
    maps: list[Any],
    pattern: NDArray[np.bool_],
    strides: tuple[Kernel, Kernel],
    spatial: Kernel,
    places: Ids | None,
) -> Ids:
    tracer, cells = call.tracer, call.tracer.cells
    rows = np.zeros((int(np.prod(spatial)), cells.words), np.uint64)
    latest = np.full(len(rows), NOWHERE, np.int64)
    reads = [
        maps[kind][_window(position, strides, spatial)].ravel()
        for kind, *position in np.argwhere(pattern)
    ]
    if tracer.located and places is None:  # it belongs to the last pixel that it reads
        for read in reads:
            latest = np.maximum(latest, np.where(read > 0, cells.places[read], NOWHERE))
        places = latest
    causal = tracer.causal(step)
    without_own = step in tracer.lens.without_own
    for read in reads:
        if places is not None and causal:
            where = cells.places[read]
            read = np.where(where > places, 0, read)
            if without_own:
                read = np.where(where == places, 0, read)
        rows |= cells.rows[read]
    return cells.intern(rows, places)


def _taps(
    call: Call,
    ids: Ids,
    pattern: NDArray[np.bool_],
    strides: tuple[Kernel, Kernel],
    spatial: Kernel,
    places: Ids | None,
) -> dict[tuple[int, int], tuple[int, int]]:
    """Where each weight of a kernel reads, from the pixel in the middle: `(dy, dx)`."""
    tracer = call.tracer
    if not tracer.located or len(spatial) != 2:
        return {}
    steps = np.empty((tracer.order.size, 2), np.int64)
    steps[tracer.order.ravel()] = np.argwhere(np.ones_like(tracer.order, bool))
    middle = (spatial[0] // 2) * spatial[1] + spatial[1] // 2
    found = {}
    for position in np.ndindex(*pattern.shape[2:]):
        window = (slice(None), *_window(list(position), strides, spatial))
        read = ids[0][window].reshape(ids.shape[1], -1)[:, middle]
        where = int(tracer.cells.places[read].max(initial=NOWHERE))
        if where != NOWHERE:
            found[position[0], position[1]] = where
    open_ = [where for position, where in found.items() if pattern[(..., *position)].any()]
    own = max(open_, default=NOWHERE) if places is None else int(places[middle])
    if own == NOWHERE:
        return {}
    taps = {}
    for position, where in found.items():
        dy, dx = steps[where] - steps[own]
        taps[position] = (int(dy), int(dx))
    return taps


def _window(position: Any, strides: tuple[Kernel, Kernel], spatial: Kernel) -> tuple[slice, ...]:
    return tuple(
        slice(int(p) * d, int(p) * d + (n - 1) * s + 1, s)
        for p, s, d, n in zip(position, *strides, spatial, strict=True)
    )


def _untransposed(
    ids: Ids,
    pattern: NDArray[np.bool_],
    stride: Kernel,
    padding: Kernel,
    dilation: Kernel,
    groups: int,
) -> tuple[Ids, NDArray[np.bool_], Kernel]:
    """A transposed convolution as an ordinary one of an image spread out with gaps.

    What is added for `output_padding` reads nothing, and needs room on the far side.
    """
    spatial = ids.shape[2:]
    spread = [(n - 1) * s + 1 for n, s in zip(spatial, stride, strict=True)]
    room = [n + max(stride) for n in spread]
    wide = np.zeros((*ids.shape[:2], *room), np.int64)
    wide[
        (slice(None), slice(None), *(slice(0, n, s) for n, s in zip(spread, stride, strict=True)))
    ] = ids
    size = len(spatial)
    flipped = np.flip(pattern, axis=tuple(range(2, 2 + size)))  # (in, out / groups, *kernel)
    inputs = pattern.shape[0] // groups
    parts = flipped.reshape(groups, inputs, *flipped.shape[1:]).swapaxes(1, 2)
    ordinary = parts.reshape(-1, inputs, *flipped.shape[2:])
    around = tuple(
        d * (k - 1) - p for d, k, p in zip(dilation, pattern.shape[2:], padding, strict=True)
    )
    if min(around) < 0:
        cut = tuple(slice(max(0, -a), None) for a in around)
        wide = wide[(slice(None), slice(None), *cut)]
        around = tuple(max(0, a) for a in around)
    return wide, ordinary, around


def _each(value: Any, size: int) -> Kernel:
    if isinstance(value, int):
        return (value,) * size
    return tuple(value) * (size if len(value) == 1 else 1)


def _kinds(array: NDArray[Any]) -> tuple[Ids, list[Any]]:
    """Which of the distinct members along the first axis each one is, and those members."""
    known: dict[bytes, int] = {}
    kind = np.empty(len(array), np.int64)
    members: list[Any] = []
    for index, one in enumerate(array):
        key = one.tobytes()
        if key not in known:
            known[key] = len(members)
            members.append(one)
        kind[index] = known[key]
    return kind, members


# ---------------------------------------------------------------- matrix products


def matrix_product(call: Call) -> None:
    """`mm`, `bmm`, `mv` and `dot`, and with something added first `addmm` and `baddbmm`."""
    added = call.name.startswith(("add", "badd"))
    left, right = call.args[1:3] if added else call.args[:2]
    out = call.made[0]
    ids = [call.of(one) for one in (left, right)]
    open_ = [~constant_zeros(call, one) for one in (left, right)]
    shapes = [tuple(left.shape), tuple(right.shape)]
    if left.dim() == 1:
        shapes[0] = (1, *shapes[0])
    if right.dim() == 1:
        shapes[1] = (*shapes[1], 1)
    batched = [
        None if one is None else np.ascontiguousarray(one).reshape(-1, *shape[-2:])
        for one, shape in zip(ids, shapes, strict=True)
    ]
    a_open, b_open = (
        one.reshape(-1, *shape[-2:]) for one, shape in zip(open_, shapes, strict=True)
    )
    step = call.tracer.begin(call.name, tuple(out.shape))
    parts = []
    for index in range(max(len(a_open), len(b_open))):
        a, b = (None if one is None else one[index % len(one)] for one in batched)
        parts.append(_product(call, step, a, b, a_open[index], b_open[index]))
    found = np.stack(parts).reshape(tuple(out.shape))
    ids_added = call.of(call.args[0]) if added else None
    if ids_added is not None:
        bias = np.broadcast_to(ids_added, tuple(out.shape))
        found = unite(call, [found, bias], tuple(out.shape))
    call.put(out, found)


def _product(
    call: Call,
    step: int,
    a: Ids | None,
    b: Ids | None,
    a_open: NDArray[np.bool_],
    b_open: NDArray[np.bool_],
) -> Ids:
    """Cells `(I, K)` of a product of `(I, J)` and `(J, K)`."""
    none = np.zeros((a_open.shape[0], b_open.shape[1]), np.int64)
    if (a is None or not a.any()) and (b is None or not b.any()):
        return none
    if b is None or not b.any():
        assert a is not None
        return _weighted(call, a.T, b_open.T, _row_places(call, a)).T
    if a is None or not a.any():
        return _mixing(call, step, b, a_open)
    cells = call.tracer.cells
    first = none
    # What the left factor itself depends on, through what it is multiplied with.
    kinds, patterns = _kinds(b_open.T)
    columns = [cells.union(np.where(one[None], a, 0), _row_places(call, a)) for one in patterns]
    first = np.stack(columns)[kinds].T
    second = _mixing(call, step, b, a_open, _row_places(call, a))
    return _pairs(call, first, second)


def _pairs(call: Call, first: Ids, second: Ids) -> Ids:
    cells = call.tracer.cells
    flat = np.stack([first.ravel(), second.ravel()], axis=1)
    places = None
    if call.tracer.located:
        places = np.where(flat[:, 0] > 0, cells.places[flat[:, 0]], cells.places[flat[:, 1]])
    return cells.union(flat, places).reshape(first.shape)


def _row_places(call: Call, a: Ids) -> Ids | None:
    """The place that a row of a matrix belongs to, the latest where there are several."""
    if not call.tracer.located:
        return None
    return call.tracer.cells.places[a].max(axis=1, initial=NOWHERE)


def _weighted(call: Call, ids: Ids, pattern: NDArray[np.bool_], places: Ids | None) -> Ids:
    """A matrix of constants times features: cells `(J, I)` and open `(K, J)` to `(K, I)`."""
    channel_kind, maps = _kinds(np.ascontiguousarray(ids))
    merged = np.stack(
        [pattern[:, channel_kind == kind].any(axis=1) for kind in range(len(maps))], axis=1
    )
    output_kind, patterns = _kinds(merged)
    table = np.stack(maps)
    results = [
        call.tracer.cells.union(table[one].T, places)
        if one.any()
        else np.zeros(ids.shape[1], np.int64)
        for one in patterns
    ]
    return np.stack(results)[output_kind]


def _mixing(
    call: Call, step: int, b: Ids, a_open: NDArray[np.bool_], places: Ids | None = None
) -> Ids:
    """Weights `(I, J)` that are open or not, over things at J: cells `(J, K)` to `(I, K)`."""
    tracer, cells = call.tracer, call.tracer.cells
    own = places
    if tracer.located and (own is None or (own == NOWHERE).all()):
        shaped = tracer.own_places((1, len(a_open)))
        own = np.full(len(a_open), NOWHERE) if shaped is None else shaped.ravel()
    column_kind, columns = _kinds(np.ascontiguousarray(b.T))
    results = []
    for column in columns:
        rows, where = cells.rows[column], cells.places[column]
        open_ = a_open
        if own is not None and tracer.causal(step):
            open_ = open_ & ((where[None] <= own[:, None]) | (own[:, None] == NOWHERE))
        if own is not None and step in tracer.lens.without_own:
            open_ = open_ & (where[None] != own[:, None])
        line_kind, lines = _kinds(np.ascontiguousarray(open_))
        united = np.stack([np.bitwise_or.reduce(rows[line], axis=0) for line in lines])
        chosen = united[line_kind]
        if own is not None:
            latest = np.array([where[line].max(initial=NOWHERE) for line in lines])[line_kind]
            results.append(cells.intern(chosen, np.where(own == NOWHERE, latest, own)))
        else:
            results.append(cells.intern(chosen))
    return np.stack(results)[column_kind].T
