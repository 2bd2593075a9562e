"""Restricts a network to the top rows of an image."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.nn.layers import FixedHeight

if TYPE_CHECKING:
    pass


def top_of(model: AutoregressiveModel, rows: int) -> AutoregressiveModel:
    """The same network, with shared parameters, for images of the first `rows` rows.

    Lower rows cannot affect a causal network's output for these, so they need not be computed.
    """
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    top = copy.deepcopy(model, shared)
    top.config = replace(model.config, height=rows)
    for layer in top.modules():
        if isinstance(layer, FixedHeight):
            layer.keep_rows(rows, model.config.height)
    return top
