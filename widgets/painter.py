"""The painter: a drawing of which a part is given and the rest is unknown."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from widgets.checks import (
    checked_images,
    checked_levels,
    checked_mask,
    sent_bytes,
)
from widgets.component import ignore, register, sent_by
from widgets.payload import pack

_component = register("painter", "painter_layers.js", "painter_tools.js", "painter_view.js")


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
    label: str = "Drawing",
    key: str,
) -> Drawing:
    """Let the viewer draw, erase and mark cells as unknown; returns the drawing as it is now.

    image                 uint8 (H, W) levels, the first content. What it holds under unknown cells
                          comes to light when the line "given down to here" passes over them.
    known_mask            bool (H, W), True where the first content is given
    levels                2 draws hard ink; more draw a soft edge
    revision              the content is sent to the browser when this number changes; while it
                          stays, the viewer's drawing wins
    report_while_drawing  report a few times a second while the pen is down, not only when it lifts

    Raises `ValueError` when an argument does not fit.
    """
    levels = checked_levels(levels)
    given = checked_images("image", image, levels, (None, None))
    known = checked_mask("known_mask", known_mask, given.shape)
    meta = {
        "height": given.shape[0],
        "width": given.shape[1],
        "levels": levels,
        "revision": int(revision),
        "reportWhileDrawing": report_while_drawing,
        "label": label,
        "key": key,
    }
    payload, _ = pack(meta, {"image": given, "known": known.astype(np.uint8)})
    _component(key=key, data=payload, on_drawing_change=ignore)
    sent = sent_by(key, "drawing")
    image_now, known_now = _sent(sent, given.shape, levels, revision) or (given, known)
    return Drawing(np.where(known_now, image_now, 0).astype(np.uint8), known_now)


def drawing_state(drawing: Drawing, revision: int = 0) -> dict[str, Any]:
    """The state that a browser would send for `drawing`; tests of a page seed it."""
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
    """What the browser last sent, if it belongs to this revision and makes sense."""
    size = shape[0] * shape[1]
    image, known = sent_bytes(sent.get("image"), size), sent_bytes(sent.get("known"), size)
    if image is None or known is None or sent.get("revision") != revision:
        return None
    return image.clip(0, levels - 1).reshape(shape), known.astype(bool).reshape(shape)
