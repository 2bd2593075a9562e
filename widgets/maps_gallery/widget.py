"""A gallery of every layer's feature maps, layers from left to right, one of them open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from widgets.base.checks import Array, checked_floats, sent_index
from widgets.base.colormaps import colormap_for, colormap_table, value_range
from widgets.base.component import register, sent_by, show
from widgets.base.payload import PackedArrays, pack_arrays

_component = register("maps_gallery", "maps_gallery/tiles.js")

_UNKNOWN = 65535  # the code of NaN; numbers use 0..65534


@dataclass(frozen=True)
class MapSelection:
    """The open layer, and the last clicked cell of its maps, if any."""

    layer: str
    channel: int | None = None
    row: int | None = None
    column: int | None = None


@dataclass(frozen=True)
class MapsTable:
    """Feature maps packed for the browser by `maps_table`; worth caching."""

    layers: tuple[Mapping[str, Any], ...]
    packed: PackedArrays


def maps_table(
    groups: Mapping[str, npt.ArrayLike],
    *,
    shared_scale: bool = False,
    scales: Mapping[str, tuple[float, float]] | None = None,
) -> MapsTable:
    """Quantise named layers, each (channels, H, W), to 65,535 steps of their range.

    shared_scale  one colour scale for all layers; by default one for the maps of each layer
    scales        {layer: (low, high)}: a fixed colour scale. Values beyond have the colour of its
                  end, and are still read exactly

    Raises `ValueError` when `groups` is empty or a layer does not fit.
    """
    if not groups:
        raise ValueError("groups is empty. Give at least one layer.")
    maps = {
        name: checked_floats(f"groups[{name!r}]", group, (None, None, None))
        for name, group in groups.items()
    }
    everywhere = None
    if shared_scale:
        everywhere = value_range(np.concatenate([layer.ravel() for layer in maps.values()]))
    layers: list[Mapping[str, Any]] = []
    arrays: dict[str, Array] = {}
    for index, (name, layer) in enumerate(maps.items()):
        low, high = everywhere or value_range(layer)
        colors = _checked_scale(name, scales[name]) if scales and name in scales else (low, high)
        colormap = colormap_for(*colors)
        scale = {"low": low, "high": high, "colors": list(colors), "colormap": colormap}
        layers.append({"name": name, "shape": list(layer.shape), **scale, "dead": _dead(layer)})
        arrays[f"layer{index}"] = _quantised(layer, low, high)
        arrays[f"stats{index}"] = _statistics(layer)
        arrays.setdefault(colormap, colormap_table(colormap))
    return MapsTable(tuple(layers), pack_arrays(arrays))


def maps_gallery(
    groups: Mapping[str, npt.ArrayLike] | MapsTable,
    *,
    shared_scale: bool = False,
    selected: str | None = None,
    cell: tuple[int, int, int] | None = None,
    report: bool = True,
    key: str,
) -> MapSelection:
    """Show layers as thumbnails from left to right, and all maps of the open one.

    groups        {name: (channels, H, W)}, or a `maps_table`
    shared_scale  as in `maps_table`; ignored for a `MapsTable`
    selected      the layer open at first, by default the first; a new value opens that one
    cell          the (channel, row, column) chosen at first; ignored outside the maps
    report        tell Python which layer is open and which cell was clicked (reruns the script)

    Raises `ValueError` when an argument does not fit.
    """
    table = (
        groups if isinstance(groups, MapsTable) else maps_table(groups, shared_scale=shared_scale)
    )
    names = [layer["name"] for layer in table.layers]
    if selected is not None and selected not in names:
        raise ValueError(f"selected is {selected!r}, but the layers are {', '.join(names)}.")
    asked = 0 if selected is None else names.index(selected)
    start = _cell_sent(cell)
    meta = {
        "layers": table.layers,
        "selected": asked,
        "cell": start or None,
        "report": report,
        "key": key,
    }
    show(_component, key, meta, table.packed, "map")
    sent = sent_by(key, "map")
    index = sent_index(sent.get("layer"), len(names))
    if index is None or sent.get("instead_of") != asked or sent.get("name") != names[index]:
        sent, index = start, asked
    return _selection(sent, table.layers[index])


def _checked_scale(name: str, scale: tuple[float, float]) -> tuple[float, float]:
    """Two finite numbers; they are equal for a layer that never changes."""
    low, high = (float(end) for end in scale)
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise ValueError(f"scales[{name!r}] must be two finite numbers, low <= high, not {scale}.")
    return low, high


def _cell_sent(cell: tuple[int, int, int] | None) -> dict[str, int]:
    """A cell in the form that the browser sends."""
    return {} if cell is None else dict(zip(("channel", "row", "column"), cell, strict=True))


def _selection(sent: Mapping[str, Any], layer: Mapping[str, Any]) -> MapSelection:
    channels, height, width = layer["shape"]
    channel = sent_index(sent.get("channel"), channels)
    row, column = sent_index(sent.get("row"), height), sent_index(sent.get("column"), width)
    if channel is None or row is None or column is None:
        return MapSelection(layer["name"])
    return MapSelection(layer["name"], channel, row, column)


def _quantised(layer: npt.NDArray[np.float32], low: float, high: float) -> npt.NDArray[np.uint16]:
    steps = _UNKNOWN - 1
    share = (layer.astype(np.float64) - low) / ((high - low) or 1.0)
    codes = (np.nan_to_num(share) * steps).round().clip(0, steps)
    return np.where(np.isfinite(layer), codes, _UNKNOWN).astype(np.uint16)


def _statistics(layer: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(channels, 3): minimum, mean and maximum of each map, before quantisation."""
    flat = np.nan_to_num(layer.reshape(len(layer), -1))
    return np.stack([flat.min(1), flat.mean(1), flat.max(1)], axis=1).astype(np.float32)


def _dead(layer: npt.NDArray[np.float32]) -> int:
    """How many maps are constant: units without information about this image."""
    flat = layer.reshape(len(layer), -1)
    return int((flat == flat[:, :1]).all(1).sum())
