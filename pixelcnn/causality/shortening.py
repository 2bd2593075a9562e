"""The graph of a PixelCNN++ with fewer blocks, derived from a deeper one.

Tracing takes far longer than following the taps, and one trace serves all depths: each layer adds
to its input, so removing a layer means removing its addition.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pixelcnn.models.graph import Graph, Value, live

_LAST_OF_A_LAYER = re.compile(r"way_(down|up)\.\d+\.layers\.(\d+)\.(?:down|right)\.conv2")


def shortened(graph: Graph, deep: int, blocks: int) -> Graph:
    """The graph of a PixelCNN++ with `blocks` gated layers per stage.

    On the way down the last layers are removed. The way up uses its shortcuts in reverse order, so
    its first layers, which read these, are removed.

    Args:
        graph: the trace of one with `deep` layers per stage, without labels.
        deep: its number of layers per stage.
        blocks: number of layers to keep, 1 or more.
    """
    replacements: dict[int, Value] = {}  # by index in the deep network
    for value in graph.values:
        inputs = tuple(replacements[source.index] for source in value.inputs)
        left_out = _adds_a_layer(value, deep, blocks)
        replacements[value.index] = inputs[0] if left_out else replace(value, inputs=inputs)
    kept = list(dict.fromkeys(replacements.values()))
    return Graph(live(kept, replacements[graph.output.index]), graph.constants)


def _adds_a_layer(value: Value, deep: int, blocks: int) -> bool:
    """Whether this is the addition at the end of a layer that is removed."""
    if value.op != "add" or value.inputs[1].op != "mul":
        return False
    content = value.inputs[1].inputs[0]
    layer = _LAST_OF_A_LAYER.fullmatch(content.inputs[0].name)
    if layer is None:
        return False
    way, index = layer[1], int(layer[2])
    return index >= blocks if way == "down" else index < deep - blocks
