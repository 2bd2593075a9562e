"""The compiled loop: one row of images, filled pixel by pixel, for any packed program.

It is compiled once for all models, since the program is data. It never holds Python's lock, so
several threads can each work on their own images.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from pixelcnn.sampling.microkernel import product
from pixelcnn.sampling.numba_program import Field, Op

# Numba freezes plain integers into the machine code, but not members of an enum.
_LINEAR, _GATHER, _NORM, _GATE, _RELU, _TANH, _SIGMOID, _ADD, _MUL, _SLICE = map(int, Op)
(
    _OP, _OUT, _SOURCE, _BASE, _RESIDUAL, _BIAS, _WEIGHTS, _FIRST_TAP, _TAPS, _DEPTH, _CLAMP,
    _FIRST_CHANNEL, _GROUPS,
) = map(int, Field)  # fmt: skip
_START, _RING, _LEFT, _COLUMNS, _CHANNELS, _PADDED = range(6)
_REASSOCIATE = {"reassoc", "contract", "arcp", "nsz"}
_NO_FLOOR = np.float32(-3e38)


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


@njit(inline="always")
def _place(buffers, buffer, batch, row):  # type: ignore[no-untyped-def]
    """Where column 0 of a row of a buffer begins."""
    ring_row = row % buffers[buffer, _RING]
    cell = ring_row * buffers[buffer, _COLUMNS] + buffers[buffer, _LEFT]
    return buffers[buffer, _START] + cell * batch * buffers[buffer, _PADDED]


@njit(nogil=True, cache=True, error_model="numpy")
def _locate(operations, buffers, offsets, batch, row, places, taps):  # type: ignore[no-untyped-def]
    """Addresses that stay the same for a whole row: each operation's buffers and taps."""
    for index in range(operations.shape[0]):
        operation = operations[index]
        for slot in range(4):
            buffer = operation[_OUT + slot]
            places[index, slot] = _place(buffers, buffer, batch, row) if buffer >= 0 else -1
        source = operation[_SOURCE]
        stride = batch * buffers[source, _PADDED]
        for tap in range(operation[_FIRST_TAP], operation[_FIRST_TAP] + operation[_TAPS]):
            above = _place(buffers, source, batch, row + offsets[tap, 0])
            taps[tap] = above + offsets[tap, 1] * stride


@njit(nogil=True, error_model="numpy", fastmath=_REASSOCIATE)
def _gather(memory, out, taps, first, count, shift, channels, depth, rows):  # type: ignore[no-untyped-def]
    """Collect what the taps of each row read into `depth` numbers in a line, zeros at the end."""
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
def _gate(memory, out, width, source, source_width, channels, rows):  # type: ignore[no-untyped-def]
    """tanh(first half) * sigmoid(second half), with two exponentials and one division."""
    one = np.float32(1)
    # Beyond it, tanh and sigmoid are at their limits, and the product below would overflow.
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
def _norm(memory, out, source, width, channels, group, weights, biases, floor, rows):  # type: ignore[no-untyped-def]
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
def _elementwise(code, memory, out, source, other, count):  # type: ignore[no-untyped-def]
    """The operations that treat every number alike."""
    one = np.float32(1)
    x = memory[source:][:count]
    y = memory[out:][:count]
    if code == _RELU:
        for n in range(count):
            y[n] = max(x[n], np.float32(0))
    elif code == _TANH:
        for n in range(count):
            a = _exp(np.float32(-2) * x[n])
            y[n] = (one - a) / (one + a)
    elif code == _SIGMOID:
        for n in range(count):
            y[n] = one / (one + _exp(-x[n]))
    else:
        z = memory[other:][:count]
        if code == _ADD:
            for n in range(count):
                y[n] = x[n] + z[n]
        else:
            for n in range(count):
                y[n] = x[n] * z[n]


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_REASSOCIATE)
def _run(  # type: ignore[no-untyped-def]
    operations, buffers, memory, places, taps, scratch, batch, column, columns
):  # fmt: skip
    """All operations of one phase, for a stretch of columns of the present row."""
    rows = batch * columns
    for index in range(operations.shape[0]):
        operation = operations[index]
        code = operation[_OP]
        width = buffers[operation[_OUT], _PADDED]
        source_width = buffers[operation[_SOURCE], _PADDED]
        channels = buffers[operation[_OUT], _CHANNELS]
        out = places[index, 0] + column * batch * width
        source = places[index, 1] + column * batch * source_width
        other = places[index, 2] + column * batch * width if places[index, 2] >= 0 else -1
        floor = np.float32(0) if operation[_CLAMP] else _NO_FLOOR
        weights, bias = operation[_WEIGHTS], operation[_BIAS]
        if code <= _GATHER:  # linear, of either kind
            start, stride = (other, width) if other >= 0 else (bias, np.int64(0))
            added = places[index, 3]
            added = added + column * batch * width if added >= 0 else np.int64(-1)
            first, count, depth = operation[_FIRST_TAP], operation[_TAPS], operation[_DEPTH]
            shift = column * batch * source_width
            if code == _GATHER:
                _gather(memory, scratch, taps, first, count, shift, source_width, depth, rows)
                taps[0] = scratch
                first, count, shift, source_width = 0, 1, np.int64(0), depth
            product(memory, out, width, start, stride, taps, first, count, shift,
                    source_width, weights, depth, floor, added, rows)  # fmt: skip
        elif code == _GATE:
            _gate(memory, out, width, source, source_width, channels, rows)
        elif code == _NORM:
            group = channels // operation[_GROUPS]
            _norm(memory, out, source, width, channels, group, weights, bias, floor, rows)
        elif code == _SLICE:
            start = source + operation[_FIRST_CHANNEL]
            for m in range(rows):
                for n in range(channels):
                    memory[out + m * width + n] = memory[start + m * source_width + n]
        else:
            _elementwise(code, memory, out, source, other, rows * width)


@njit(nogil=True, cache=True, error_model="numpy")
def _draw(memory, start, parameters, temperature, uniform):  # type: ignore[no-untyped-def]
    """The level at which the cumulative distribution first exceeds the uniform number.

    One parameter is the log-odds of level 1; several are the logits of a softmax.
    """
    logits = memory[start : start + parameters]
    if temperature == 0:
        if parameters == 1:
            return 1 if logits[0] > 0 else 0
        return np.argmax(logits)
    if parameters == 1:
        paper = np.float32(1) / (np.float32(1) + np.exp(logits[0] / temperature))
        return 1 if uniform >= paper else 0
    highest = logits.max()
    total = np.float32(0)
    for level in range(parameters):
        total += np.exp((logits[level] - highest) / temperature)
    reached = np.float32(0)
    for level in range(parameters - 1):
        reached += np.exp((logits[level] - highest) / temperature)
        if reached > uniform * total:
            return level
    return parameters - 1


@njit(nogil=True, cache=True, error_model="numpy")
def _log_prob(memory, start, parameters, level):  # type: ignore[no-untyped-def]
    """Log-probability of a level under the model itself, in nats."""
    logits = memory[start : start + parameters]
    if parameters == 1:
        odds = logits[0] if level == 1 else -logits[0]
        return min(odds, np.float32(0)) - np.log1p(np.exp(-abs(odds)))
    highest = logits.max()
    total = np.float32(0)
    for other in range(parameters):
        total += np.exp(logits[other] - highest)
    return logits[level] - highest - np.log(total)


@njit(nogil=True, cache=True, error_model="numpy")
def _score(  # type: ignore[no-untyped-def]
    memory, first_output, stride, parameters, images, row, start, stop, log_probs
):  # fmt: skip
    """Log-probabilities of the levels in a stretch of a row."""
    batch, colours = images.shape[:2]
    for column in range(start, stop):
        for b in range(batch):
            for colour in range(colours):
                place = first_output + (column * batch + b) * stride + colour * parameters
                log_probs[b, colour, row, column] = _log_prob(
                    memory, place, parameters, images[b, colour, row, column]
                )


@njit(nogil=True, cache=True, error_model="numpy")
def fill_row(  # type: ignore[no-untyped-def]
    above, pixel, after, buffers, offsets, memory, taps, scratch, row, first_column, image, output,
    parameters, scaled, temperature, images, known, uniforms, log_probs,
):  # fmt: skip
    """Fill one row of a batch of images.

    Args:
        above, pixel, after: operation tables of the three phases.
        buffers: int64 (buffers, 6): start, ring rows, left frame, columns, channels, padded.
        offsets: int64 (taps, 2).
        memory: float32: weights and buffers.
        taps, scratch: room for addresses, and where in memory there is room for gathered rows.
        row: which row.
        first_column: where to begin; what was computed before it must still be in memory.
        image, output: buffers of the scaled image and of the parameters.
        parameters: numbers for each sub-pixel.
        scaled: float32 (levels,): what the network reads for each level.
        temperature: 0 or more.
        images: uint8 (batch, colours, H, W), known sub-pixels filled in; the row is written.
        known: bool, same shape.
        uniforms: float32, same shape.
        log_probs: float32, same shape, in nats: the row is written. Of no size to spare the work.
    """
    batch, colours, _, width = images.shape
    places = np.empty((max(above.shape[0], pixel.shape[0], after.shape[0]), 4), np.int64)
    if first_column == 0:
        _locate(above, buffers, offsets, batch, row, places, taps)
        _run(above, buffers, memory, places, taps, scratch, batch, 0, width)
    _locate(pixel, buffers, offsets, batch, row, places, taps)
    first_input = _place(buffers, image, batch, row)
    first_output = _place(buffers, output, batch, row)
    stride = buffers[output, _PADDED]
    column = first_column
    while column < width:
        stop = column
        while stop < width and known[:, :, row, stop].all():
            for b in range(batch):
                for colour in range(colours):
                    place = first_input + (stop * batch + b) * colours + colour
                    memory[place] = scaled[images[b, colour, row, stop]]
            stop += 1
        if stop > column:
            # Known in every image: a run of pixels at once, and nothing to draw.
            _run(pixel, buffers, memory, places, taps, scratch, batch, column, stop - column)
            column = stop
            continue
        for colour in range(colours):
            # Features of a later colour see the earlier ones, so each colour has its own turn.
            _run(pixel, buffers, memory, places, taps, scratch, batch, column, 1)
            for b in range(batch):
                if not known[b, colour, row, column]:
                    start = first_output + (column * batch + b) * stride + colour * parameters
                    images[b, colour, row, column] = _draw(
                        memory, start, parameters, temperature, uniforms[b, colour, row, column]
                    )
                place = first_input + (column * batch + b) * colours + colour
                memory[place] = scaled[images[b, colour, row, column]]
        column += 1
    if log_probs.size > 0:
        _score(
            memory, first_output, stride, parameters, images, row, first_column, width, log_probs
        )
    _locate(after, buffers, offsets, batch, row, places, taps)
    _run(after, buffers, memory, places, taps, scratch, batch, 0, width)
