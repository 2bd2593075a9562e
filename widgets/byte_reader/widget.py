"""The byte reader: decodes a stream in the browser, pixel by pixel, and lets a bit be flipped."""

from __future__ import annotations

from collections.abc import Sequence

from widgets.base.checks import checked_levels
from widgets.base.component import register, show
from widgets.base.payload import PackedArrays

_component = register("byte_reader", "engine/engine.js", "engine/codec.js")


def byte_reader(
    stream: bytes,
    program: PackedArrays,
    *,
    levels: int,
    labels: int,
    names: Sequence[str] = (),
    start_bits: float,
    max_width: int = 400,
    label: str = "The picture that the bytes hold",
    key: str,
) -> None:
    """Show the bytes, and the picture that a model reads out of them, as a film.

    stream      of one image, as `pixelcnn.compress` writes it, with its label if there is one
    program     arrays `program` and `executor`, uint8: the model's portable form, executor.wasm
    levels      of a pixel
    labels      how many labels a stream may hold; 0 for a model without classes
    names       of the classes
    start_bits  what stands before the first pixel: the form and the label
    max_width   of the picture, in CSS pixels

    Raises `ValueError` when an argument does not fit.
    """
    if labels < 0 or start_bits < 0:
        raise ValueError(f"labels = {labels} and start_bits = {start_bits} must not be negative.")
    meta = {
        "stream": stream.hex(),
        "levels": checked_levels(levels),
        "labels": labels,
        "names": list(names),
        "startBits": start_bits,
        "maxWidth": max_width,
        "label": label,
    }
    show(_component, key, meta, program)
