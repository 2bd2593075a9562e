"""A chain of masked convolutions with any masks at all: what it sees, and which weights leak.

`reach.audit` follows the taps of a whole model. Here the masks are all there is, one layer right
after the other with no connection past them, so that each leak can be blamed on weights.
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
    """One weight: the layer that it belongs to, from 0, and where it looks, in rows and columns."""

    layer: int
    offset: Offset


@dataclass(frozen=True, eq=False)
class MaskStack:
    """Masks, first layer first: bool `(k, k)` each, k odd, True where a weight is kept.

    Raises:
        ConfigError: no mask, or one without a centre.
    """

    masks: tuple[BoolArray, ...]

    def __post_init__(self) -> None:
        if not self.masks:
            raise ConfigError("A stack needs one mask at least.")
        for mask in self.masks:
            if mask.ndim != 2 or mask.shape[0] != mask.shape[1] or mask.shape[0] % 2 == 0:
                raise ConfigError(f"a mask of shape {mask.shape} has no centre; use (k, k), k odd.")

    @classmethod
    def correct(cls, sizes: Sequence[int]) -> Self:
        """The masks as they should be: A, then B, for kernels of these sizes."""
        kinds = ("A", *["B"] * (len(sizes) - 1))
        return cls(
            tuple(
                causal_mask(1, 1, (size, size), "A" if kind == "A" else "B")[0, 0].numpy()
                for size, kind in zip(sizes, kinds, strict=True)
            )
        )

    @classmethod
    def from_hex(cls, text: str, sizes: Sequence[int]) -> Self:
        """The masks that `hex` wrote down, for kernels of these sizes.

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
            raise ConfigError(f"masks = {text!r} fits no kernels of sizes {sizes}.") from error
        stack = cls(tuple(masks))
        if stack.hex != text:
            raise ConfigError(f"masks = {text!r} fits no kernels of sizes {sizes}.")
        return stack

    @property
    def hex(self) -> str:
        """The masks in a few letters, for an address: one bit a weight, layers parted by dashes."""
        return "-".join(np.packbits(mask).tobytes().hex() for mask in self.masks)

    def relations(self, size: int) -> list[BoolArray]:
        """What each pixel sees after each layer: bool `(size, size, size, size)`, target first."""
        return [_unpacked(seen) for seen in self._views(size)]

    def report(self, size: int) -> AuditReport:
        """The counts. "Never" is what would still be unseen with any number of layers more, each
        like the last."""
        seen = self._views(size)[-1]
        relation, limit = _unpacked(seen), seen.copy()
        last, known = taps_of(self.masks[-1]), set[bytes]()
        while seen.tobytes() not in known:
            known.add(seen.tobytes())
            seen = _through(seen, last)
            limit |= seen
        return AuditReport(relation[None, :, :, None], _unpacked(limit)[None, :, :, None])

    def leaking_taps(self) -> list[Tap]:
        """The weights to blame for leaks: each looks where its layer should not, and some way on
        through the other layers ends at the pixel itself or later.

        The first layer should look at earlier pixels only, later ones at the pixel itself too. A
        weight may look ahead and do no harm: behind a layer that reads only the rows above, one may
        look sideways, as the vertical stack of a Gated PixelCNN does.
        """
        taps = [taps_of(mask) for mask in self.masks]
        if not all(taps):
            return []  # a layer without weights lets nothing through
        furthest = [max(offsets) for offsets in taps]
        found = []
        for layer, offsets in enumerate(taps):
            others = [at for other, at in enumerate(furthest) if other != layer]
            rows, columns = sum(dy for dy, _ in others), sum(dx for _, dx in others)
            for dy, dx in offsets:
                ahead = (dy, dx) >= (0, 0) if layer == 0 else (dy, dx) > (0, 0)
                # Raster order is the order of tuples, for distances too.
                if ahead and (dy + rows, dx + columns) >= (0, 0):
                    found.append(Tap(layer, (dy, dx)))
        return found

    def harmless_taps(self) -> list[Tap]:
        """The weights that look ahead although nothing comes of it: see `leaking_taps`."""
        guilty = set(self.leaking_taps())
        return [
            Tap(layer, offset)
            for layer, mask in enumerate(self.masks)
            for offset in taps_of(mask)
            if offset > (0, 0) and Tap(layer, offset) not in guilty
        ]

    def _views(self, size: int) -> list[Packed]:
        """After each layer, one bit for each source: uint8 `(size, size, bytes)`."""
        seen = np.packbits(np.eye(size * size, dtype=bool), axis=-1).reshape(size, size, -1)
        views = []
        for mask in self.masks:
            seen = _through(seen, taps_of(mask))
            views.append(seen)
        return views


def taps_of(mask: BoolArray) -> list[Offset]:
    """Where the kept weights of a mask look, in rows and columns from the pixel."""
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
