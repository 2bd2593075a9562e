"""How the view of a network grows, layer by layer, until no further layer adds anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pixelcnn.errors import ConfigError
from pixelcnn.graph import Graph, Value, trace
from pixelcnn.layers import MaskedConv2d, TapConv2d
from pixelcnn.models import AutoregressiveModel, build_model, model_class
from pixelcnn.reach import BoolArray, Reach, legal_relation, relations

_WITHOUT_PARTNER = {"taps", "relu", "norm"}


@dataclass(frozen=True, eq=False)
class Growth:
    """What each pixel sees after each layer.

    Attributes:
        relations: bool `(blocks + 1, H, W, H, W)`: after the first layer, then after each block;
            target row and column, then source row and column.
    """

    relations: BoolArray

    @property
    def limit(self) -> BoolArray:
        """What the deepest of these networks sees: bool `(H, W, H, W)`."""
        return self.relations[-1]

    @property
    def saturated(self) -> bool:
        """Whether the last block added nothing, so that no further one would."""
        return len(self.relations) > 1 and np.array_equal(self.relations[-2], self.limit)

    def totals(self, depth: int) -> Totals:
        """The counts over all pairs, after the first layer and `depth` blocks."""
        seen = self.relations[depth]
        legal = legal_relation(1, *seen.shape[:2])[0, :, :, 0]  # (H, W, H, W)
        return Totals(
            legal=int(legal.sum()),
            seen=int((seen & legal).sum()),
            never=int((legal & ~self.limit).sum()),
            leaks=int((seen & ~legal).sum()),
        )


@dataclass(frozen=True)
class Totals:
    """Counts over all (target, source) pairs of pixels.

    `legal` sources come before their target, `seen` ones are used, `never` is what no depth would
    use (the blind spot), and `leaks` come at or after their target and are used all the same.
    """

    legal: int
    seen: int
    never: int
    leaks: int

    @property
    def seen_share(self) -> float:
        """Share of the legal pairs that is seen, 0 to 1."""
        return self.seen / max(self.legal, 1)


def growth(model: AutoregressiveModel) -> Growth:
    """Follow the view of a grey model through its blocks.

    Raises:
        ConfigError: a model with colours, or one whose blocks do not add to one another.
    """
    config = model.config
    if config.channels != 1:
        raise ConfigError(f"channels = {config.channels}: the growth is followed for grey images.")
    graph = trace(model)
    stream = _residual_stream(graph)
    if len(stream) != config.blocks + 1:
        raise ConfigError(
            f"model: {config.blocks} blocks should make {config.blocks + 1} steps, but "
            f"{len(stream)} were found; its blocks must each add to what came before."
        )
    known = relations(graph, config.height, config.width)
    return Growth(np.stack([_pixels(known[value.index]) for value in stream]))


def full_growth(
    name: str,
    *,
    size: int = 28,
    first_kernel_size: int = 7,
    kernel_size: int = 3,
    first_mask: str = "A",
) -> Growth:
    """The growth of an architecture on square grey images, up to where it ends.

    Each block has one k x k masked convolution. The view does not depend on the number of
    channels, so the network is as thin as it can be.

    Args:
        first_mask: of the first layer. "B" is the mistake that lets each pixel see itself.

    Raises:
        ConfigError: unknown architecture or mask type, or sizes that cannot work.
    """
    if first_mask not in ("A", "B"):
        raise ConfigError(f"first_mask = {first_mask!r} is unknown; use 'A' or 'B'.")
    options = {"block": "bottleneck"} if hasattr(model_class(name).config_class, "block") else {}
    model = build_model(
        name,
        height=size,
        width=size,
        hidden_channels=1,
        # Each block reaches at least one row and one column further.
        blocks=max(size - 1, 1),
        first_kernel_size=first_kernel_size,
        kernel_size=kernel_size,
        **options,
    )
    if first_mask == "B":
        put_mask_b_first(model)
    return growth(model)


def put_mask_b_first(model: AutoregressiveModel) -> None:
    """Exchange the mask of each layer of type A for type B: the classical mistake.

    The first layer then shows every pixel to itself, and the model learns to copy what it should
    predict. For demonstrations, on grey models.
    """
    for path, layer in list(model.named_modules()):
        if isinstance(layer, MaskedConv2d) and layer.mask_type == "A":
            rows, columns = layer.kernel_size
            mask = layer.mask.clone()
            mask[:, :, rows // 2, columns // 2] = True
            model.set_submodule(path, TapConv2d(mask))


def _residual_stream(graph: Graph) -> list[Value]:
    """What the first layer put out and what it became with each block, first to last.

    Followed back from the output: the head, and then one addition after the other, each of a
    block's branch to what came before it.
    """
    value = graph.output
    while value.op in _WITHOUT_PARTNER and value.inputs:
        value = value.inputs[0]
    stream = []
    while value.op == "add":
        before, added = value.inputs
        if added.op != "constant":  # a bias for class or position is no block
            stream.append(value)
        value = before
    return [value, *reversed(stream)]


def _pixels(reach: Reach) -> BoolArray:
    """Any channel of a grey value: bool `(H, W, H, W)`."""
    packed = np.bitwise_or.reduce(reach.packed, axis=0)  # (H, W, bytes)
    height, width = packed.shape[:2]
    bits = np.unpackbits(packed, axis=-1, count=height * width)
    return bits.astype(bool).reshape(height, width, height, width)
