"""A network's layers by name: the value of each for one image, and its receptive field.

`activations` gives the maps of the layers, `trace` their wiring. This module combines the two, so
that one cell of a map can be traced back: see `pixelcnn.introspect.cell`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from pixelcnn.causality.propagation import Reach, relations
from pixelcnn.introspect.feature_maps import activations
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import Graph, Value, trace

Numbers = Mapping[int, Tensor]
"""Each value of a graph for one image: {index: float `(channels, rows, columns)`}."""

_ELEMENTWISE: Mapping[str, Callable[..., Tensor]] = {
    "relu": F.relu,
    "elu": F.elu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "neg": torch.neg,
    "add": torch.add,
    "mul": torch.mul,
}


@dataclass(frozen=True, eq=False)
class Wiring:
    """A model's graph with names.

    Attributes:
        model: the model.
        graph: its values.
        places: the value of each layer of `activations` that leads to the prediction, and of both
            halves of each gate, `<path>_gate.tanh` (or `.signal` without a non-linearity) and
            `<path>_gate.sigmoid`.
        reaches: the receptive field of each value, by its index.
    """

    model: AutoregressiveModel
    graph: Graph
    places: Mapping[str, Value]
    reaches: Mapping[int, Reach]

    @property
    def names(self) -> dict[int, str]:
        """The name of each named value, by its index."""
        return {value.index: name for name, value in self.places.items()}


def wire(model: AutoregressiveModel) -> Wiring:
    """Trace a model and name its values; slow, so keep the result."""
    graph = trace(model)
    config = model.config
    # For a random image, two layers give equal outputs only if they are the same layer.
    generator = torch.Generator().manual_seed(0)
    shape = (1, *config.image_shape)
    image = torch.randint(0, config.levels, shape, generator=generator).to(torch.uint8)
    labels = torch.zeros(1, dtype=torch.int64) if config.classes else None
    values = numbers_of(model, graph, image[0], labels)
    places: dict[str, Value] = {}
    for name, maps in activations(model, image, labels).items():
        same = [value for value in graph.values if torch.equal(values[value.index], maps[0])]
        if same:
            places[name] = same[-1]
    reaches = relations(graph, config.height, config.width)
    return Wiring(model, graph, places | _gates(graph, places), reaches)


@torch.no_grad()
def numbers_of(
    model: AutoregressiveModel, graph: Graph, image: Tensor, labels: Tensor | None = None
) -> dict[int, Tensor]:
    """All values of a model for one image.

    Args:
        model: the model.
        graph: its trace.
        image: uint8 `(C, H, W)`.
        labels: int64 `(1,)`, for a model with classes.

    Returns:
        {index: float `(channels, rows, columns)`}; constants may have size 1 in any dimension.

    Raises:
        DataError: an image or label that does not fit the model.
    """
    model.check_images(image[None])
    labels = model.full_labels(labels, 1)
    known = graph.constants(labels)
    for value in graph.values:
        if value.op != "constant":
            inputs = [known[source.index] for source in value.inputs]
            known[value.index] = _compute(model, value, inputs, image)
    # A model without labels has an additional constant, None.
    return {index: value[0] for index, value in known.items() if isinstance(value, Tensor)}


def gate_maps(wiring: Wiring, numbers: Numbers) -> dict[str, Tensor]:
    """Both halves of every gate after their non-linearity: {place: `(1, channels, H, W)`}."""
    return {
        name: numbers[value.index][None]
        for name, value in wiring.places.items()
        if "_gate." in name
    }


def _compute(
    model: AutoregressiveModel, value: Value, inputs: list[Tensor], image: Tensor
) -> Tensor:
    if value.op == "image":
        return model.scale(image[None])
    if value.op == "slice":
        return inputs[0][:, value.start : value.start + value.channels]
    if value.op == "cat":
        return torch.cat(inputs, dim=1)
    if value.layer is not None:
        result: Tensor = value.layer(*inputs)
        return result
    return _ELEMENTWISE[value.op](*inputs)


def _gates(graph: Graph, places: Mapping[str, Value]) -> dict[str, Value]:
    """The two factors of each product with a sigmoid, named after the product's layer."""
    names = {value.index: name for name, value in places.items()}
    gates = {}
    for value in graph.values:
        openings = [source for source in value.inputs if source.op == "sigmoid"]
        if value.op != "mul" or not openings:
            continue
        readers = [reader for reader in graph.values if value in reader.inputs]
        name = next((names[near.index] for near in [value, *readers] if near.index in names), None)
        if name is None:
            continue
        path, _, last = name.rpartition(".")
        # The mix layer reads the gated result of the horizontal stack.
        side = (
            "horizontal" if last == "mix" else last.removesuffix("_stack").removesuffix("_stream")
        )
        gate = f"{path}.{side}_gate" if not last.isdecimal() else f"{name}.the_gate"
        for source in value.inputs:
            kind = source.op if source.op in ("tanh", "sigmoid") else "signal"
            gates[f"{gate}.{kind}"] = source
    return gates
