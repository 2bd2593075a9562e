"""A chain of masked convolutions with arbitrary masks: its receptive field and its leaking weights.

`reach.audit` follows the taps of a whole model. Here there are only masked layers in a chain,
without residual connections, so that each leak can be traced to weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from pixelcnn.causality.propagation import Packed, or_shifted
from pixelcnn.causality.reach import AuditReport, BoolArray
from pixelcnn.errors import ConfigError
from pixelcnn.nn.layers import Offset, causal_mask


@dataclass(frozen=True, order=True)
class Tap:
    """One weight: the index of its layer, and its row and column offset."""

    layer: int
    offset: Offset


@dataclass(frozen=True, eq=False)
class MaskStack:
    """Masks from the first layer to the last: bool `(k, k)`, k odd, True where a weight is kept.

    Raises:
        ConfigError: no mask, or one without a centre.
    """

    masks: tuple[BoolArray, ...]

    def __post_init__(self) -> None:
        if not self.masks:
            raise ConfigError("A stack needs at least one mask.")
        for mask in self.masks:
            if mask.ndim != 2 or mask.shape[0] != mask.shape[1] or mask.shape[0] % 2 == 0:
                raise ConfigError(f"a mask of shape {mask.shape} has no centre; use (k, k), k odd.")

    @classmethod
    def correct(cls, sizes: Sequence[int]) -> Self:
        """The correct masks, A then B, for kernels of these sizes."""
        kinds = ("A", *["B"] * (len(sizes) - 1))
        return cls(
            tuple(
                causal_mask(1, 1, (size, size), "A" if kind == "A" else "B")[0, 0].numpy()
                for size, kind in zip(sizes, kinds, strict=True)
            )
        )

    @classmethod
    def from_hex(cls, text: str, sizes: Sequence[int]) -> Self:
        """The inverse of `hex`, for kernels of these sizes.

        Raises:
            ConfigError: the text does not fit these sizes.
        """
        parts = text.split("-")
        try:
            packed = [np.frombuffer(bytes.fromhex(part), np.uint8) for part in parts]
            masks = [
                np.unpackbits(bits, count=size * size).astype(bool).reshape(size, size)
                for bits, size in zip(packed, sizes, strict=True)
            ]
        except ValueError as error:
            raise ConfigError(f"masks = {text!r} does not fit kernels of sizes {sizes}.") from error
        stack = cls(tuple(masks))
        if stack.hex != text:
            raise ConfigError(f"masks = {text!r} does not fit kernels of sizes {sizes}.")
        return stack

    @property
    def hex(self) -> str:
        """The masks as text for an address: one bit per weight in hex, dashes between layers."""
        return "-".join(np.packbits(mask).tobytes().hex() for mask in self.masks)

    def relations(self, size: int) -> list[BoolArray]:
        """The relation after each layer: bool `(size, size, size, size)`, target first."""
        return [_unpacked(seen) for seen in self._views(size)]

    def report(self, size: int) -> AuditReport:
        """The counts; "never" assumes any number of further layers like the last."""
        seen = self._views(size)[-1]
        relation, limit = _unpacked(seen), seen.copy()
        last, known = taps_of(self.masks[-1]), set[bytes]()
        while seen.tobytes() not in known:
            known.add(seen.tobytes())
            seen = _through(seen, last)
            limit |= seen
        return AuditReport(relation[None, :, :, None], _unpacked(limit)[None, :, :, None])

    def leaking_taps(self) -> list[Tap]:
        """The weights that cause leaks: each looks where its layer should not, and some path on
        through the other layers ends at the pixel itself or later.

        The first layer may look at earlier pixels only, later ones also at the pixel itself. A
        weight that looks ahead can be harmless: after a layer that reads only the rows above, one
        may look sideways, like the vertical stack of a Gated PixelCNN.
        """
        taps = [taps_of(mask) for mask in self.masks]
        if not all(taps):
            return []  # a layer without weights passes nothing on
        furthest = [max(offsets) for offsets in taps]
        leaking = []
        for layer, offsets in enumerate(taps):
            others = [at for other, at in enumerate(furthest) if other != layer]
            rows, columns = sum(dy for dy, _ in others), sum(dx for _, dx in others)
            for dy, dx in offsets:
                ahead = (dy, dx) >= (0, 0) if layer == 0 else (dy, dx) > (0, 0)
                # Tuples compare in raster order, offsets too.
                if ahead and (dy + rows, dx + columns) >= (0, 0):
                    leaking.append(Tap(layer, (dy, dx)))
        return leaking

    def harmless_taps(self) -> list[Tap]:
        """The weights that look ahead without causing a leak; see `leaking_taps`."""
        guilty = set(self.leaking_taps())
        return [
            Tap(layer, offset)
            for layer, mask in enumerate(self.masks)
            for offset in taps_of(mask)
            if offset > (0, 0) and Tap(layer, offset) not in guilty
        ]

    def _views(self, size: int) -> list[Packed]:
        """The sources after each layer, one bit each: uint8 `(size, size, bytes)`."""
        seen = np.packbits(np.eye(size * size, dtype=bool), axis=-1).reshape(size, size, -1)
        views = []
        for mask in self.masks:
            seen = _through(seen, taps_of(mask))
            views.append(seen)
        return views


def taps_of(mask: BoolArray) -> list[Offset]:
    """The offsets of the kept weights of a mask, in rows and columns from the pixel."""
    centre = len(mask) // 2
    return [(int(row) - centre, int(column) - centre) for row, column in np.argwhere(mask)]


def offset_in_words(offset: Offset) -> str:
    """Such as "one row below, 2 columns to the right"."""
    dy, dx = offset
    parts = []
    if dy:
        rows = "one row" if abs(dy) == 1 else f"{abs(dy)} rows"
        parts.append(f"{rows} {'below' if dy > 0 else 'above'}")
    if dx:
        columns = "one column" if abs(dx) == 1 else f"{abs(dx)} columns"
        parts.append(f"{columns} to the {'right' if dx > 0 else 'left'}")
    return ", ".join(parts) or "the pixel itself"


def _through(seen: Packed, taps: list[Offset]) -> Packed:
    result = np.zeros_like(seen)
    for offset in taps:
        or_shifted(result, seen, offset)
    return result


def _unpacked(seen: Packed) -> BoolArray:
    size = len(seen)
    bits = np.unpackbits(seen, axis=-1, count=size * size)
    return bits.astype(bool).reshape(size, size, size, size)
