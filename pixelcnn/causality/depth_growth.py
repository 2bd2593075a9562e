"""How a network's receptive field grows with depth, until no further layer adds anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from typing import Any

import numpy as np
from torch import fx

from pixelcnn.causality.propagation import Packed, Reach, reach_of, relations
from pixelcnn.causality.reach import BoolArray, legal_relation
from pixelcnn.causality.shortening import shortened
from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import Graph, Value, record, trace
from pixelcnn.models.pixelcnnpp import PixelCNNPP
from pixelcnn.models.registry import build_model
from pixelcnn.nn.layers import MaskedConv2d, MaskType, TapConv2d
from pixelcnn.system.checks import check_choice

_TEMPLATE_BLOCKS = 3
_TRACED_SIZE = 28
_KERNEL_SIZES = ("first_kernel_size", "kernel_size")
_DEPTHS_AT_ONCE = 5


@dataclass(frozen=True, eq=False)
class ReceptiveFields:
    """The receptive fields of all pixels after each layer.

    Attributes:
        relations: bool `(blocks + 1, H, W, H, W)`: after the first layer, then after each block;
            target row and column, then source row and column.
        limit: the same at unlimited depth: bool `(H, W, H, W)`.
    """

    relations: BoolArray
    limit: BoolArray

    @cached_property
    def totals(self) -> tuple[Totals, ...]:
        """The counts over all pairs, after the first layer and after each block."""
        height, width = self.limit.shape[:2]
        pairs = np.packbits(legal_relation(1, height, width))
        never = _count(pairs & ~np.packbits(self.limit))
        totals = []
        for seen in map(np.packbits, self.relations):
            legal = _count(seen & pairs)
            totals.append(Totals(_count(pairs), legal, never, _count(seen) - legal))
        return tuple(totals)


@dataclass(frozen=True)
class Totals:
    """Counts over all (target, source) pairs of pixels.

    `legal` sources come before their target, `seen` ones are used, `never` ones are unseen at any
    depth (the blind spot), and `leaks` are seen although they do not come before their target.
    """

    legal: int
    seen: int
    never: int
    leaks: int

    @property
    def seen_share(self) -> float:
        """Share of the legal pairs that are seen, 0 to 1."""
        return self.seen / max(self.legal, 1)


def receptive_field_by_depth(
    name: str,
    *,
    size: int = 28,
    first_kernel_size: int = 7,
    kernel_size: int = 3,
    first_mask: MaskType = "A",
    **options: Any,
) -> ReceptiveFields:
    """The receptive fields of an architecture on square grey images, up to their limit.

    In `pixelcnn` each block has one k x k masked convolution here, and there are as many blocks as
    rows below the first: for k = 3 or more, further ones add nothing. Where blocks do not form a
    chain (attention, several resolutions), networks of one block, of two and so on are followed
    until one more adds nothing. The number of channels does not matter, so the networks are as thin
    as possible.

    Args:
        name: an architecture of the registry.
        size: rows and columns of the image, in pixels; 2 or more.
        first_kernel_size: of the first masked convolution.
        kernel_size: of those in the blocks.
        first_mask: of the first layer. "B" is the mistake that lets each pixel see itself.
        options: further options of the architecture, such as `dilations=(2,)`.

    Raises:
        ConfigError: an unknown architecture, option or mask type, or invalid sizes.
    """
    check_choice("first_mask", first_mask, ("A", "B"))
    if size < 2:
        raise ConfigError(f"size = {size} is too small; use 2 or more.")
    options |= {"first_kernel_size": first_kernel_size, "kernel_size": kernel_size}
    if name == "pixelcnn":
        options.setdefault("block", "bottleneck")
    _check(name, size, options)
    traced = _of_each_depth(name, first_mask, options)
    template = traced(_TEMPLATE_BLOCKS)
    if _is_chain(template):
        relations = _grown(template, size, blocks=size - 1)
    else:
        relations = _grown_one_by_one(traced, size)
    return ReceptiveFields(relations, limit=relations[-1])


def thin_graph(
    name: str,
    *,
    size: int,
    blocks: int,
    first_mask: MaskType = "A",
    **options: Any,
) -> Graph:
    """The graph of this architecture with minimal channels and the same receptive fields.

    Args:
        name: an architecture of the registry.
        size: rows and columns of the images, in pixels.
        blocks: number of blocks.
        first_mask: of the first layer; "B" is the mistake, as in `receptive_field_by_depth`.
        options: further options of the architecture.

    Raises:
        ConfigError: an unknown architecture or option, or invalid sizes.
    """
    _check(name, size, options)
    return _thin_graph(name, blocks, first_mask, _named(options))


def _check(name: str, size: int, options: dict[str, Any]) -> None:
    """Build the smallest such network for images of this size, to raise its errors."""
    build_model(name, height=size, width=size, hidden_channels=2, blocks=1, **options)


def _of_each_depth(
    name: str, first_mask: MaskType, options: dict[str, Any]
) -> Callable[[int], Graph]:
    """A function that returns the graph for a number of blocks."""
    options_key = _named(options)

    def traced(blocks: int) -> Graph:
        if name != PixelCNNPP.name:
            return _thin_graph(name, blocks, first_mask, options_key)
        deep = _DEPTHS_AT_ONCE * -(-blocks // _DEPTHS_AT_ONCE)
        return shortened(_thin_graph(name, deep, first_mask, options_key), deep, blocks)

    return traced


def _named(options: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(options.items()))


@lru_cache(maxsize=32)
def _thin_graph(
    name: str, blocks: int, first_mask: MaskType, options: tuple[tuple[str, Any], ...]
) -> Graph:
    """Cached: it is the same for images of any size, and takes longer to make than to follow."""
    model = _thin_model(name, blocks, options)
    if first_mask == "B":
        put_mask_b_first(model)
    others = tuple(option for option in options if option[0] not in _KERNEL_SIZES)
    return trace(model, _recording(name, blocks, others))


@lru_cache(maxsize=32)
def _recording(name: str, blocks: int, options: tuple[tuple[str, Any], ...]) -> fx.Graph:
    """Cached: it is the same for kernels of any size, and for either mask."""
    return record(_thin_model(name, blocks, options))


def _thin_model(
    name: str, blocks: int, options: tuple[tuple[str, Any], ...]
) -> AutoregressiveModel:
    size = _TRACED_SIZE
    return build_model(
        name, height=size, width=size, hidden_channels=2, blocks=blocks, **dict(options)
    )


def put_mask_b_first(model: AutoregressiveModel) -> None:
    """Replace each mask of type A by type B: the classical mistake, for demonstrations.

    Every pixel then sees itself, and the model learns to copy what it should predict. For grey
    models.
    """
    for path, layer in list(model.named_modules()):
        if isinstance(layer, MaskedConv2d) and layer.mask_type == "A":
            rows, columns = layer.kernel_size
            mask = layer.mask.clone()
            mask[:, :, rows // 2, columns // 2] = True
            model.set_submodule(path, TapConv2d(mask))


def _is_chain(graph: Graph) -> bool:
    """Whether all blocks are alike, each adding to the output of the previous one."""
    stream = [value.index for value in _residual_stream(graph)]
    return len(stream) == _TEMPLATE_BLOCKS + 1 and stream[2] - stream[1] == stream[3] - stream[2]


def _grown_one_by_one(traced: Callable[[int], Graph], size: int) -> BoolArray:
    """The relation after the first layer, and of networks of increasing depth."""
    steps: list[BoolArray] = []
    for blocks in range(1, size):
        graph = traced(blocks)
        known = relations(graph, size, size)
        if not steps:
            firsts = [known[value.index] for value in graph.values if _reads_the_image(value)]
            steps.append(_pixels(reduce(Reach.union, firsts)))
        steps.append(_pixels(known[graph.output.index]))
        if np.array_equal(steps[-1], steps[-2]):
            break
    return np.stack(steps)


def _reads_the_image(value: Value) -> bool:
    """Whether it is a first layer: later ones may read the image too, beside other features."""
    return value.name.startswith("first") and value.op == "taps"


def _grown(graph: Graph, size: int, blocks: int) -> BoolArray:
    """The relation after the first layer and after each of `blocks` equal blocks.

    Tracing a deep network takes far longer than following its taps. All blocks are alike, so the
    second of three is followed again and again, each time from the previous result.
    """
    first, second, third = (value.index for value in _residual_stream(graph)[:3])
    period = third - second
    block = [value for value in graph.values if second < value.index <= third]
    known = relations(graph, size, size)
    steps = [_pixels(known[index]) for index in (first, second, third)][: blocks + 1]
    shift = 0
    while len(steps) <= blocks:
        shift += period
        for value in block:
            inputs = [
                known[source.index + (shift if source.index > first else 0)]
                for source in value.inputs
            ]
            known[value.index + shift] = reach_of(value, inputs, size, size)
        steps.append(_pixels(known[third + shift]))
        here = [value.index + shift for value in block]
        if all(np.array_equal(known[at].packed, known[at - period].packed) for at in here):
            # If a block changes nothing, further ones change nothing either.
            steps += [steps[-1]] * (blocks + 1 - len(steps))
    return np.stack(steps)


def _residual_stream(graph: Graph) -> list[Value]:
    """The output of the first layer and of each block, first to last.

    Found backwards from the output: the head, then one addition after the other, each of a block's
    branch to its input.
    """
    value = graph.output
    while value.op in ("taps", "relu"):
        value = value.inputs[0]
    stream = []
    while value.op == "add":
        stream.append(value)
        value = value.inputs[0]
    return [value, *reversed(stream)]


def _count(bits: Packed) -> int:
    return int(np.bitwise_count(bits).sum(dtype=np.int64))


def _pixels(reach: Reach) -> BoolArray:
    """Any channel of a grey value: bool `(H, W, H, W)`."""
    packed = np.bitwise_or.reduce(reach.packed, axis=0)  # (H, W, bytes)
    height, width = packed.shape[:2]
    bits = np.unpackbits(packed, axis=-1, count=height * width)
    return bits.astype(bool).reshape(height, width, height, width)
