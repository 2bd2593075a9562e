"""The least arithmetic that an image needs, and this machine's speed at arithmetic."""

from __future__ import annotations

import time

import torch

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import Value, trace
from pixelcnn.nn.attention import CausalAttention
from pixelcnn.nn.layers import TapLayer
from pixelcnn.nn.recurrence import Recurrence

_MATRIX = 1024


def multiply_adds(model: AutoregressiveModel) -> int:
    """Multiply-adds that one image needs if every activation is computed once.

    Counts unmasked weights only, and each sub-pixel once, though a network in which G reads R has
    to run three times per pixel. Elementwise operations (activations, normalisation) are left out.
    """
    return sum(_of_value(value, model) for value in trace(model).values)


def _of_value(value: Value, model: AutoregressiveModel) -> int:
    rows, columns = (-(-size // value.scale) for size in (model.config.height, model.config.width))
    positions = rows * columns
    if isinstance(value.layer, TapLayer):
        return positions * sum(int(mask.sum()) for mask in value.layer.tap_masks().values())
    if isinstance(value.layer, Recurrence):
        return positions * value.layer.weight.numel()
    if isinstance(value.layer, CausalAttention):
        query, _, attended = value.inputs
        pairs = positions * (positions + (-1 if value.layer.strict else 1)) // 2
        return pairs * (query.channels + attended.channels)
    return 0


def seconds_for_a_matrix_product() -> tuple[float, int]:
    """Time one float32 matrix product on one thread; returns seconds and multiply-adds."""
    matrix = torch.ones(_MATRIX, _MATRIX)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        start = time.perf_counter()
        torch.mm(matrix, matrix)
        return time.perf_counter() - start, _MATRIX**3
    finally:
        torch.set_num_threads(threads)
