"""Feature maps: where a pixel looks, in the layers with attention."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from pages.shared.loaded import loaded
from pixelcnn.introspect.feature_maps import attention_weights
from widgets.maps_gallery.widget import MapSelection
from widgets.pixel_grid.widget import pixel_grid

_HEADS_IN_A_ROW = 3


def show_where_it_looks(
    model: str, image: NDArray[np.uint8], label: int | None, selection: MapSelection, layer: str
) -> None:
    """The weights of each head over the image, for the clicked pixel; nothing without attention.

    Args:
        model: one of `common.models`.
        image: what goes in, uint8 `(1, H, W)`.
        label: what the network is told about it.
        selection: the pixel that the viewer clicked in a map, if any; otherwise the middle one.
        layer: of `activations`; any layer of an attention will do.
    """
    weights = attended(model, image, label).get(f"{layer.rpartition('.')[0]}.attention")
    if weights is None or (len(weights) == 1 and layer.endswith(".attention")):
        return  # with a single head, what made the cell shows it all
    height, width = image.shape[1:]
    row, column = selection.row, selection.column
    if row is None or column is None:
        row, column = height // 2, width // 2
    target = row * width + column
    words = (
        "there is no pixel before it, so it takes nothing."
        if target == 0
        else "the share that it takes from each pixel before it. Hatched ones come later and "
        "cannot be looked at."
    )
    st.markdown(
        f"**Where does the pixel in row {row}, column {column} look?** Here is {words} Click "
        "a pixel in one of the small maps above to choose another one."
    )
    # Its own weight is 0 where keys and values know their own pixel, which is not drawn yet.
    later = np.arange(height * width) > target
    for start in range(0, len(weights), _HEADS_IN_A_ROW):
        for head, place in enumerate(st.columns(_HEADS_IN_A_ROW), start):
            if head < len(weights):
                shares = 100 * np.where(later, np.nan, weights[head, target])
                with place:
                    pixel_grid(
                        shares.reshape(height, width),
                        title=f"Head {head + 1}",
                        unit=" %",
                        limits=(0.0, float(np.nanmax(shares)) or 1.0),
                        overlay=image[0],
                        selected=(row, column),
                        report=False,
                        max_width=320,
                        key=f"head-{head}",
                    )


@st.cache_resource(show_spinner=False, max_entries=8)
def attended(
    model: str, image: NDArray[np.uint8], label: int | None
) -> dict[str, NDArray[np.float32]]:
    """Where each pixel looks: {attention layer: (heads, H * W, H * W)}, once for everybody."""
    network = loaded(model).model
    labels = None if label is None else torch.tensor([label])
    found = attention_weights(network, torch.from_numpy(image)[None], labels)
    return {name: weights[0].numpy() for name, weights in found.items()}
