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
    """The attention weights of each head for the clicked pixel; nothing in other layers.

    Args:
        model: one of `common.models`.
        image: the input, uint8 `(1, H, W)`.
        label: the class given to the network, if it takes one.
        selection: the pixel clicked in a map; the middle pixel if there is none.
        layer: a name of `activations`; any layer of an attention block.
    """
    weights = attended(model, image, label).get(f"{layer.rpartition('.')[0]}.attention")
    if weights is None or (len(weights) == 1 and layer.endswith(".attention")):
        return  # with a single head, the cell's own explanation shows all of it
    height, width = image.shape[1:]
    row, column = selection.row, selection.column
    if row is None or column is None:
        row, column = height // 2, width // 2
    target = row * width + column
    words = (
        "There is no pixel before it, so it attends to nothing."
        if target == 0
        else "The grid shows its attention weight on each earlier pixel. Hatched pixels come "
        "later: it cannot see them."
    )
    st.markdown(
        f"**Where does the pixel in row {row}, column {column} look?** {words} To choose another "
        "pixel, click one in the small maps above."
    )
    # Its own weight is 0 where keys and values depend on their own pixel, which is not drawn yet.
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
    """Attention weights: {attention layer: (heads, H * W, H * W)}, shared by all sessions."""
    network = loaded(model).model
    labels = None if label is None else torch.tensor([label])
    by_layer = attention_weights(network, torch.from_numpy(image)[None], labels)
    return {name: weights[0].numpy() for name, weights in by_layer.items()}
