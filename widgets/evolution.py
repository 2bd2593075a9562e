"""The evolution: what a model draws, at one moment of its training after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from widgets.checks import checked_levels
from widgets.component import register
from widgets.payload import pack

_component = register("evolution")


def evolution(
    frames: npt.ArrayLike,
    moments: Sequence[str],
    *,
    levels: int,
    film: str,
    captions: Sequence[str] = (),
    columns: int = 4,
    live: bool = False,
    label: str = "Samples",
    key: str,
) -> None:
    """Show the samples of one moment, with a scrubber through all of them.

    frames      uint8 (moments, n, C, H, W), levels, the oldest first; with no moments yet, hatched
                tiles are shown
    moments     when each was drawn, in a few words
    film        which training this is: another one starts from its beginning
    captions    what each of the n samples was asked to be, or nothing
    columns     tiles side by side
    live        more frames may come: stay with the newest, until the viewer scrubs back;
                otherwise play from the first to the last, until the viewer takes over

    Raises `ValueError` when an argument does not fit.
    """
    levels = checked_levels(levels)
    pixels = np.asarray(frames)
    if pixels.ndim != 5 or pixels.dtype != np.uint8 or pixels.shape[2] not in (1, 3):
        raise ValueError(
            f"frames must be uint8 (moments, n, 1 or 3, H, W), not {pixels.dtype} {pixels.shape}."
        )
    if pixels.size and pixels.max() >= levels:
        raise ValueError(f"frames has the level {pixels.max()}, but there are {levels} levels.")
    count, n, channels, height, width = pixels.shape
    if len(moments) != count:
        raise ValueError(f"moments must have {count} entries, one a frame, not {len(moments)}.")
    if captions and len(captions) != n:
        raise ValueError(f"captions must have {n} entries, one a sample, not {len(captions)}.")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}.")
    meta = {
        "count": count,
        "n": n,
        "channels": channels,
        "height": height,
        "width": width,
        "levels": levels,
        "moments": list(moments),
        "captions": list(captions),
        "columns": min(columns, n),
        "film": film,
        "live": live,
        "label": label,
    }
    payload, _ = pack(meta, {"frames": pixels == 1 if levels == 2 else pixels})
    _component(key=key, data=payload)
