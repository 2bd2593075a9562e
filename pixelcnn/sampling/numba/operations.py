"""The operations of the compiled loop, each on consecutive rows of numbers.

A row is one image at one position; `memory` holds everything, addressed by index.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from pixelcnn.sampling.tables import Op

# Numba compiles plain integers as constants, but not members of an enum.
_RELU, _TANH, _SIGMOID, _ADD, _ELU, _NEG = map(
    int, (Op.RELU, Op.TANH, Op.SIGMOID, Op.ADD, Op.ELU, Op.NEG)
)
_REASSOCIATE = {"reassoc", "contract", "arcp", "nsz"}


@intrinsic
def _float_from_bits(typing: Any, bits: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@njit(inline="always", fastmath=True)
def _exp(x):  # type: ignore[no-untyped-def]
    """e ** x within 2 units in the last place, in a form that vectorises (Cephes, `expf`)."""
    x = min(max(x, np.float32(-87.0)), np.float32(88.0))
    whole = np.floor(x * np.float32(1.44269504) + np.float32(0.5))
    rest = x - whole * np.float32(0.693359375) + whole * np.float32(2.12194440e-4)
    series = np.float32(1.9875691500e-4)
    series = series * rest + np.float32(1.3981999507e-3)
    series = series * rest + np.float32(8.3334519073e-3)
    series = series * rest + np.float32(4.1665795894e-2)
    series = series * rest + np.float32(1.6666665459e-1)
    series = series * rest + np.float32(0.5)
    series = series * rest * rest + rest + np.float32(1.0)
    return series * _float_from_bits((np.int32(whole) + np.int32(127)) << np.int32(23))


@njit(inline="always", fastmath=True)
def _sigmoid(x):  # type: ignore[no-untyped-def]
    return np.float32(1) / (np.float32(1) + _exp(-x))


@njit(inline="always", fastmath=True)
def _tanh(x):  # type: ignore[no-untyped-def]
    # Beyond 15 it is 1 to the last bit, and the squared exponential would overflow.
    a = _exp(np.float32(-2) * min(max(x, np.float32(-15)), np.float32(15)))
    return (np.float32(1) - a) / (np.float32(1) + a)


@njit(inline="always", fastmath=True)
def _elu(x):  # type: ignore[no-untyped-def]
    return x if x > 0 else _exp(x) - np.float32(1)


@njit(nogil=True, error_model="numpy", fastmath=_REASSOCIATE)
def gather(memory, out, taps, first, count, shift, channels, depth, rows):  # type: ignore[no-untyped-def]
    """Collect what the taps of each row read into `depth` consecutive numbers, padded with 0."""
    for m in range(rows):
        place = out + m * depth
        for tap in range(first, first + count):
            for channel in range(channels):
                memory[place] = memory[taps[tap] + shift + m * channels + channel]
                place += 1
        while place < out + (m + 1) * depth:
            memory[place] = np.float32(0)
            place += 1


@njit(nogil=True, error_model="numpy", fastmath=_REASSOCIATE)
def gate(memory, out, width, source, source_width, channels, rows):  # type: ignore[no-untyped-def]
    """tanh(first half) * sigmoid(second half), with two exponentials and one division."""
    one = np.float32(1)
    # Beyond this, tanh and sigmoid have saturated, and the product below would overflow.
    limit = np.float32(40)
    for m in range(rows):
        content = memory[source + m * source_width :][:channels]
        opening = memory[source + m * source_width + channels :][:channels]
        result = memory[out + m * width :][:channels]
        for n in range(channels):
            a = _exp(min(np.float32(-2) * content[n], limit))
            b = _exp(min(-opening[n], limit))
            result[n] = (one - a) / ((one + a) * (one + b))


@njit(nogil=True, error_model="numpy", fastmath=_REASSOCIATE)
def norm(memory, out, source, width, channels, group, weights, biases, floor, rows):  # type: ignore[no-untyped-def]
    """Layer normalisation over each `group` of the channels of a row."""
    size = np.float32(group)
    for m in range(rows):
        for first in range(0, channels, group):
            x = memory[source + m * width + first :][:group]
            y = memory[out + m * width + first :][:group]
            scale = memory[weights + first :][:group]
            bias = memory[biases + first :][:group]
            total = np.float32(0)
            for n in range(group):
                total += x[n]
            mean = total / size
            total = np.float32(0)
            for n in range(group):
                total += (x[n] - mean) * (x[n] - mean)
            inverse = np.float32(1) / np.sqrt(total / size + np.float32(1e-5))
            for n in range(group):
                y[n] = max((x[n] - mean) * inverse * scale[n] + bias[n], floor)


@njit(nogil=True, error_model="numpy", fastmath=_REASSOCIATE)
def elementwise(code, memory, out, source, other, count):  # type: ignore[no-untyped-def]
    """Elementwise operations."""
    x = memory[source:][:count]
    y = memory[out:][:count]
    if code == _RELU:
        for n in range(count):
            y[n] = max(x[n], np.float32(0))
    elif code == _TANH:
        for n in range(count):
            y[n] = _tanh(x[n])
    elif code == _SIGMOID:
        for n in range(count):
            y[n] = _sigmoid(x[n])
    elif code == _ELU:
        for n in range(count):
            y[n] = _elu(x[n])
    elif code == _NEG:
        for n in range(count):
            y[n] = -x[n]
    else:
        z = memory[other:][:count]
        if code == _ADD:
            for n in range(count):
                y[n] = x[n] + z[n]
        else:
            for n in range(count):
                y[n] = x[n] * z[n]


@njit(nogil=True, error_model="numpy")
def copy(memory, out, width, source, source_width, channels, rows):  # type: ignore[no-untyped-def]
    """Copy `channels` numbers of each row from one place to another."""
    for m in range(rows):
        for n in range(channels):
            memory[out + m * width + n] = memory[source + m * source_width + n]


@njit(nogil=True, error_model="numpy", fastmath=_REASSOCIATE)
def concat_elu(memory, out, width, half, source, source_width, channels, rows):  # type: ignore[no-untyped-def]
    """elu(x), and `half` numbers behind it elu(-x)."""
    for m in range(rows):
        x = memory[source + m * source_width :][:channels]
        y = memory[out + m * width :][:channels]
        z = memory[out + m * width + half :][:channels]
        for n in range(channels):
            y[n] = _elu(x[n])
            z[n] = _elu(-x[n])


@njit(nogil=True, error_model="numpy", fastmath=_REASSOCIATE)
def gated_residual(memory, out, width, source, source_width, other, other_width, channels, rows):  # type: ignore[no-untyped-def]
    """x + first half * sigmoid(second half); x begins at `other`."""
    for m in range(rows):
        content = memory[source + m * source_width :][:channels]
        opening = memory[source + m * source_width + channels :][:channels]
        x = memory[other + m * other_width :][:channels]
        y = memory[out + m * width :][:channels]
        for n in range(channels):
            y[n] = x[n] + content[n] * _sigmoid(opening[n])


@njit(nogil=True, error_model="numpy", fastmath=_REASSOCIATE)
def attend(  # type: ignore[no-untyped-def]
    memory, out, width, query, query_width, keys, key_row, key_step, values, value_row,
    value_step, across, positions, heads, key_channels, channels, scores,
):  # fmt: skip
    """Attention for one image at one position, over the first `positions` positions.

    Position p is in row p // across: `keys + p // across * key_row + p % across * key_step`.
    """
    size, depth = channels // heads, key_channels // heads
    scale = np.float32(1) / np.sqrt(np.float32(depth))
    for head in range(heads):
        q = memory[query + head * depth :][:depth]
        result = memory[out + head * size :][:size]
        highest = np.float32(-3e38)
        p, row = 0, keys + head * depth
        while p < positions:
            place = row
            for _ in range(min(across, positions - p)):
                k = memory[place:][:depth]
                total = np.float32(0)
                for n in range(depth):
                    total += q[n] * k[n]
                scores[p] = total * scale
                highest = max(highest, scores[p])
                place += key_step
                p += 1
            row += key_row
        total = np.float32(0)
        for n in range(positions):
            scores[n] = _exp(scores[n] - highest)
            total += scores[n]
        for n in range(size):
            result[n] = np.float32(0)
        p, row = 0, values + head * size
        while p < positions:
            place = row
            for _ in range(min(across, positions - p)):
                v = memory[place:][:size]
                weight = scores[p] / total
                for n in range(size):
                    result[n] += weight * v[n]
                place += value_step
                p += 1
            row += value_row


@njit(nogil=True, error_model="numpy", fastmath=_REASSOCIATE)
def lstm(memory, out, width, gates, gates_width, carried, kept, hidden, rows):  # type: ignore[no-untyped-def]
    """As `pixelcnn.nn.recurrence.lstm_cell`, from gates and carried memory."""
    for m in range(rows):
        o = memory[gates + m * gates_width :][:hidden]
        f = memory[gates + m * gates_width + hidden :][:hidden]
        i = memory[gates + m * gates_width + 2 * hidden :][:hidden]
        g = memory[gates + m * gates_width + 3 * hidden :][:hidden]
        before = memory[carried + m * width :][:hidden]
        after = memory[kept + m * width :][:hidden]
        state = memory[out + m * width :][:hidden]
        for n in range(hidden):
            cell = _sigmoid(f[n]) * before[n] + _sigmoid(i[n]) * _tanh(g[n])
            after[n] = cell
            state[n] = _sigmoid(o[n]) * _tanh(cell)


@njit(nogil=True, error_model="numpy", fastmath=_REASSOCIATE)
def gru(memory, out, width, inputs, states, gates_width, carried, hidden, rows):  # type: ignore[no-untyped-def]
    """As `pixelcnn.nn.recurrence.gru_cell`, from both parts of the gates."""
    for m in range(rows):
        x = memory[inputs + m * gates_width :][: 3 * hidden]
        h = memory[states + m * gates_width :][: 3 * hidden]
        before = memory[carried + m * width :][:hidden]
        state = memory[out + m * width :][:hidden]
        for n in range(hidden):
            reset = _sigmoid(x[n] + h[n])
            keep = _sigmoid(x[hidden + n] + h[hidden + n])
            new = _tanh(x[2 * hidden + n] + reset * h[2 * hidden + n])
            state[n] = (np.float32(1) - keep) * new + keep * before[n]
