"""The painter: a drawing with a given part and an unknown rest."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from widgets.base.checks import (
    checked_floats,
    checked_images,
    checked_levels,
    checked_mask,
    sent_bytes,
)
from widgets.base.component import register, sent_by, show

_component = register(
    "painter",
    "painter/layers.js",
    "painter/link.js",
    "painter/pen.js",
    "painter/tools.js",
    "painter/view.js",
)


@dataclass(frozen=True, eq=False)
class Drawing:
    """`image` uint8 (H, W) levels, 0 where unknown; `known_mask` bool (H, W), True where given."""

    image: npt.NDArray[np.uint8]
    known_mask: npt.NDArray[np.bool_]


def painter(
    image: npt.ArrayLike,
    known_mask: npt.ArrayLike,
    *,
    levels: int = 2,
    revision: int = 0,
    report_while_drawing: bool = True,
    ghost: npt.ArrayLike | None = None,
    address: str | None = None,
    whole: bool = False,
    label: str = "Drawing",
    key: str,
) -> Drawing:
    """Let the user draw, erase and mark cells as unknown; returns the current drawing.

    image                 uint8 (H, W) levels, the initial content. The content of unknown cells
                          appears when the line "given down to here" passes over them.
    known_mask            bool (H, W), True where the initial content is given
    levels                2 draws hard ink; more draw a soft edge
    revision              a new number sends the content to the browser; otherwise the user's
                          drawing stays
    report_while_drawing  report a few times a second while the pen is down, not only when it lifts
    ghost                 (H, W), 0 to 1: likely ink, drawn faintly into unknown cells
    whole                 a drawing without unknown cells, and without the tools for them
    address               the query parameter for the drawing of a model with 2 levels
                          (`link_text`). Written when the user draws and for a `revision` above 1;
                          the drawing that a page opens with stays out of the address

    Raises `ValueError` when an argument does not fit.
    """
    levels = checked_levels(levels)
    given = checked_images("image", image, levels, (None, None))
    known = checked_mask("known_mask", known_mask, given.shape)
    faint = np.zeros(given.shape) if ghost is None else checked_floats("ghost", ghost, given.shape)
    if not ((faint >= 0) & (faint <= 1)).all():
        raise ValueError("ghost must lie between 0 and 1.")
    meta = {
        "height": given.shape[0],
        "width": given.shape[1],
        "levels": levels,
        "revision": int(revision),
        "reportWhileDrawing": report_while_drawing,
        "ghost": ghost is not None,
        "address": address,
        "whole": whole,
        "label": label,
        "key": key,
    }
    arrays = {
        "image": given,
        "known": known.astype(np.uint8),
        "ghost": np.round(255 * faint).astype(np.uint8),
    }
    show(_component, key, meta, arrays, "drawing")
    return drawing_now(Drawing(given, known), levels=levels, revision=revision, key=key)


def drawing_now(start: Drawing, *, levels: int, revision: int, key: str) -> Drawing:
    """The return value of `painter` for this initial content, before it is on screen."""
    sent = _sent(sent_by(key, "drawing"), start.image.shape, levels, revision)
    image, known = sent or (start.image, start.known_mask)
    return Drawing(np.where(known, image, 0).astype(np.uint8), known)


def link_text(drawing: Drawing) -> str:
    """A drawing of two levels as a short text for an address, the same as `painter/link.js` writes.

    "HxW." and, in base64url, one bit for each cell (given or not), then one bit for each given cell
    (ink or paper), padded with zeros.
    """
    height, width = drawing.image.shape
    known = drawing.known_mask.ravel()
    bits = np.concatenate([known, drawing.image.ravel()[known] > 0])
    coded = base64.urlsafe_b64encode(np.packbits(bits).tobytes()).decode().rstrip("=")
    return f"{height}x{width}.{coded}"


def drawing_from(text: str, shape: tuple[int, int]) -> Drawing | None:
    """The drawing of this shape (H, W) in a `link_text`; None if it is invalid."""
    cells = shape[0] * shape[1]
    if len(text) > cells + 16:  # longer than two bits per cell: do not decode it
        return None
    _, _, coded = text.partition(".")
    try:
        raw = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))
    except (binascii.Error, ValueError):
        return None
    bits = np.unpackbits(np.frombuffer(raw, np.uint8)).astype(bool)
    known = bits[:cells]
    given = int(known.sum())
    if len(known) < cells or len(bits) < cells + given:
        return None
    image = np.zeros(cells, np.uint8)
    image[known] = bits[cells : cells + given]
    drawing = Drawing(image.reshape(shape), known.reshape(shape))
    return drawing if link_text(drawing) == text else None


def drawing_state(drawing: Drawing, revision: int = 0) -> dict[str, Any]:
    """The state that a browser would send for `drawing`, for tests of a page."""
    return {
        "drawing": {
            "revision": revision,
            "image": base64.b64encode(drawing.image.tobytes()).decode(),
            "known": base64.b64encode(drawing.known_mask.astype(np.uint8).tobytes()).decode(),
        }
    }


def _sent(
    sent: Mapping[str, Any], shape: tuple[int, ...], levels: int, revision: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]] | None:
    """The drawing that the browser last sent, if it is valid and of this revision."""
    size = shape[0] * shape[1]
    image, known = sent_bytes(sent.get("image"), size), sent_bytes(sent.get("known"), size)
    if image is None or known is None or sent.get("revision") != revision:
        return None
    return image.clip(0, levels - 1).reshape(shape), known.astype(bool).reshape(shape)
