"""Runs the operations of a packed program on a range of columns of one row."""

from __future__ import annotations

import numpy as np
from numba import njit

from pixelcnn.sampling.numba import operations as compute
from pixelcnn.sampling.numba.microkernel import product
from pixelcnn.sampling.tables import Field, Op

# Numba compiles plain integers as constants, but not members of an enum.
(
    _LINEAR, _GATHER, _NORM, _GATE, _RELU, _TANH, _SIGMOID, _ADD, _MUL, _SLICE, _ELU, _NEG, _CAT,
    _CONCAT_ELU, _UPSAMPLE, _GATED_RESIDUAL, _ATTENTION, _LSTM, _GRU,
) = map(int, Op)  # fmt: skip
(
    _OP, _OUT, _SOURCE, _BASE, _RESIDUAL, _BIAS, _WEIGHTS, _FIRST_TAP, _TAPS, _TAPPED, _DEPTH,
    _CLAMP, _FIRST_CHANNEL, _GROUPS, _SCALE, _SOURCE_SCALE, _CARRY_ROW, _CARRY_COLUMN, _IMAGE_WIDTH,
) = map(int, Field)  # fmt: skip
_START, _RING, _LEFT, _COLUMNS, _CHANNELS, _PADDED = range(6)
_NO_FLOOR = np.float32(-3e38)


@njit(inline="always")
def start_of_row(buffers, buffer, batch, row):  # type: ignore[no-untyped-def]
    """The address of column 0 of a row of a buffer."""
    ring_row = row % buffers[buffer, _RING]
    cell = ring_row * buffers[buffer, _COLUMNS] + buffers[buffer, _LEFT]
    return buffers[buffer, _START] + cell * batch * buffers[buffer, _PADDED]


@njit(nogil=True, error_model="numpy")
def locate(operations, buffers, offsets, batch, row, places, taps):  # type: ignore[no-untyped-def]
    """Addresses that stay the same for a whole row: the buffers and taps of each operation."""
    for index in range(operations.shape[0]):
        operation = operations[index]
        for slot in range(4):
            buffer = operation[_OUT + slot]
            places[index, slot] = start_of_row(buffers, buffer, batch, row) if buffer >= 0 else -1
        source = operation[_SOURCE]
        if operation[_OP] == _UPSAMPLE:
            from_row = row - row % operation[_SOURCE_SCALE]
            places[index, 1] = start_of_row(buffers, source, batch, from_row)
        tapped = operation[_TAPPED]
        stride = batch * buffers[tapped, _PADDED]
        for tap in range(operation[_FIRST_TAP], operation[_FIRST_TAP] + operation[_TAPS]):
            above = start_of_row(buffers, tapped, batch, row + offsets[tap, 0])
            taps[tap] = above + offsets[tap, 1] * stride


@njit(nogil=True, error_model="numpy")
def _linear(  # type: ignore[no-untyped-def]
    operation, buffers, memory, places, taps, scratch, batch, column, rows
):  # fmt: skip
    width = buffers[operation[_OUT], _PADDED]
    source_width = buffers[operation[_SOURCE], _PADDED]
    floor = np.float32(0) if operation[_CLAMP] else _NO_FLOOR
    if places[2] >= 0:
        start, stride = places[2] + column * batch * width, width
    else:
        start, stride = operation[_BIAS], np.int64(0)
    added = places[3] + column * batch * width if places[3] >= 0 else np.int64(-1)
    first, count, depth = operation[_FIRST_TAP], operation[_TAPS], operation[_DEPTH]
    shift = column * batch * source_width
    if operation[_OP] == _GATHER:
        compute.gather(memory, scratch, taps, first, count, shift, source_width, depth, rows)
        taps[0] = scratch
        first, count, shift, source_width = 0, 1, np.int64(0), depth
    product(memory, places[0] + column * batch * width, width, start, stride, taps, first, count,
            shift, source_width, operation[_WEIGHTS], depth, floor, added, rows)  # fmt: skip


@njit(nogil=True, error_model="numpy")
def _attend(operation, buffers, memory, places, batch, row, column, scores):  # type: ignore[no-untyped-def]
    """Attention at one position of all images."""
    out, query, key, value = operation[_OUT : _OUT + 4]
    scale = operation[_SCALE]
    across = -(-operation[_IMAGE_WIDTH] // scale)
    positions = row // scale * across + column // scale + (1 - operation[_CLAMP])
    first_key, first_value = (
        start_of_row(buffers, key, batch, 0),
        start_of_row(buffers, value, batch, 0),
    )
    for b in range(batch):
        at = column * batch + b
        compute.attend(
            memory,
            places[0] + at * buffers[out, _PADDED],
            buffers[out, _PADDED],
            places[1] + at * buffers[query, _PADDED],
            buffers[query, _PADDED],
            first_key + b * buffers[key, _PADDED],
            scale * buffers[key, _COLUMNS] * batch * buffers[key, _PADDED],
            scale * batch * buffers[key, _PADDED],
            first_value + b * buffers[value, _PADDED],
            scale * buffers[value, _COLUMNS] * batch * buffers[value, _PADDED],
            scale * batch * buffers[value, _PADDED],
            across,
            positions,
            operation[_GROUPS],
            buffers[key, _CHANNELS],
            buffers[value, _CHANNELS],
            scores,
        )


@njit(nogil=True, error_model="numpy")
def _recur(operation, buffers, memory, places, taps, batch, row, column):  # type: ignore[no-untyped-def]
    """A recurrent cell at one position of all images."""
    out, source = operation[_OUT], operation[_SOURCE]
    width, gates_width = buffers[out, _PADDED], buffers[source, _PADDED]
    hidden = buffers[out, _CHANNELS]
    inputs = places[1] + column * batch * gates_width
    gates = places[3] + column * batch * gates_width
    state = places[0] + column * batch * width
    before = start_of_row(buffers, operation[_BASE], batch, row + operation[_CARRY_ROW])
    before += (column + operation[_CARRY_COLUMN]) * batch * width
    is_lstm = operation[_OP] == _LSTM
    start, stride = (inputs, gates_width) if is_lstm else (operation[_BIAS], np.int64(0))
    product(memory, gates, gates_width, start, stride, taps, operation[_FIRST_TAP],
            operation[_TAPS], column * batch * width, width, operation[_WEIGHTS],
            operation[_DEPTH], _NO_FLOOR, np.int64(-1), batch)  # fmt: skip
    if is_lstm:
        kept = places[2] + column * batch * width
        compute.lstm(memory, state, width, gates, gates_width, before, kept, hidden, batch)
    else:
        compute.gru(memory, state, width, inputs, gates, gates_width, before, hidden, batch)


@njit(nogil=True, error_model="numpy")
def _one_by_one(  # type: ignore[no-untyped-def]
    operation, buffers, memory, places, taps, scores, batch, row, column, columns
):  # fmt: skip
    """Operations that work position by position."""
    scale = operation[_SCALE]
    first = -(-column // scale) * scale
    count = max(0, -(-(column + columns - first) // scale))
    for n in range(count):
        # A recurrence that reads to its right starts there.
        step = count - 1 - n if operation[_CARRY_COLUMN] > 0 else n
        at = first + step * scale
        if operation[_OP] == _ATTENTION:
            _attend(operation, buffers, memory, places, batch, row, at, scores)
        else:
            _recur(operation, buffers, memory, places, taps, batch, row, at)


@njit(nogil=True, error_model="numpy")
def _copy_up(operation, buffers, memory, places, batch, column, columns):  # type: ignore[no-untyped-def]
    """Each position gets the value of the source's position at or before it."""
    out, source = operation[_OUT], operation[_SOURCE]
    width, source_width = buffers[out, _PADDED], buffers[source, _PADDED]
    for at in range(column, column + columns):
        from_column = at - at % operation[_SOURCE_SCALE]
        compute.copy(memory, places[0] + at * batch * width, width,
                     places[1] + from_column * batch * source_width, source_width,
                     buffers[out, _CHANNELS], batch)  # fmt: skip


@njit(nogil=True, error_model="numpy")
def _execute(  # type: ignore[no-untyped-def]
    operation, buffers, memory, places, taps, scratch, batch, column, columns
):  # fmt: skip
    """One operation on a range of columns of the current row."""
    rows = batch * columns
    code = operation[_OP]
    source_buffer, other_buffer = operation[_SOURCE], operation[_BASE]
    width, source_width = buffers[operation[_OUT], _PADDED], buffers[source_buffer, _PADDED]
    channels = buffers[operation[_OUT], _CHANNELS]
    out = places[0] + column * batch * width
    source = places[1] + column * batch * source_width
    if code <= _GATHER:
        _linear(operation, buffers, memory, places, taps, scratch, batch, column, rows)
    elif code == _GATE:
        compute.gate(memory, out, width, source, source_width, channels, rows)
    elif code == _NORM:
        floor = np.float32(0) if operation[_CLAMP] else _NO_FLOOR
        group = channels // operation[_GROUPS]
        compute.norm(memory, out, source, width, channels, group, operation[_WEIGHTS],
                     operation[_BIAS], floor, rows)  # fmt: skip
    elif code == _SLICE:
        start = source + operation[_FIRST_CHANNEL]
        compute.copy(memory, out, width, start, source_width, channels, rows)
    elif code == _CAT:
        left = buffers[source_buffer, _CHANNELS]
        other_width = buffers[other_buffer, _PADDED]
        other = places[2] + column * batch * other_width
        compute.copy(memory, out, width, source, source_width, left, rows)
        compute.copy(memory, out + left, width, other, other_width, channels - left, rows)
    elif code == _CONCAT_ELU:
        half, left = channels // 2, buffers[source_buffer, _CHANNELS]
        compute.concat_elu(memory, out, width, half, source, source_width, left, rows)
        if other_buffer >= 0:
            other_width = buffers[other_buffer, _PADDED]
            other = places[2] + column * batch * other_width
            compute.concat_elu(memory, out + left, width, half, other, other_width, half - left,
                               rows)  # fmt: skip
    elif code == _GATED_RESIDUAL:
        other_width = buffers[other_buffer, _PADDED]
        other = places[2] + column * batch * other_width
        compute.gated_residual(memory, out, width, source, source_width, other, other_width,
                               channels, rows)  # fmt: skip
    elif code == _UPSAMPLE:
        _copy_up(operation, buffers, memory, places, batch, column, columns)
    else:
        other = places[2] + column * batch * width if places[2] >= 0 else np.int64(-1)
        compute.elementwise(code, memory, out, source, other, rows * width)


@njit(nogil=True, error_model="numpy")
def run(  # type: ignore[no-untyped-def]
    operations, buffers, memory, places, taps, scratch, scores, batch, row, column, columns
):  # fmt: skip
    """All operations of one phase, for a range of columns of the current row."""
    for index in range(operations.shape[0]):
        operation, at = operations[index], places[index]
        scale = operation[_SCALE]
        if row % scale != 0:
            continue
        if operation[_OP] >= _ATTENTION:
            _one_by_one(operation, buffers, memory, at, taps, scores, batch, row, column, columns)
        elif scale == 1:
            _execute(operation, buffers, memory, at, taps, scratch, batch, column, columns)
        else:
            for at_column in range(-(-column // scale) * scale, column + columns, scale):
                _execute(operation, buffers, memory, at, taps, scratch, batch, at_column, 1)
