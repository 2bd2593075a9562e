"""The feature maps of every layer for an image, and the kernels of the first one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pixelcnn.errors import DataError
from pixelcnn.introspect.layer_titles import Part, layer_label, layer_part, layer_title
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import Graph, Value, trace
from pixelcnn.nn.attention import CausalAttention
from pixelcnn.nn.layers import TapConv2d
from pixelcnn.nn.recurrence import Recurrence

Hook = Callable[[str, nn.Module, tuple[Tensor, ...], object], None]
"""Called with a layer's name, the layer, its inputs and its output."""

_LAYERS = (TapConv2d, CausalAttention, Recurrence)
# A block with two layers of these names has two outputs, one from each.
_PAIRS = {("vertical", "horizontal"): "stack", ("down", "right"): "stream"}


@dataclass(frozen=True)
class LayerSummary:
    """One layer in words and numbers, over all given images.

    Attributes:
        name: the module's path, as in `activations`.
        title: in plain words, unique within a model.
        label: in two or three words, unique within a part.
        part: where it belongs: `stack` (of a PixelCNN), `vertical stack`, `horizontal stack`, or
            `inside` (a convolution within a block).
        channels: number of maps.
        height: rows of each, in pixels.
        width: columns of each, in pixels.
        minimum: over all images, maps and positions.
        mean: the same.
        maximum: the same.
        dead: number of maps that are 0 everywhere, after the ReLU if one follows.
        rectified: whether a ReLU follows.
    """

    name: str
    title: str
    label: str
    part: Part
    channels: int
    height: int
    width: int
    minimum: float
    mean: float
    maximum: float
    dead: int
    rectified: bool

    @property
    def dead_share(self) -> float:
        """Share of the maps that are dead, 0 to 1."""
        return self.dead / self.channels


@torch.no_grad()
def activations(
    model: AutoregressiveModel, images: Tensor, labels: Tensor | None = None
) -> dict[str, Tensor]:
    """The outputs of all masked convolutions, blocks, attentions and recurrences, in order.

    Args:
        model: any model of the registry.
        images: uint8 `(B, C, H, W)`.
        labels: int64 `(B,)`, for a model with classes.

    Returns:
        {name: float32 `(B, channels, H, W)`}, with fewer rows and columns at lower resolutions. A
        name is the module's path, such as `blocks.0.conv1`; a block with two stacks gives
        `<path>.vertical_stack` and `<path>.horizontal_stack`, one with two streams
        `<path>.down_stream` and `<path>.right_stream`.

    Raises:
        DataError: images or labels that do not fit the model.
    """
    maps_by_layer: dict[str, Tensor] = {}
    blocks = {
        block
        for module in model.modules()
        if isinstance(module, nn.ModuleList | nn.ModuleDict)
        for block in module.children()
    }

    def remember(name: str, module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor):
            if isinstance(module, _LAYERS) or module in blocks:
                maps_by_layer[name] = output.float()
            return
        for sides, kind in _PAIRS.items():
            if isinstance(output, tuple) and all(hasattr(module, side) for side in sides):
                for side, features in zip(sides, output, strict=True):
                    maps_by_layer[f"{name}.{side}_{kind}"] = features.float()

    with _listening(model, remember):
        model(images, labels)
    return maps_by_layer


@torch.no_grad()
def attention_weights(
    model: AutoregressiveModel, images: Tensor, labels: Tensor | None = None
) -> dict[str, Tensor]:
    """The attention weights of every attention in a model.

    Args:
        model: any model of the registry.
        images: uint8 `(B, C, H, W)`.
        labels: int64 `(B,)`, for a model with classes.

    Returns:
        {name: float32 `(B, heads, H * W, H * W)`}, the attending pixel first, with the names of
        `activations`; empty for a model without attention. Rows sum to 1, or to 0 where there is
        nothing to attend to. Takes `heads` times 2.5 MB for an image of 28 x 28.

    Raises:
        DataError: images or labels that do not fit the model.
    """
    weights_by_layer: dict[str, Tensor] = {}

    def remember(name: str, module: nn.Module, inputs: tuple[Tensor, ...], _output: object) -> None:
        if isinstance(module, CausalAttention):
            query, key, _value = inputs
            weights_by_layer[name] = module.weights(query, key).float()

    with _listening(model, remember):
        model(images, labels)
    return weights_by_layer


@contextmanager
def _listening(model: AutoregressiveModel, callback: Hook) -> Iterator[None]:
    """Call `callback` after each module's forward pass, within this context.

    Only for calls of this thread: on a server, other threads use the same model meanwhile.
    """
    listener = threading.get_ident()

    def hook_of(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], object], None]:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: object) -> None:
            if threading.get_ident() == listener:
                callback(name, module, inputs, output)

        return hook

    handles = [
        module.register_forward_hook(hook_of(name.lstrip("_")))
        for name, module in model.named_modules()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def summarize(
    model: AutoregressiveModel,
    found: Mapping[str, Tensor],
    labels: Tensor | None = None,
    *,
    graph: Graph | None = None,
) -> list[LayerSummary]:
    """Each layer in words and numbers, in the order of computation.

    Args:
        model: the model of `found`.
        found: the result of `activations`.
        labels: as given to `activations`.
        graph: the model's trace, if already known.
    """
    biases = _added_before_relu(trace(model) if graph is None else graph, labels)
    return [_summary(model, name, maps, biases) for name, maps in found.items()]


@torch.no_grad()
def prediction(model: AutoregressiveModel, images: Tensor, labels: Tensor | None = None) -> Tensor:
    """The expected brightness of each sub-pixel given the earlier ones.

    Returns:
        float32 `(B, C, H, W)`, 0 to 1: the mean level divided by the highest level; with two
        levels, the probability of ink.

    Raises:
        DataError: images or labels that do not fit the model.
    """
    levels = model.config.levels
    probabilities = model.likelihood.level_log_probs(model(images, labels), images).exp()
    shares = torch.linspace(0, 1, levels, device=probabilities.device)
    return torch.einsum("blchw,l->bchw", probabilities, shares)


def first_kernels(model: AutoregressiveModel) -> dict[str, Tensor]:
    """The weights of every convolution that reads the image itself.

    Returns:
        {module path: float32 `(C_out, C_in, kernel rows, kernel columns)`}, NaN where masked.
    """
    graph = trace(model)
    kernels = {}
    for value in graph.values:
        if isinstance(value.layer, TapConv2d) and value.inputs == (graph.image,):
            weight, mask = value.layer.weight.detach().float(), value.layer.mask
            kernels[value.name] = weight.masked_fill(~mask, torch.nan)
    return kernels


def _summary(
    model: AutoregressiveModel, name: str, maps: Tensor, biases: Mapping[str, Tensor]
) -> LayerSummary:
    if maps.dim() != 4:
        raise DataError(f"found[{name!r}] has shape {tuple(maps.shape)}, not (B, channels, H, W).")
    rectified = name in biases
    after_relu = (maps + biases[name]).relu() if rectified else maps
    return LayerSummary(
        name=name,
        title=layer_title(model, name),
        label=layer_label(name),
        part=layer_part(name),
        channels=maps.shape[1],
        height=maps.shape[2],
        width=maps.shape[3],
        minimum=maps.min().item(),
        mean=maps.mean().item(),
        maximum=maps.max().item(),
        dead=int((after_relu == 0).all(dim=3).all(dim=2).all(dim=0).sum()),
        rectified=rectified,
    )


def _added_before_relu(graph: Graph, labels: Tensor | None) -> dict[str, Tensor]:
    """Convolutions that only a ReLU reads, with the class bias added in between.

    Returns:
        {layer name: `(B or 1, channels or 1, H or 1, W or 1)`}, 0 where nothing is added.
    """
    constants = graph.constants(labels)
    readers: dict[int, list[Value]] = {value.index: [] for value in graph.values}
    for value in graph.values:
        for source in value.inputs:
            readers[source.index].append(value)
    biases = {}
    for layer in graph.values:
        if layer.op != "taps":
            continue
        value, added = layer, torch.zeros(1, 1, 1, 1)
        while [reader.op for reader in readers[value.index]] == ["add"]:
            reader = readers[value.index][0]
            other = [source for source in reader.inputs if source is not value]
            if [source.op for source in other] != ["constant"]:
                break
            value, added = reader, added + constants[other[0].index]
        if [reader.op for reader in readers[value.index]] == ["relu"]:
            biases[layer.name.lstrip("_")] = added
    return biases
