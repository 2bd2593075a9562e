"""What a reader of the report should know besides the verdict."""

from __future__ import annotations

import numpy as np
import torch

from pixelcnn.auditing.fitting import Fit
from pixelcnn.auditing.orders import legal_in, some_order
from pixelcnn.auditing.reading import Reading


def reading_in_words(reading: Reading, fitted: Fit) -> tuple[str, ...]:
    """How input and output were read, a line each."""
    runner = fitted.runner
    lines = [f"input: {runner.form.in_words()}{runner.extra.in_words()}"]
    lines += [f"output: {one.in_words()}" for one in dict.fromkeys(reading.layouts)]
    if fitted.shape[0] > 1 and all(one.whole for one in reading.layouts):
        lines.append("a pixel is predicted with all its colours at once")
    if reading.order_name != "raster":
        lines.append(f"order of the pixels: {reading.order_name}")
    if reading.following:
        lines.append("output i predicts the next pixel, i + 1")
    if fitted.left_out:
        shapes = ", ".join(map(str, fitted.left_out))
        lines.append(f"left out, having no numbers for each pixel: {shapes}")
    if runner.dtype != torch.float64:
        lines.append("computed in float32: what moves by less than 2 in a million goes unseen")
    return tuple(lines)


def hints(reading: Reading) -> list[str]:
    """Other ways to look at the verdict."""
    if not reading.leaks:
        if not reading.following:
            return []
        return [
            "Output i sees pixel i and nothing after it, so it predicts the next pixel. That is "
            "right if the loss compares it with pixel i + 1. If the loss compares it with pixel i, "
            "it leaks: say --predicts same."
        ]
    forbidden = reading.relation & ~legal_in(reading.order, reading.relation.shape[0])
    pixels = reading.order.size
    square = forbidden.any(axis=(0, 3)).reshape(pixels, pixels)
    if not (square & ~np.eye(pixels, dtype=bool)).any():
        return [
            "It sees the pixel itself and nothing after it. If output i predicts pixel i + 1, "
            "because the loss shifts, that is right: say --predicts next."
        ]
    if some_order(reading.relation):
        return [
            "There is an order of the pixels in which nothing looks ahead, but none of the usual "
            "ones. If that is meant, name it with --order FILE."
        ]
    return []
