"""A network on the top rows of an image alone."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.nn.layers import FixedHeight

if TYPE_CHECKING:
    pass


def top_of(model: AutoregressiveModel, rows: int) -> AutoregressiveModel:
    """The same network on images that end after `rows` rows, with the same parameters.

    Nothing below can change what a causal network says about them, so its work can be spared.
    """
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    top = copy.deepcopy(model, shared)
    top.config = replace(model.config, height=rows)
    for layer in top.modules():
        if isinstance(layer, FixedHeight):
            layer.keep_rows(rows, model.config.height)
    return top
