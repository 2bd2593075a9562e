"""The player: a grid of samples that fills pixel by pixel in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from widgets.base.checks import (
    Array,
    checked_cell,
    checked_floats,
    checked_images,
    checked_levels,
    checked_mask,
    checked_shape,
    sent_index,
)
from widgets.base.colormaps import SEQUENTIAL, colormap_table
from widgets.base.component import ignore, register, sent_by
from widgets.base.payload import pack

_BITS_PER_NAT = float(1 / np.log(2))
_STEPS_PER_BIT = 1024  # bits travel as uint16: exact to 1/1024, at most 64
_UINT16_MAX = 65535
_MOST_COUNTED = 2**53  # the browser counts milliseconds

_component = register(
    "player",
    "player/film.js",
    "player/atlas.js",
    "player/view.js",
    "player/choice.js",
    "player/controls.js",
)


@dataclass(frozen=True)
class PlayerEvent:
    """A click in the player.

    `image` is the selected sample. `row`, `column` and `channel` name the pixel clicked in the
    large picture; they are None if only a sample was selected. `level` is the other value requested
    at this pixel, or None. `count` is different for every click.
    """

    image: int
    row: int | None = None
    column: int | None = None
    channel: int | None = None
    level: int | None = None
    count: int = field(default=0, repr=False, compare=False)


def player(
    images: npt.ArrayLike,
    probabilities: npt.ArrayLike | None = None,
    entropy: npt.ArrayLike | None = None,
    *,
    levels: int,
    log_prob: npt.ArrayLike | None = None,
    uniforms: npt.ArrayLike | None = None,
    known_mask: npt.ArrayLike | None = None,
    receptive_field: npt.ArrayLike | None = None,
    autoplay: bool = True,
    speed: int = 300,
    columns: int | None = None,
    selected: int = 0,
    report: bool = True,
    branching: bool = False,
    changed: Sequence[tuple[int, int] | None] = (),
    start: tuple[int, int] | None = None,
    given_counts: bool = False,
    maps: bool = False,
    names: Sequence[str] = (),
    captions: Sequence[str] = (),
    row_names: Sequence[str] = (),
    loop: Sequence[tuple[str, str]] = (),
    label: str = "Samples",
    key: str,
) -> PlayerEvent | None:
    """Play `images` pixel by pixel, in raster order and R, G, B within a pixel.

    images           uint8 (n, C, H, W), levels; C is 1 or 3
    probabilities    uint8 (n, K, C, H, W), 255 = certain; K is 1 for two levels (the probability
                     of level 1, "ink") and `levels` otherwise, drawn with the cumulative curve
    entropy          (n, C, H, W) bits, of each conditional distribution
    log_prob         (n, C, H, W) nats, of each chosen level
    uniforms         (n, C, H, W) in [0, 1), the random number that chose each level
    known_mask       bool (n or 1, C or 1, H, W), True where a pixel was given: there from the
                     start, outlined, and skipped by the film
    receptive_field  bool (H, W, H, W), [target row, target column, source row, source column]:
                     glows around the current pixel
    autoplay         start at once, and loop until the user takes over
    speed            pixels per second at the start
    columns          tiles side by side; by default about as many as rows
    selected         the sample shown large; a new value shows another
    report           tell Python about clicks (each reruns the script)
    branching        offer another value at each pixel, which sends an event with a `level`
    changed          for each sample the (row, column) that was changed by hand, or None: a dot
    start            (row, column) where the film begins, by default the first pixel
    given_counts     include the given pixels in the running total of bits
    maps             offer entropy and surprise in place of the pixels
    names            the name of each sample; by default "sample 3 of 16"
    captions         a word above each tile, or "" for none
    row_names        a word to the left of each row of tiles
    loop             three pairs (formula, line of code): the prediction, the temperature, the
                     random choice; each is highlighted when it happens

    New content starts a new film. Returns the last click in this film, or None. Raises `ValueError`
    when an argument does not fit.
    """
    meta, arrays = _film(
        images,
        probabilities,
        entropy,
        levels=levels,
        log_prob=log_prob,
        uniforms=uniforms,
        known_mask=known_mask,
        receptive_field=receptive_field,
    )
    if not 0 <= selected < meta["n"]:
        raise ValueError(f"selected must be one of the {meta['n']} images, not {selected}.")
    if columns is not None and columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}.")
    for name, entries in (("changed", changed), ("names", names), ("captions", captions)):
        if entries and len(entries) != meta["n"]:
            raise ValueError(f"{name} must have {meta['n']} entries, not {len(entries)}.")
    if maps:
        arrays["colormap"] = colormap_table(SEQUENTIAL)
    if speed < 1:
        raise ValueError(f"speed must be at least 1 pixel per second, not {speed}.")
    meta |= {
        "autoplay": autoplay,
        "speed": speed,
        "columns": columns or int(np.ceil(np.sqrt(meta["n"]))),
        "selected": selected,
        "report": report,
        "branching": branching,
        "changed": list(changed),
        "start": checked_cell("start", start, meta["height"], meta["width"]),
        "givenCounts": given_counts,
        "maps": maps,
        "names": list(names),
        "captions": list(captions),
        "rowNames": list(row_names),
        "loop": list(loop),
        "label": label,
    }
    payload, digest = pack(meta, arrays)
    _component(key=key, data=payload, on_event_change=ignore)
    return _event(sent_by(key, "event"), digest, meta)


def _film(
    images: npt.ArrayLike,
    probabilities: npt.ArrayLike | None,
    entropy: npt.ArrayLike | None,
    *,
    levels: int,
    log_prob: npt.ArrayLike | None,
    uniforms: npt.ArrayLike | None,
    known_mask: npt.ArrayLike | None,
    receptive_field: npt.ArrayLike | None,
) -> tuple[dict[str, Any], dict[str, Array]]:
    """The checked and quantised content: `(meta, arrays)`."""
    levels = checked_levels(levels)
    pixels = checked_images(
        "images", images, levels, (None, 1, None, None), (None, 3, None, None)
    )  # (n, C, H, W)
    n, channels, height, width = pixels.shape
    arrays: dict[str, Array] = {"images": pixels}
    if probabilities is not None:
        parameters = 1 if levels == 2 else levels
        shape = (n, parameters, channels, height, width)
        arrays["probabilities"] = checked_shape("probabilities", probabilities, shape)
        if arrays["probabilities"].dtype != np.uint8:
            raise ValueError("probabilities must be uint8, 255 for a certain level.")
    if entropy is not None:
        arrays["entropy"] = _as_bits(checked_floats("entropy", entropy, pixels.shape))
    if log_prob is not None:
        nats = -checked_floats("log_prob", log_prob, pixels.shape)
        arrays["surprise"] = _as_bits(nats * _BITS_PER_NAT)
    if uniforms is not None:
        numbers = checked_floats("uniforms", uniforms, pixels.shape)
        arrays["uniforms"] = (numbers.clip(0, 1) * _UINT16_MAX).astype(np.uint16)
    if known_mask is not None:
        shapes = [(a, b, height, width) for a in {n, 1} for b in {channels, 1}]
        mask = checked_mask("known_mask", known_mask, *shapes)
        arrays["known"] = np.broadcast_to(mask, pixels.shape)
    if receptive_field is not None:
        arrays["field"] = checked_mask(
            "receptive_field", receptive_field, (height, width, height, width)
        )
    meta = {"n": n, "channels": channels, "height": height, "width": width, "levels": levels}
    return meta, arrays


def _as_bits(bits: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    return np.nan_to_num(bits * _STEPS_PER_BIT).round().clip(0, _UINT16_MAX).astype(np.uint16)


def _event(sent: Mapping[str, Any], digest: str, meta: Mapping[str, Any]) -> PlayerEvent | None:
    image = sent_index(sent.get("image"), meta["n"])
    if image is None or sent.get("digest") != digest:
        return None
    row = sent_index(sent.get("row"), meta["height"])
    column = sent_index(sent.get("column"), meta["width"])
    channel = sent_index(sent.get("channel"), meta["channels"])
    level = sent_index(sent.get("level"), meta["levels"])
    count = sent_index(sent.get("count"), _MOST_COUNTED) or 0
    if row is None or column is None or channel is None:
        return PlayerEvent(image, count=count)
    return PlayerEvent(image, row, column, channel, level, count)
