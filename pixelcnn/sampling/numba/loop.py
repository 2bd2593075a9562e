"""The compiled loop: fills one row of images pixel by pixel, for any packed program.

The program is data, so the loop is compiled once for all models. It releases the GIL, so that
several threads can work on their own images.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from pixelcnn.sampling.likelihood_kinds import MIXTURE
from pixelcnn.sampling.numba.cache import KEPT
from pixelcnn.sampling.numba.draw import draw, draw_from_mixture, level_log_probs, log_prob
from pixelcnn.sampling.numba.execute import locate, run, start_of_row

_PADDED = 5  # column of the buffer table


@njit(nogil=True, error_model="numpy")
def _score(  # type: ignore[no-untyped-def]
    memory, first_output, stride, kind, parameters, images, row, start, stop, log_probs, levels
):  # fmt: skip
    """Log-probabilities of the levels in a range of columns."""
    batch, colours = images.shape[:2]
    for column in range(start, stop):
        for b in range(batch):
            place = first_output + (column * batch + b) * stride
            for colour in range(colours):
                pixel = images[b, :, row, column]
                level_log_probs(memory, place, kind, parameters, pixel, colour, levels)
                log_probs[b, colour, row, column] = log_prob(levels, pixel[colour])


@njit(nogil=True, error_model="numpy")
def _draw_pixel(  # type: ignore[no-untyped-def]
    memory, first_output, stride, kind, parameters, temperature, guidance, images, known, uniforms,
    row, column, colour, levels, others,
):  # fmt: skip
    """Draw one sub-pixel of every image. With guidance, the second half has no label."""
    batch = images.shape[0]
    drawn = batch // 2 if guidance > 0 else batch
    for b in range(drawn):
        if not known[b, colour, row, column]:
            place = first_output + (column * batch + b) * stride
            pixel = images[b, :, row, column]
            uniform = uniforms[b, colour, row, column]
            if kind >= MIXTURE and temperature == 1 and guidance == 0:
                images[b, colour, row, column] = draw_from_mixture(
                    memory, place, kind, parameters, pixel, colour, levels.size, uniform
                )
                continue
            level_log_probs(memory, place, kind, parameters, pixel, colour, levels)
            if guidance > 0:
                place += drawn * stride
                level_log_probs(memory, place, kind, parameters, pixel, colour, others)
                for level in range(levels.size):
                    levels[level] = (1 + guidance) * levels[level] - guidance * others[level]
            images[b, colour, row, column] = draw(levels, temperature, uniform)
        if guidance > 0:
            images[drawn + b, colour, row, column] = images[b, colour, row, column]


@njit(nogil=True, error_model="numpy")
def _fill_row(  # type: ignore[no-untyped-def]
    above, pixel, after, rest, buffers, offsets, memory, taps, scratch, row, first_column, image,
    output, kind, parameters, fresh, scaled, temperature, guidance, images, known, uniforms,
    log_probs,
):  # fmt: skip
    batch, colours, height, width = images.shape
    most = max(above.shape[0], pixel.shape[0], rest.shape[0])
    places, places_after = np.empty((most, 4), np.int64), np.empty((after.shape[0], 4), np.int64)
    scores = np.empty(height * width, np.float32)
    levels, others = np.empty(scaled.size), np.empty(scaled.size)
    if first_column == 0:
        locate(above, buffers, offsets, batch, row, places, taps)
        run(above, buffers, memory, places, taps, scratch, scores, batch, row, 0, width)
    locate(pixel, buffers, offsets, batch, row, places, taps)
    locate(after, buffers, offsets, batch, row, places_after, taps)
    first_input = start_of_row(buffers, image, batch, row)
    first_output = start_of_row(buffers, output, batch, row)
    stride = buffers[output, _PADDED]
    # Where a pixel waits for the one before it, a range of known pixels cannot be done at once.
    longest = 1 if after.shape[0] > 0 else width
    column = first_column
    while column < width:
        stop = column
        while stop < width and stop - column < longest and known[:, :, row, stop].all():
            for b in range(batch):
                for colour in range(colours):
                    place = first_input + (stop * batch + b) * colours + colour
                    memory[place] = scaled[images[b, colour, row, stop]]
            stop += 1
        if stop > column:
            # Known in every image: a whole range of pixels, and nothing to draw.
            run(pixel, buffers, memory, places, taps, scratch, scores, batch, row, column,
                 stop - column)  # fmt: skip
        else:
            stop = column + 1
            for colour in range(colours):
                # Features of a later colour may depend on the earlier ones: compute them anew.
                if colour == 0 or fresh:
                    run(pixel, buffers, memory, places, taps, scratch, scores, batch, row, column,
                         1)  # fmt: skip
                _draw_pixel(memory, first_output, stride, kind, parameters, temperature, guidance,
                            images, known, uniforms, row, column, colour, levels,
                            others)  # fmt: skip
                for b in range(batch):
                    place = first_input + (column * batch + b) * colours + colour
                    memory[place] = scaled[images[b, colour, row, column]]
        run(after, buffers, memory, places_after, taps, scratch, scores, batch, row, column,
             stop - column)  # fmt: skip
        column = stop
    if log_probs.size > 0:
        _score(memory, first_output, stride, kind, parameters, images, row, first_column, width,
               log_probs, levels)  # fmt: skip
    locate(rest, buffers, offsets, batch, row, places, taps)
    run(rest, buffers, memory, places, taps, scratch, scores, batch, row, 0, width)


@njit(nogil=True, cache=KEPT)
def copy_image(  # type: ignore[no-untyped-def]
    buffers, memory, batch, place, other_buffers, other_memory, other_batch, other_place
):
    """Copy the activations of one image of a batch to a place in another batch, or the same.

    Args:
        buffers: int64 (buffers, 6), as in `fill_row`; `other_buffers` have the same shapes.
        memory: float32.
        batch: number of images in it.
        place: index of the image in the batch.
        other_buffers, other_memory, other_batch, other_place: the source of the copy.
    """
    for buffer in range(buffers.shape[0]):
        start, rows, _, columns, _, padded = buffers[buffer]
        other_start = other_buffers[buffer, 0]
        for cell in range(rows * columns):
            to = start + (cell * batch + place) * padded
            source = other_start + (cell * other_batch + other_place) * padded
            for channel in range(padded):
                memory[to + channel] = other_memory[source + channel]


def _cached(stamp: str) -> Any:
    """`fill_row`, compiled, or loaded from the disk cache written under the same stamp."""

    @njit(nogil=True, cache=KEPT, error_model="numpy")
    def fill_row(  # type: ignore[no-untyped-def]
        above, pixel, after, rest, buffers, offsets, memory, taps, scratch, row, first_column,
        image, output, kind, parameters, fresh, scaled, temperature, guidance, images, known,
        uniforms, log_probs,
    ):  # fmt: skip
        """Fill one row of a batch of images.

        Args:
            above, pixel, after, rest: operation tables of the four phases.
            buffers: int64 (buffers, 6): start, ring rows, left frame, columns, channels, padded.
            offsets: int64 (taps, 2).
            memory: float32: weights and buffers.
            taps, scratch: room for addresses, and the address of room for gathered rows.
            row: index of the row.
            first_column: where to begin; results before it must still be in memory.
            image, output: buffers of the scaled image and of the parameters.
            kind: of the likelihood, see `likelihood_kind`.
            parameters: number of parameters per sub-pixel.
            fresh: whether the parameters must be recomputed for each colour of a pixel.
            scaled: float32 (levels,): the network's input for each level.
            temperature: 0 or more.
            guidance: 0 or more; above 0, the second half of the batch is the first without labels.
            images: uint8 (batch, colours, H, W), known sub-pixels filled in; the row is written.
            known: bool, same shape.
            uniforms: float32, same shape.
            log_probs: float32, same shape, in nats: the row is written. Empty to skip this.
        """
        assert len(stamp) > 0
        _fill_row(above, pixel, after, rest, buffers, offsets, memory, taps, scratch, row,
                  first_column, image, output, kind, parameters, fresh, scaled, temperature,
                  guidance, images, known, uniforms, log_probs)  # fmt: skip

    return fill_row


def _stamp() -> str:
    """A hash of all sources that are compiled into the loop.

    Numba's own cache only checks the file of the cached function; the stamp, which the function
    closes over, becomes part of the cache's key.
    """
    folder = Path(__file__).parent
    codes = [folder.parent / name for name in ("tables.py", "likelihood_kinds.py")]
    parts = [*sorted(folder.glob("*.py")), *codes]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


fill_row = _cached(_stamp())
